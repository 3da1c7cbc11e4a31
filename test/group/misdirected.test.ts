import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Reader, Transport, Writer } from '../../src/index.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

// Brokers before Kafka 4.4 can't be asked which one they are (KIP-1242).
test('a member whose coordinator’s name led to another broker when it was dialed is not held by that connection', async () => {
  await using broker = new Broker({
    brokers: 2,
    topics: [{ name: 'topic', partitions: 1 }],
    versions: { ApiVersions: [0, 4] },
    natives,
  })
  broker.moveCoordinator('group', 'group', 1)
  const inner = memory(broker, natives)
  const [host = '', port] = broker.address(2).split(':')
  let astray = true
  let led = 0
  const adapter: SocketAdapter = {
    name: 'misdirecting',
    dial(address, options) {
      const wrong = astray && broker.address(1).startsWith(`${address.host}:`)
      if (wrong) led++
      return inner.dial(wrong ? { host, port: Number(port) } : address, options)
    },
  }
  await using sound = new Transport({ adapter: inner, natives })
  await using writer = new Writer({ addr: broker.addresses, topic: 'topic', transport: sound })
  await writer.writeMessages({ value: 'x' })
  await using transport = new Transport({ adapter, natives, logger: null })
  const reader = new Reader({
    // Whom it asks who coordinates is found where it should be.
    brokers: broker.address(2),
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
  await expect.poll(() => led, { timeout: 5_000 }).toBeGreaterThan(1)
  astray = false
  expect(await reading).toBe('x')
  await reader.close()
}, 15_000)
