import { afterEach, beforeEach, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import type { AnyBroker } from '../../src/transport/any-broker.ts'
import { Coordinators } from '../../src/transport/coordinators.ts'
import { Transport } from '../../src/transport/transport.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

let clock: LeapingClock
beforeEach(() => {
  clock = new LeapingClock()
})
afterEach(() => clock.close())

/** A broker that can be reached at one of its two addresses. */
function pods() {
  const broker = new Broker({ clock, topics: [{ name: 't' }] })
  const inner = memory(broker)
  const pod = { metadata: 'pod-a', coordinator: 'pod-a', real: 'pod-a' }
  broker.control(Metadata, async (_request, { apply }) => {
    const answer = await apply()
    return { ...answer!, brokers: answer!.brokers.map(each => ({ ...each, host: pod.metadata })) }
  })
  broker.control(FindCoordinator, async (_request, { apply }) => {
    const answer = await apply()
    return { ...answer!, coordinators: answer!.coordinators!.map(each => ({ ...each, host: pod.coordinator })) }
  })
  const dialed: string[] = []
  const transport = new Transport({
    clock,
    natives: {},
    idleTimeout: 500,
    adapter: {
      name: 'pods',
      dial({ host }, options) {
        dialed.push(host)
        if (host === 'seed' || host === pod.real) return inner.dial({ host: 'broker-1', port: 9092 }, options)
        return new Promise((_, reject) =>
          options.signal!.addEventListener('abort', () => reject(options.signal!.reason)),
        )
      },
    },
  })
  const client = new Client({ addr: 'seed:9092', transport })
  const offsets = (groupId: string) => client.offsetFetch({ groupId, topics: { t: [0] } })
  return { pod, dialed, transport, offsets }
}

test('an old address in an answer about a coordinator does not replace what metadata tells', async () => {
  const { pod, dialed, transport, offsets } = pods()
  await offsets('first')
  await clock.sleep(5000)
  Object.assign(pod, { metadata: 'pod-b', real: 'pod-b' })
  await transport.cluster('seed:9092').refresh([])
  dialed.length = 0
  await offsets('second')
  expect(dialed).not.toContain('pod-a')
  await transport.close()
})

test('a new address in an answer about a coordinator leads to metadata being asked', async () => {
  const { pod, dialed, transport, offsets } = pods()
  await offsets('first')
  await clock.sleep(5000)
  Object.assign(pod, { metadata: 'pod-b', coordinator: 'pod-b', real: 'pod-b' })
  dialed.length = 0
  const began = clock.monotonic()
  await offsets('second')
  expect(clock.monotonic() - began).toBeLessThan(2000)
  expect(dialed).toContain('pod-b')
  await transport.close()
})

test('short-lived groups are let go: no more than a thousand are remembered, those used last', async () => {
  let asked = 0
  const request = async (_api: unknown, { key }: { key: string }) => {
    asked++
    return { coordinators: [{ key, nodeId: 1, host: 'h', port: 1, errorCode: 0, errorMessage: null }] }
  }
  const anyBroker = { any: async () => ({ request }) } as unknown as AnyBroker
  const coordinators = new Coordinators(anyBroker, 1000, async () => {})
  for (let i = 0; i < 1000; i++) await coordinators.find('group', `g${i}`)
  await coordinators.find('group', 'g0')
  expect(asked).toBe(1000)
  await coordinators.find('group', 'one more')
  await coordinators.find('group', 'g0')
  expect(asked).toBe(1001)
  await coordinators.find('group', 'g1')
  expect(asked).toBe(1002)
})

test('a client of many groups asks again who coordinates those it used longest ago, and no others', async () => {
  const broker = new Broker({ topics: [{ name: 't' }] })
  const asked: string[] = []
  broker.control(FindCoordinator, ({ coordinatorKeys }) => void asked.push(...coordinatorKeys))
  await using transport = new Transport({ adapter: memory(broker), natives: {} })
  const client = new Client({ addr: broker.addresses, transport })
  const use = (group: string) => client.offsetFetch({ groupId: group, topics: { t: [0] } })
  for (let i = 0; i <= 1_000; i++) await use(`g${i}`)
  expect(asked).toHaveLength(1_001)
  asked.length = 0
  for (const group of ['g1000', 'g999', 'g500', 'g0']) await use(group)
  expect(asked).toEqual(['g0'])
})

test('the error names the group or transactional id', async () => {
  const broker = new Broker({ topics: [] })
  broker.control(FindCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys!.map(key => ({
      key,
      nodeId: -1,
      host: '',
      port: -1,
      errorCode: 30,
      errorMessage: null,
    })),
  }))
  await using transport = new Transport({ adapter: memory(broker), natives: {} })
  const client = new Client({ addr: broker.addresses, transport })
  await expect(client.offsetFetch({ groupId: 'audit', topics: {} })).rejects.toThrow(/group audit/)
})
