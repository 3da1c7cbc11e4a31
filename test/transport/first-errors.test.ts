import { afterEach, beforeEach, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { ConnectionError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Transport } from '../../src/transport/transport.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

let clock: LeapingClock
beforeEach(() => {
  clock = new LeapingClock()
})
afterEach(() => clock.close())

/** A cluster reached at `seed`, whose brokers are said to be at these hosts; `dial` decides about those. */
function advertised(hosts: readonly string[], dial: (host: string, signal: AbortSignal) => Promise<never> | 'broker') {
  const broker = new Broker({ clock, topics: [{ name: 't' }] })
  const inner = memory(broker)
  broker.control(Metadata, async (_request, { apply }) => ({
    ...(await apply())!,
    brokers: hosts.map((host, i) => ({ nodeId: i + 1, host, port: 9092, rack: null })),
  }))
  const dialed: string[] = []
  const transport = new Transport({
    clock,
    natives: {},
    adapter: {
      name: 'names',
      async dial({ host }, options) {
        dialed.push(host)
        const where = host === 'seed' ? 'broker' : dial(host, options.signal!)
        return where === 'broker' ? inner.dial({ host: 'broker-1', port: 9092 }, options) : where
      },
    },
  })
  return { broker, transport, dialed, cluster: transport.cluster('seed:9092') }
}

const hangs = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test.each<[string, RegExp, (host: string, signal: AbortSignal) => Promise<never>]>([
  ['unknown', /host not found/, host => Promise.reject(new ConnectionError(`${host}:9092`, 'host not found'))],
  ['silent', /no connection within/, (_host, signal) => hangs(signal)],
])(
  'an advertised listener that is %s is told within ten seconds: which broker, where, why, and what to look at',
  async (_what, why, dial) => {
    const { transport, cluster } = advertised(['kafka.invalid'], dial)
    const client = new Client({ addr: 'seed:9092', transport, timeout: 9000 })
    await cluster.refresh([])
    const error = await cluster.connection(1, 'produce').catch(error => error)
    for (const told of [
      error.message,
      (await client.produce({ topic: 't', partition: 0, records: [{ value: 'x' }] }).catch(error => error)).message,
    ]) {
      expect(told).toMatch(/kafka\.invalid:9092/)
      expect(told).toMatch(/broker 1\b/)
      expect(told).toMatch(/seed:9092/)
      expect(told).toMatch(/advertised\.listeners/)
      expect(told).toMatch(why)
    }
    expect(clock.monotonic()).toBeLessThan(20_000)
    await transport.close()
  },
)

test('a broker that was reached before is merely out of reach', async () => {
  let down = false
  const { transport, cluster } = advertised(['pod'], (host, _signal) =>
    down ? Promise.reject(new ConnectionError(`${host}:9092`, 'refused')) : 'broker',
  )
  await cluster.refresh([])
  await cluster.connection(1, 'produce')
  transport.closeIdleConnections()
  down = true
  await expect(cluster.connection(1, 'fetch')).rejects.toThrow(/^pod:9092: refused$/)
  await transport.close()
})

test('the bootstrap list is tried before eighty dead brokers', async () => {
  const hosts = Array.from({ length: 80 }, (_, i) => `dead-${i}`)
  const { transport, cluster, dialed } = advertised(hosts, (_host, signal) => hangs(signal))
  await cluster.refresh([])
  transport.closeIdleConnections()
  await clock.sleep(1000)
  dialed.length = 0
  const began = clock.monotonic()
  await cluster.refresh([])
  expect(clock.monotonic() - began).toBeLessThan(2000)
  expect(dialed.length).toBeLessThan(5)
  await transport.close()
})

test('nor is it waited long for others while the one that answers denies something', async () => {
  const { broker, transport, cluster } = advertised(['dead-0', 'pod', 'dead-1', 'dead-2'], (host, signal) =>
    host === 'pod' ? 'broker' : hangs(signal),
  )
  await cluster.topic('t')
  broker.control(Metadata, async (_request, { apply }) => {
    const answer = (await apply())!
    return { ...answer, topics: answer.topics.map(topic => ({ ...topic, errorCode: 3, partitions: [] })) }
  })
  const began = clock.monotonic()
  for (let i = 0; i < 3; i++) await cluster.refresh(['t'])
  expect(cluster.isDenied('t')).toBe(true)
  expect(clock.monotonic() - began).toBeLessThan(8000)
  await transport.close()
})
