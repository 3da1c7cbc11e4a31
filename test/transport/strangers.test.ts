import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Reader } from '../../src/reader/reader.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { notebook } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

let clock: LeapingClock
beforeEach(() => {
  clock = new LeapingClock()
})
afterEach(() => clock.close())

/**
 * Two clusters, of which the second takes the place of the first when told to; connections that nobody uses are closed
 * soon.
 */
function moving(versions: BrokerConfig['versions'] = {}) {
  const make = () => new Broker({ clock, versions, topics: [{ name: 'payments' }] })
  const [production, staging] = [make(), make()]
  let at = production
  const adapter: SocketAdapter = { name: 'moving', dial: (address, options) => memory(at).dial(address, options) }
  const notes = notebook()
  const transport = new Transport({ clock, adapter, natives: {}, idleTimeout: 500, logger: notes.logger })
  const move = (to = staging): void => {
    at = to
  }
  return { production, staging, transport, move, lines: notes.lines }
}

describe.each<[string, BrokerConfig['versions']]>([
  ['that checks itself whom a connection is for', {}],
  ['of an older kind', { ApiVersions: 4 }],
])('when the address comes to lead to another cluster, %s', (_what, versions) => {
  test('nothing is written there, which is told', async () => {
    const { staging, transport, move, lines } = moving(versions)
    const wrote: unknown[] = []
    staging.control(Produce, () => void wrote.push(1))
    const writer = new Writer({ addr: 'broker-1:9092', topic: 'payments', transport, deliveryTimeout: 10_000 })
    await writer.writeMessages({ value: 'one' })
    await clock.sleep(20_000)
    move()
    await expect(writer.writeMessages({ value: 'two' })).rejects.toThrow()
    expect(lines.some(line => /^warn .*make a new Transport/.test(line))).toBe(true)
    expect(wrote).toEqual([])
    await transport.close()
  })

  test('nothing is read there, nor asked of it but what it is', async () => {
    const { production, staging, transport, move } = moving(versions)
    const addr = 'broker-1:9092'
    const writer = new Writer({ addr, topic: 'payments', transport })
    await writer.writeMessages({ value: 'ours' })
    await using other = new Writer({
      addr,
      topic: 'payments',
      transport: new Transport({ clock, adapter: memory(staging), natives: {} }),
    })
    await other.writeMessages([{ value: 'theirs 0' }, { value: 'theirs 1' }])
    const asked: unknown[] = []
    staging.control(InitProducerId, () => void asked.push(1))
    await clock.sleep(20_000)
    move()
    const client = new Client({ addr, transport, timeout: 3000 })
    await expect(client.fetch({ topic: 'payments', partition: 0, offset: 1 })).rejects.toThrow(/cluster/)
    await expect(client.initProducerId({})).rejects.toThrow(/cluster/)
    expect(asked).toEqual([])
    // It may be the way there that was wrong for a while.
    move(production)
    const reader = new Reader({ brokers: addr, topic: 'payments', partition: 0, transport })
    expect((await reader.readMessage()).text()).toBe('ours')
    await reader.close()
    await transport.close()
  })
})

test.each<[string, BrokerConfig['versions']]>([
  ['where brokers check that themselves', {}],
  ['where they are older', { ApiVersions: 4 }],
])('who has but asked for metadata knows the cluster, too: another is asked nothing, %s', async (_what, versions) => {
  const { staging, transport, move } = moving(versions)
  const asked: unknown[] = []
  for (const api of [DeleteTopics, OffsetCommit] as AnyApi[]) staging.control(api, () => void asked.push(1))
  const client = new Client({ addr: 'broker-1:9092', transport, timeout: 3_000 })
  await client.metadata({})
  await clock.sleep(20_000)
  move()
  for (const call of [
    () => client.deleteTopics({ topics: ['payments'] }),
    () => client.offsetCommit({ groupId: 'g', topics: { payments: [{ partition: 0, offset: 1 }] } }),
    () => client.metadata({}),
  ])
    await expect(call()).rejects.toThrow(/make a new Transport/)
  expect(asked).toEqual([])
  await transport.close()
})

test('an address that comes to lead to another broker of the cluster is asked about anew', async () => {
  const broker = new Broker({ clock, brokers: 3, topics: [{ name: 'topic', partitions: 3 }] })
  const inner = memory(broker)
  let swapped = false
  // As when a pod is given the address that another one had.
  const swap = (host: string): string => (host === 'broker-2' ? 'broker-3' : host === 'broker-3' ? 'broker-2' : host)
  const adapter: SocketAdapter = {
    name: 'pods',
    dial: ({ host, port }, options) => inner.dial({ host: swapped ? swap(host) : host, port }, options),
  }
  const transport = new Transport({ clock, adapter, natives: {}, idleTimeout: 500 })
  const writer = new Writer({ addr: 'broker-1:9092', topic: 'topic', transport })
  const all = [0, 1, 2].map(partition => ({ value: 'x', partition }))
  await writer.writeMessages(all)
  await clock.sleep(20_000)
  swapped = true
  broker.control(Metadata, async (_request, { apply }) => {
    const answer = await apply()
    return { ...answer!, brokers: answer!.brokers.map(each => ({ ...each, host: swap(each.host) })) }
  })
  const began = clock.monotonic()
  await writer.writeMessages(all)
  expect(clock.monotonic() - began).toBeLessThan(5000)
  await transport.close()
})

test('the check costs no request where brokers know KIP-1242, nor elsewhere while the cluster is new', async () => {
  for (const ApiVersions of [5, 4]) {
    const { production, transport } = moving({ ApiVersions })
    let asked = 0
    production.control(Metadata, () => void asked++)
    await using writer = new Writer({ addr: 'broker-1:9092', topic: 'payments', transport })
    await writer.writeMessages({ value: 'one' })
    expect(asked).toBe(1)
    await transport.close()
  }
})
