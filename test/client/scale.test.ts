import { afterAll, beforeAll, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, Transport } from '../../src/index.ts'

// 30,000 partitions and 5,000 groups on three brokers: what is asked for by thousands goes by bounded requests, and few.

const topics = Array.from({ length: 10_000 }, (_, n) => ({ name: `topic-${n}`, partitions: 3, replicationFactor: 1 }))
const groupIds = Array.from({ length: 5_000 }, (_, n) => `group-${n}`)
const mebibyte = 1024 * 1024
// A machine that does much else takes its time.
const patience = 90_000

let broker: Broker
beforeAll(async () => {
  broker = new Broker({ brokers: 3, topics, natives, limits: { partitions: 30_000 } })
  await using transport = new Transport({ adapter: memory(broker, natives), natives })
  const client = new Client({ addr: broker.addresses, transport })
  for (let at = 0; at < groupIds.length; at += 100) {
    const committed = groupIds.slice(at, at + 100).map((groupId, n) =>
      client.offsetCommit({
        groupId,
        topics: {
          [`topic-${at + n}`]: [0, 1, 2].map(partition => ({ partition, offset: 0 })),
          [`topic-${9_999 - at - n}`]: [{ partition: 0, offset: 0 }],
        },
      }),
    )
    await Promise.all(committed)
  }
}, patience)
afterAll(() => broker.close())

interface Cost {
  /** Requests by API, those of connecting left out. */
  readonly requests: Readonly<Record<string, number>>
  readonly milliseconds: number
  /** Of the heap at most, more than before. */
  readonly mebibytes: number
}

/** What a call costs with a transport of its own; it was told to `check` its answer. */
async function costOf<R>(call: (client: Client) => Promise<R>, check: (answer: R) => void): Promise<Cost> {
  const requests: Record<string, number> = {}
  await using transport = new Transport({
    adapter: memory(broker, natives),
    natives,
    onEvent(event) {
      if (event.type !== 'request' || event.api === 'ApiVersions') return
      requests[event.api] = (requests[event.api] ?? 0) + 1
    },
  })
  const client = new Client({ addr: broker.addresses, transport })
  const before = process.memoryUsage().heapUsed
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().heapUsed - before)
  }, 5)
  const since = performance.now()
  try {
    check(await call(client))
  } finally {
    clearInterval(watch)
  }
  const cost = {
    requests,
    milliseconds: Math.round(performance.now() - since),
    mebibytes: Math.round(Math.max(most, process.memoryUsage().heapUsed - before) / mebibyte),
  }
  console.log(expect.getState().currentTestName, JSON.stringify(cost))
  return cost
}

/** Of the order of what this takes on a machine that does much else; without a bound on requests it were minutes. */
function expectBounded({ requests, milliseconds, mebibytes }: Cost, most: Readonly<Record<string, number>>): void {
  for (const [api, count] of Object.entries(requests)) expect(count, api).toBeLessThanOrEqual(most[api] ?? 0)
  expect(milliseconds).toBeLessThan(60_000)
  expect(mebibytes).toBeLessThan(600)
}

test('metadata of all topics', { timeout: patience }, async () => {
  const cost = await costOf(
    client => client.metadata(),
    ({ topics }) => expect(topics).toHaveLength(10_000),
  )
  expectBounded(cost, { Metadata: 2 })
})

test('describeTopicPartitions, page after page', { timeout: patience }, async () => {
  let partitions = 0
  const cost = await costOf(
    async client => {
      for (
        let cursor = undefined as Awaited<ReturnType<typeof client.describeTopicPartitions>>['nextCursor'] | undefined;
        cursor !== null;
      ) {
        const page = await client.describeTopicPartitions({ partitionLimit: 2_000, cursor: cursor ?? null })
        for (const topic of page.topics) partitions += topic.partitions.length
        cursor = page.nextCursor
      }
    },
    () => expect(partitions).toBe(30_000),
  )
  expectBounded(cost, { Metadata: 1, DescribeTopicPartitions: 16 })
})

test('topicOffsets of all topics', { timeout: patience }, async () => {
  const cost = await costOf(
    client => client.topicOffsets(),
    ({ topics, errors }) => {
      expect(errors).toEqual({})
      expect(Object.keys(topics)).toHaveLength(10_000)
      expect(
        Object.values(topics)
          .flat()
          .every(({ error, lastOffset }) => error === null && lastOffset === 0),
      ).toBe(true)
    },
  )
  // 5,000 partitions a time, first and last, of three leaders.
  expectBounded(cost, { Metadata: 12, ListOffsets: 36 })
})

test('listGroups', { timeout: patience }, async () => {
  const cost = await costOf(
    client => client.listGroups(),
    ({ groups }) => expect(groups).toHaveLength(5_000),
  )
  expectBounded(cost, { Metadata: 2, ListGroups: 3 })
})

test('describeGroups of all', { timeout: patience }, async () => {
  const cost = await costOf(
    client => client.describeGroups({ groupIds }),
    ({ groups }) =>
      expect(groups.filter(({ error, groupState }) => error === null && groupState === 'Empty')).toHaveLength(5_000),
  )
  // 500 groups a time, of three coordinators.
  expectBounded(cost, { Metadata: 2, FindCoordinator: 10, DescribeGroups: 30 })
})

test('groupLag of all', { timeout: patience }, async () => {
  const cost = await costOf(
    client => client.groupLag(),
    ({ groups }) => {
      expect(groups).toHaveLength(5_000)
      expect(
        groups.every(
          ({ error, totalLag, topics }) => error === null && totalLag === 0 && Object.keys(topics).length === 2,
        ),
      ).toBe(true)
    },
  )
  expectBounded(cost, { Metadata: 8, ListGroups: 3, FindCoordinator: 10, OffsetFetch: 30, ListOffsets: 12 })
})
