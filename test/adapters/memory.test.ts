import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { socketPair } from '../../adapters/memory/memory-socket.ts'
import { Broker } from '../../src/broker/index.ts'
import { ConnectionError } from '../../src/index.ts'

const pair = () =>
  socketPair('memory', setImmediate, () => new ConnectionError('memory', 'the peer reset the connection'))

async function settled(promise: void | Promise<void>): Promise<boolean> {
  return (
    (await Promise.race([
      Promise.resolve(promise).then(() => 'yes'),
      new Promise(resolve => setImmediate(resolve)),
    ])) === 'yes'
  )
}

describe('a connection in memory', () => {
  test('carries bytes in order, copied, in pieces no larger than a network gives', async () => {
    const [client, server] = pair()
    const sent = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251)
    void client.write([sent.subarray(0, 10), sent.subarray(10)])
    const expected = sent.slice()
    sent.fill(0)
    const got: Uint8Array[] = []
    for (let left = expected.length; left > 0; ) {
      const chunk = (await server.read())!
      expect(chunk.length).toBeLessThanOrEqual(65_536)
      left -= chunk.length
      got.push(chunk)
    }
    expect(Buffer.concat(got).equals(expected)).toBe(true)
  })

  test('asks a writer to wait while the other side does not read', async () => {
    const [client, server] = pair()
    expect(client.write([new Uint8Array(1000)])).toBeUndefined()
    const room = client.write([new Uint8Array(1_000_000)])
    expect(room).toBeInstanceOf(Promise)
    const flushed = client.flushed()
    expect(await settled(room)).toBe(false)
    for (let left = 1_001_000; left > 200_000; ) left -= (await server.read())!.length
    expect(await settled(room)).toBe(true)
    expect(await settled(flushed)).toBe(false)
    for (let left = 100; left > 0; left--)
      if (await settled(flushed)) break
      else await server.read()
    await flushed
  })

  test('a waiting reader goes on in a later turn: two that wake each other starve no timer', async () => {
    const [client, server] = pair()
    let fired = false
    setTimeout(() => {
      fired = true
    }, 5)
    const echo = (async () => {
      for (let chunk = await server.read(); chunk !== null; chunk = await server.read()) await server.write([chunk])
    })()
    while (!fired) {
      await client.write([new Uint8Array(1)])
      await client.read()
    }
    await client.close()
    await echo
  })

  test('ends for the reader once it has read what was written', async () => {
    const [client, server] = pair()
    void client.write([new Uint8Array(3)])
    await client.close()
    expect((await server.read())!.length).toBe(3)
    expect(await server.read()).toBeNull()
  })

  test('that is aborted rejects what waits on both sides', async () => {
    const [client, server] = pair()
    const [mine, theirs] = [client.read(), server.read()]
    const room = client.write([new Uint8Array(1_000_000)])
    const reason = new Error('enough')
    client.abort(reason)
    await expect(mine).rejects.toBe(reason)
    await expect(theirs).rejects.toThrow('the peer reset the connection')
    await expect(room).rejects.toBeInstanceOf(ConnectionError)
    await expect(client.flushed()).rejects.toBeInstanceOf(ConnectionError)
  })
})

describe('dialing', () => {
  test('an address nobody has, or of a stopped broker, is refused', async () => {
    const broker = new Broker({ brokers: 2 })
    const adapter = memory(broker)
    broker.stopBroker(2)
    await expect(adapter.dial({ host: 'broker-2', port: 9092 }, {})).rejects.toThrow(
      'broker-2:9092: connection refused',
    )
    await expect(adapter.dial({ host: 'elsewhere', port: 9092 }, {})).rejects.toBeInstanceOf(ConnectionError)
    const socket = await adapter.dial({ host: 'broker-1', port: 9092 }, {})
    await broker.close()
    await expect(socket.read()).rejects.toBeInstanceOf(ConnectionError)
    await expect(adapter.dial({ host: 'broker-1', port: 9092 }, {})).rejects.toBeInstanceOf(ConnectionError)
  })

  test('heeds its signal', async () => {
    const broker = new Broker()
    const reason = new Error('never mind')
    await expect(
      memory(broker).dial({ host: 'broker-1', port: 9092 }, { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
    await broker.close()
  })
})
