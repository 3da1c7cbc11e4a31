import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  Client,
  RangeGroupBalancer,
  Reader,
  type ReaderConfig,
  RoundRobin,
  RoundRobinGroupBalancer,
  Transport,
  Writer,
} from '../src/index.ts'
import { DescribeGroups } from '../src/protocol/describe-groups.ts'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { unless } from '../test/support/left-out.ts'
import { until } from '../test/support/waiting.ts'
import { full } from './full.ts'
import { javaMember, type Member } from './java-members.ts'
import { noKafka, sharedKafka } from './shared.ts'

const partitions = 4
const perRound = 40
const patience = 60_000

interface OurHooks {
  onOwned(count: number): void
  onError?(error: unknown): void
}

/** A Reader of ours; `onOwned` is told of how many partitions it has. */
function ourMember(
  brokers: readonly string[],
  topic: string,
  groupId: string,
  { onOwned, onError, ...config }: Partial<ReaderConfig> & OurHooks,
): Member {
  const transport = new Transport({
    onEvent: event => event.type === 'rebalance' && onOwned(Object.values(event.assignments).flat().length),
  })
  const groupBalancers = [new RangeGroupBalancer(), new RoundRobinGroupBalancer()]
  const reader = new Reader({
    brokers,
    groupId,
    topic,
    transport,
    groupBalancers,
    autoCommit: true,
    maxWait: 200,
    heartbeatInterval: 200,
    ...config,
  })
  const values: string[] = []
  const reading = (async () => {
    for await (const message of reader) values.push(message.text())
  })().catch(error => {
    if (onError === undefined) throw error
    onError(error)
  })
  return {
    values,
    async [Symbol.asyncDispose]() {
      await reader.close()
      await reading
      await transport.close()
    },
  }
}

describe("a group with Java's console consumer in it", unless(noKafka), () => {
  let cluster: ClusterUnderTest & { stop(): Promise<void> }
  beforeAll(async () => {
    cluster = await sharedKafka(1)
  })
  afterAll(() => cluster?.stop())

  // Who comes first leads, and divides for both.
  test.each([
    ['RangeAssignor', 'we lead'],
    ['RoundRobinAssignor', 'Java leads'],
  ])(
    '%s, %s: it is divided when the other comes and when it goes, and every message is delivered',
    async (assignor, leader) => {
      const { brokers } = cluster
      const topic = `mixed-${assignor}-${Date.now()}`
      await using client = new Client({ addr: brokers })
      await client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
      await using writer = new Writer({ addr: brokers, topic, balancer: new RoundRobin() })
      const written: string[] = []
      const write = async (): Promise<void> => {
        const round = Array.from({ length: perRound }, (_, i) => `${written.length + i}`)
        await writer.writeMessages(round.map(value => ({ value })))
        written.push(...round)
      }
      const signal = AbortSignal.timeout(patience)
      let owned = -1
      const ours = (): Member => ourMember(brokers, topic, topic, { onOwned: count => (owned = count) })
      const java = (): Promise<Member> => javaMember(brokers[0]!, topic, topic, { assignor })
      const weLead = leader === 'we lead'

      await write()
      await using first = weLead ? ours() : await java()
      await until(signal, () => first.values.length >= perRound)
      const second = weLead ? await java() : ours()
      try {
        await until(signal, () => owned === partitions / 2)
        await write()
        await until(signal, () => new Set([...first.values, ...second.values]).size === written.length)
        // Both had their share of the round.
        expect(second.values.length).toBeGreaterThanOrEqual(perRound / 2)
        expect(first.values.length).toBeGreaterThanOrEqual(perRound + perRound / 2)
      } finally {
        await second[Symbol.asyncDispose]()
      }
      await write()
      await until(signal, () => new Set([...first.values, ...second.values]).size === written.length)
      if (weLead) expect(owned).toBe(partitions)
      expect(first.values.slice(-perRound).sort()).toEqual(written.slice(-perRound).sort())
    },
    2 * patience,
  )

  /** How long the group waits for Java's member: with FULL=1 longer than our requests may take. */
  const wait = full ? 45_000 : 8_000
  /** What we may take is less than that. */
  const hasty = { rebalanceTimeout: 2_000, timeout: 1_000, sessionTimeout: 6_000 }

  async function filled(name: string): Promise<{ brokers: readonly string[]; topic: string; values: string[] }> {
    const { brokers } = cluster
    const topic = `${name}-${Date.now()}`
    await using client = new Client({ addr: brokers })
    await client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
    await using writer = new Writer({ addr: brokers, topic, balancer: new RoundRobin() })
    const values = Array.from({ length: 2_000 }, (_, i) => `${i} ${'x'.repeat(1_000)}`)
    await writer.writeMessages(values.map(value => ({ value })))
    return { brokers, topic, values }
  }

  test(
    'a member of Java’s that is slow holds the division up for as long as it may, and nothing is thrown',
    async () => {
      const { brokers, topic, values } = await filled('slow')
      const signal = AbortSignal.timeout(wait + patience)
      const properties = [`max.poll.interval.ms=${wait}`, 'max.poll.records=100']
      await using slow = await javaMember(brokers[0]!, topic, topic, { slow: true, properties })
      await joined(brokers, topic, signal)
      const thrown: unknown[] = []
      let owned = -1
      const began = performance.now()
      await using ours = ourMember(brokers, topic, topic, {
        ...hasty,
        onOwned: count => (owned = count),
        onError: error => thrown.push(error),
      })
      await until(signal, () => owned === partitions || thrown.length > 0)
      expect(thrown).toEqual([])
      expect(performance.now() - began).toBeGreaterThan(wait / 2)
      slow.goOn()
      await until(signal, () => new Set([...ours.values, ...slow.values]).size === values.length)
      expect(thrown).toEqual([])
    },
    wait + 2 * patience,
  )

  test(
    'a member of Java’s that is killed is waited for until its session ends, and nothing is thrown',
    async () => {
      const { brokers, topic, values } = await filled('killed')
      const signal = AbortSignal.timeout(wait + patience)
      const java = await javaMember(brokers[0]!, topic, topic, { properties: [`session.timeout.ms=${wait}`] })
      await until(signal, () => java.values.length > 0)
      await java.kill()
      const thrown: unknown[] = []
      let owned = -1
      await using ours = ourMember(brokers, topic, topic, {
        ...hasty,
        onOwned: count => (owned = count),
        onError: error => thrown.push(error),
      })
      await until(signal, () => owned === partitions || thrown.length > 0)
      await until(signal, () => new Set([...ours.values, ...java.values]).size === values.length || thrown.length > 0)
      expect(thrown).toEqual([])
    },
    wait + 2 * patience,
  )
})

/** Until the group has a member that has its partitions. */
async function joined(brokers: readonly string[], group: string, signal: AbortSignal): Promise<void> {
  await using transport = new Transport()
  for (;;) {
    const { groups } = await transport.roundTrip(brokers, DescribeGroups, {
      groups: [group],
      includeAuthorizedOperations: false,
    })
    if (groups[0]?.groupState === 'Stable') return
    signal.throwIfAborted()
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
