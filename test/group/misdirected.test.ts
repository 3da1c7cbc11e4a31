import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, Reader, Transport, Writer } from '../../src/index.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

/**
 * Two brokers, the first of them the coordinator of `group`, where `x` is the topic's only message; and an adapter to which the name of the
 * first leads to the second until `astray` is false. Brokers before Kafka 4.4 can't be asked which one they are (KIP-1242).
 */
async function misdirected() {
  const broker = new Broker({
    brokers: 2,
    topics: [{ name: 'topic', partitions: 1 }],
    versions: { ApiVersions: [0, 4] },
    natives,
  })
  broker.moveCoordinator('group', 'group', 1)
  const inner = memory(broker, natives)
  const [host = '', port] = broker.address(2).split(':')
  await using sound = new Transport({ adapter: inner, natives })
  await using writer = new Writer({ addr: broker.addresses, topic: 'topic', transport: sound })
  await writer.writeMessages({ value: 'x' })
  const net = { broker, astray: true, led: 0 }
  const adapter: SocketAdapter = {
    name: 'misdirecting',
    dial(address, options) {
      const wrong = net.astray && broker.address(1).startsWith(`${address.host}:`)
      if (wrong) net.led++
      return inner.dial(wrong ? { host, port: Number(port) } : address, options)
    },
  }
  const transport = new Transport({ adapter, natives, logger: null })
  return { net, transport, [Symbol.asyncDispose]: () => transport.close().then(() => broker.close()) }
}

// Given both, lookups go out on connections that lead astray, too.
for (const [given, seeds] of [
  ['the other broker', [2]],
  ['both brokers', [1, 2]],
] as const) {
  test(`a member whose coordinator’s name led to another broker when it was dialed is not held by that connection: given ${given}`, async () => {
    await using world = await misdirected()
    const { net, transport } = world
    const reader = new Reader({
      brokers: seeds.map(id => net.broker.address(id)),
      topic: 'topic',
      groupId: 'group',
      startOffset: 'earliest',
      transport,
      joinGroupBackoff: 50,
    })
    const reading = (async () => {
      for (;;) {
        try {
          return (await reader.readMessage()).text()
        } catch {
          // It is told that it can't join.
        }
      }
    })()
    await expect.poll(() => net.led, { timeout: 5_000 }).toBeGreaterThan(2)
    net.astray = false
    expect(await reading).toBe('x')
    await reader.close()
  }, 15_000)
}

test('a call about a group is not held by a connection that led to another broker when it was dialed', async () => {
  await using world = await misdirected()
  const { net, transport } = world
  const client = new Client({ addr: [1, 2].map(id => net.broker.address(id)), transport })
  const committed = client.offsetFetch({ groupId: 'group', topics: { topic: [0] } })
  await expect.poll(() => net.led, { timeout: 5_000 }).toBeGreaterThan(1)
  net.astray = false
  expect((await committed).topics['topic']?.[0]?.committedOffset).toBe(-1)
}, 15_000)
