import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { brokerOptions } from '../../adapters/cli/broker.ts'
import { adapter, natives } from '../../adapters/node/index.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import { Client, Reader, Transport, Writer } from '../../src/index.ts'

async function open(config: BrokerConfig = {}) {
  const broker = new Broker({ natives, ...config })
  const listening = await listen(broker)
  const transport = new Transport({ adapter, natives })
  onTestFinished(async () => {
    await transport.close()
    await listening.close()
    await broker.close()
  })
  return { broker, listening, transport, addr: listening.addresses }
}

describe('on TCP', () => {
  test('each broker has its port, advertises it, and is written to and read from', async () => {
    const { addr, transport } = await open({ brokers: 3, topics: [{ name: 't', partitions: 3 }] })
    expect(new Set(addr).size).toBe(3)
    const { brokers } = await new Client({ addr, transport }).metadata({ topics: [] })
    expect(brokers.map(({ host, port }) => `${host}:${port}`).sort()).toEqual([...addr].sort())
    const writer = new Writer({ addr, topic: 't', transport })
    const value = new Uint8Array(700_000)
    await writer.writeMessages(Array.from({ length: 9 }, () => ({ value })))
    const reader = new Reader({ brokers: addr, topic: 't', groupId: 'g', transport })
    for (let i = 0; i < 9; i++) expect((await reader.readMessage()).value!.length).toBe(700_000)
    await reader.close()
    await writer.close()
  })

  test('an empty host is not taken for every address of the machine', async () => {
    const broker = new Broker()
    onTestFinished(() => broker.close())
    await expect(listen(broker, { host: '' })).rejects.toThrow(/the host is empty/)
  })

  test('a stopped broker refuses connections, and is back on its port', async () => {
    const { broker, addr, transport } = await open({ brokers: 2 })
    const port = Number(addr[1]!.split(':')[1])
    const refused = async (): Promise<boolean> => {
      const socket = connect(port, '127.0.0.1')
      const outcome = await Promise.race([
        once(socket, 'connect').then(() => false),
        once(socket, 'error').then(() => true),
      ]).catch(() => true)
      socket.destroy()
      return outcome
    }
    broker.stopBroker(2)
    while (!(await refused()));
    broker.startBroker(2)
    while (await refused());
    expect((await new Client({ addr: addr[1]!, transport }).metadata({ topics: [] })).brokers).toHaveLength(2)
  })

  test('an added broker gets a port of its own', async () => {
    const { broker, listening, addr, transport } = await open()
    broker.addBroker()
    const client = new Client({ addr, transport })
    // Until the port is open the broker is not told of.
    const seen = new Set<number>()
    while (!seen.has(2)) seen.add((await client.metadata({ topics: [] })).brokers.filter(({ port }) => port > 0).length)
    expect([...seen].every(count => count === 1 || count === 2)).toBe(true)
    expect(listening.addresses).toHaveLength(2)
  })

  test('a port that is taken is said, and nothing is left listening', async () => {
    const taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const broker = new Broker()
    await expect(listen(broker, { port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`)
    taken.close()
    await broker.close()
  })
})

describe('the command line', () => {
  test('says where, how many, and which topics', () => {
    expect(brokerOptions([])).toEqual({ host: '127.0.0.1', port: 9092, brokers: 1, topics: [] })
    expect(brokerOptions(['--port', '0', '--brokers', '3', '--topic', 'a', '--topic', 'b:6'])).toEqual({
      host: '127.0.0.1',
      port: 0,
      brokers: 3,
      topics: [
        { name: 'a', partitions: 1 },
        { name: 'b', partitions: 6 },
      ],
    })
  })

  test.each([
    [['--port', 'x']],
    [['--brokers', '0']],
    [['--topic', 'a:0']],
    [['--what']],
    [['--cert', 'broker.pem']],
    [['--cert', '/nowhere/broker.pem', '--key', '/nowhere/key.pem']],
  ])('%j is refused', args => {
    expect(() => brokerOptions(args)).toThrow()
  })
})
