import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConnectionError, TimeoutError } from '../../src/base/errors.ts'
import type { BrokerConfig } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { lastOffsetOf } from '../../src/client/list-offsets.ts'
import { AddPartitionsToTxn } from '../../src/protocol/add-partitions-to-txn.ts'
import type { ResponseOf } from '../../src/protocol/api.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DeleteGroups } from '../../src/protocol/delete-groups.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { Produce } from '../../src/protocol/produce.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { type Bench, bench, countOf } from './support.ts'

let b: Bench
let client: Client
const set = (broker?: BrokerConfig, config?: TransportConfig): void => {
  b = bench(broker, config)
  client = new Client({ addr: b.broker.addresses, transport: b.transport })
}
beforeEach(() => set())
afterEach(() => b.close())

const leaderOf = async (partition = 0): Promise<number> =>
  (await b.cluster.topic('topic')).partitions[partition]!.leader
const otherThan = (leader: number): number => (leader % 3) + 1
const wanted = {
  replicaId: -1,
  topics: [{ name: 'topic', partitions: [0, 1, 2].map(partitionIndex => ({ partitionIndex, timestamp: -1 })) }],
}
const write = (value: string, partition = 0) => client.produce({ topic: 'topic', partition, records: [{ value }] })

describe('to leaders', () => {
  test('what a moved leader refuses goes to the new one, and only that', async () => {
    await write('first')
    const before = countOf(b.events, ListOffsets)
    b.broker.moveLeader('topic', 0, otherThan(await leaderOf()))
    const { topics } = await b.transport.roundTrip(b.broker.addresses, ListOffsets, wanted)
    expect(topics).toHaveLength(1)
    expect(topics[0]!.partitions.map(p => [p.partitionIndex, p.errorCode, p.offset])).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [2, 0, 0],
    ])
    expect(countOf(b.events, ListOffsets) - before).toBe(4)
  })

  test('a write that the old leader refused is written once, by the new one', async () => {
    const old = await leaderOf()
    b.broker.moveLeader('topic', 0, otherThan(old))
    expect(await write('once')).toMatchObject({ error: null, baseOffset: 0 })
    expect((await client.listOffsets({ topics: { topic: [lastOffsetOf(0)] } })).topics['topic']![0]!.lastOffset).toBe(1)
    expect(await leaderOf()).toBe(otherThan(old))
  })

  test('a write whose answer was lost is not sent again: its outcome is unknown', async () => {
    b.broker.loseAnswer(Produce)
    const error = await write('maybe').catch(error => error)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.sent).toBe(true)
    expect((await client.listOffsets({ topics: { topic: [lastOffsetOf(0)] } })).topics['topic']![0]!.lastOffset).toBe(1)
  })

  test('a question whose answer was lost is asked again', async () => {
    b.broker.loseAnswer(ListOffsets, { times: 2 })
    const { topics } = await b.transport.roundTrip(b.broker.addresses, ListOffsets, wanted)
    expect(topics[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0])
  })

  test('a leader that is gone is waited for; in time, errors of its partitions stand beside the answers of others', async () => {
    const leader = await leaderOf()
    b.broker.control(ListOffsets, (_, { brokerId }) => (brokerId === leader ? 'drop' : undefined))
    const { topics } = await b.transport.roundTrip(b.broker.addresses, ListOffsets, wanted, { timeoutMs: 300 })
    expect(topics[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.Unknown, 0, 0])
    b.broker.control(ListOffsets, () => 'drop')
    await expect(b.transport.roundTrip(b.broker.addresses, ListOffsets, wanted, { timeoutMs: 300 })).rejects.toThrow(
      ConnectionError,
    )
  })

  test('a leader that does not answer costs no more than the time given', async () => {
    b.broker.control(ListOffsets, () => 'hang')
    const startedAt = performance.now()
    await expect(b.transport.roundTrip(b.broker.addresses, ListOffsets, wanted, { timeoutMs: 200 })).rejects.toThrow(
      TimeoutError,
    )
    expect(performance.now() - startedAt).toBeLessThan(1500)
  })

  test('fetches that wait do not wait for one another', async () => {
    const waiting = client.fetch({ topic: 'topic', partition: 0, offset: 0, maxWait: 60_000 })
    const second = client.fetch({ topic: 'topic', partition: 0, offset: 0, maxWait: 60_000 })
    await b.next(event => event.type === 'connect' && event.lane === 'fetch')
    expect((await client.fetch({ topic: 'topic', partition: 0, offset: 0, maxWait: 0 })).error).toBeNull()
    await write('x')
    expect((await waiting).records.readRecord()?.text()).toBe('x')
    expect((await second).records.readRecord()?.text()).toBe('x')
  })

  test('an answer that leaves a partition out is an error of that partition', async () => {
    b.broker.control(ListOffsets, () => ({ topics: [] }))
    const { topics } = await b.transport.roundTrip(b.broker.addresses, ListOffsets, wanted)
    expect(topics[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.Unknown,
      ErrorCode.Unknown,
      ErrorCode.Unknown,
    ])
  })

  test.each([
    ['an old broker', { Produce: 7, Fetch: 10, ListOffsets: 4, Metadata: 8, CreateTopics: 4, DeleteTopics: 3 }],
    ['one without topic ids', { Produce: 12, Fetch: 12, Metadata: 9 }],
  ])('works with %s', async (_, versions) => {
    await b.close()
    set({ versions })
    expect((await client.createTopics({ topics: [{ topic: 'old', numPartitions: 1 }] })).errors).toEqual({ old: null })
    expect((await client.produce({ topic: 'old', partition: 0, records: [{ value: 'x' }] })).error).toBeNull()
    const { records } = await client.fetch({ topic: 'old', partition: 0, offset: 0 })
    expect([...records].map(message => [message.topic, message.text()])).toEqual([['old', 'x']])
    expect((await client.deleteTopics({ topics: ['old'] })).errors).toEqual({ old: null })
  })
})

describe('to coordinators', () => {
  const commit = (offset: number) =>
    client.offsetCommit({ groupId: 'group', topics: { topic: [{ partition: 0, offset }] } })
  const fetched = async () =>
    (await client.offsetFetch({ groupId: 'group', topics: { topic: [0] } })).topics['topic']![0]!.committedOffset

  test('one that has moved is found again', async () => {
    await commit(1)
    const { coordinator } = await client.findCoordinator({ key: 'group' })
    b.broker.moveCoordinator('group', 'group', otherThan(coordinator!.nodeId))
    expect((await commit(2)).topics['topic']![0]!.error).toBeNull()
    expect(await fetched()).toBe(2)
  })

  test('partitions are added to a transaction at its coordinator, whose name and whose refusal stand in fields of their own', async () => {
    const transactionalId = 'transaction'
    const begin = { transactionalId, transactionTimeoutMs: 60_000 }
    const { producerId, producerEpoch } = await b.transport.roundTrip(b.broker.addresses, InitProducerId, begin)
    // Wherever it is, a request to any broker would miss it two times of three, and the old one refuses after each
    // move.
    for (const coordinator of [1, 2, 3]) {
      b.broker.moveCoordinator('transaction', transactionalId, coordinator)
      const { resultsByTopicV3AndBelow } = await b.transport.roundTrip(b.broker.addresses, AddPartitionsToTxn, {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: [{ name: 'topic', partitions: [0] }],
      })
      expect(resultsByTopicV3AndBelow).toMatchObject([{ resultsByPartition: [{ partitionErrorCode: 0 }] }])
    }
  })

  test('one whose broker has stopped is found again', async () => {
    await commit(1)
    const { coordinator } = await client.findCoordinator({ key: 'group' })
    b.broker.stopBroker(coordinator!.nodeId)
    expect(await fetched()).toBe(1)
    expect((await commit(2)).topics['topic']![0]!.error).toBeNull()
  })

  test('it is looked up once, however many ask, and kept', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => commit(i)))
    expect(countOf(b.events, FindCoordinator)).toBe(1)
    await commit(99)
    expect(countOf(b.events, FindCoordinator)).toBe(1)
  })

  test('one that is not there yet is waited for, and in time the error is in the answer', async () => {
    let loading = 3
    b.broker.control(OffsetCommit, ({ topics }) =>
      loading-- > 0
        ? {
            topics: topics.map(({ name, topicId }) => ({
              name,
              topicId,
              partitions: [{ partitionIndex: 0, errorCode: ErrorCode.GroupLoadInProgress }],
            })),
          }
        : undefined,
    )
    expect((await commit(3)).topics['topic']![0]!.error).toBeNull()
    expect(loading).toBe(-1)
    loading = Number.POSITIVE_INFINITY
    const impatient = new Client({ addr: b.broker.addresses, transport: b.transport, timeout: 200 })
    const { topics } = await impatient.offsetCommit({
      groupId: 'group',
      topics: { topic: [{ partition: 0, offset: 4 }] },
    })
    expect(topics['topic']![0]!.error?.code).toBe(ErrorCode.GroupLoadInProgress)
  })

  test('also by brokers that know one key at a time', async () => {
    await b.close()
    set({ versions: { FindCoordinator: 3, OffsetFetch: 7, OffsetCommit: 7 } })
    await commit(5)
    expect(await fetched()).toBe(5)
    expect((await client.findCoordinator({ key: 'group' })).coordinator?.nodeId).toBeGreaterThan(0)
  })

  test('two members that join at once do not wait for one another', async () => {
    const join = {
      groupId: 'pair',
      protocols: [{ name: 'range', metadata: { topics: ['topic'] } }],
      rebalanceTimeout: 5000,
    }
    const ids = await Promise.all([client.joinGroup(join), client.joinGroup(join)])
    const [one, two] = ids.map(({ memberId }) => memberId)
    const first = await client.joinGroup({ ...join, memberId: one! })
    expect(first.error).toBeNull()
    const arrived = new Promise<void>(resolve => {
      b.broker.control(JoinGroup, () => {
        resolve()
        return undefined
      })
    })
    const second = client.joinGroup({ ...join, memberId: two! })
    await arrived
    const again = client.joinGroup({ ...join, memberId: one! })
    const joined = await Promise.all([second, again])
    expect(joined.map(({ error }) => error)).toEqual([null, null])
    expect(joined[0]!.generationId).toBe(joined[1]!.generationId)
  })
})

test('a producer id that is not there yet is waited for', async () => {
  let early = 2
  b.broker.control(InitProducerId, () =>
    early-- > 0 ? { throttleTimeMs: 0, errorCode: ErrorCode.GroupLoadInProgress, producerEpoch: -1 } : undefined,
  )
  expect((await client.initProducerId({})).producer?.producerId).toBeGreaterThanOrEqual(0)
})

describe('to the controller', () => {
  test('a topic made is known to every broker before it is said to be made', async () => {
    let behind = 4
    b.broker.control(Metadata, async ({ topics }, { brokerId, apply }) => {
      const answer = (await apply()) as ResponseOf<typeof Metadata>
      if (brokerId === 3 && topics?.some(({ name }) => name === 'made') && behind-- > 0) {
        for (const topic of answer.topics)
          Object.assign(topic, { errorCode: ErrorCode.UnknownTopicOrPartition, partitions: [] })
      }
      return answer
    })
    await client.createTopics({ topics: [{ topic: 'made' }] })
    expect(behind).toBeLessThan(0)
    expect(b.cluster.peek('made')?.partitions.length).toBeGreaterThan(0)
  })

  test('one that is it no more is asked for, and the next one asked', async () => {
    let refused = 0
    b.broker.control(CreateTopics, ({ topics }) =>
      refused++ < 2
        ? { topics: topics.map(({ name }) => ({ name, errorCode: ErrorCode.NotController, errorMessage: null })) }
        : undefined,
    )
    expect((await client.createTopics({ topics: [{ topic: 'made' }] })).errors).toEqual({ made: null })
    expect(refused).toBe(3)
  })

  test('a topic whose creation was answered by nobody is not asked for twice', async () => {
    b.broker.loseAnswer(CreateTopics)
    await expect(client.createTopics({ topics: [{ topic: 'made' }] })).rejects.toThrow(ConnectionError)
    expect((await client.createTopics({ topics: [{ topic: 'made' }] })).errors['made']?.code).toBe(
      ErrorCode.TopicAlreadyExists,
    )
  })
})

describe('to the coordinators of many', () => {
  test('each is asked for its own groups, and one response made of the answers', async () => {
    const groups = ['a', 'b', 'c', 'd']
    for (const groupId of groups)
      await client.offsetCommit({ groupId, topics: { topic: [{ partition: 0, offset: 1 }] } })
    b.broker.moveCoordinator('group', 'a', 1)
    b.broker.moveCoordinator('group', 'b', 2)
    const response = await b.transport.roundTrip(b.broker.addresses, DescribeGroups, { groups })
    expect(response.groups.map(({ groupId, errorCode }) => [groupId, errorCode])).toEqual(groups.map(id => [id, 0]))
    expect((await b.transport.roundTrip(b.broker.addresses, DescribeGroups, { groups: [] })).groups).toEqual([])
    const deleted = await b.transport.roundTrip(b.broker.addresses, DeleteGroups, { groupsNames: ['a', 'missing'] })
    expect(deleted.results.map(({ groupId, errorCode }) => [groupId, errorCode])).toEqual([
      ['a', 0],
      ['missing', ErrorCode.GroupIdNotFound],
    ])
  })
})

describe('to the coordinators of many, in bulk', () => {
  const groups = Array.from({ length: 60 }, (_, n) => `group-${n}`)
  const described = async () =>
    (await b.transport.roundTrip(b.broker.addresses, DescribeGroups, { groups })).groups.map(
      ({ groupId, errorCode }) => [groupId, errorCode],
    )
  const notFound = groups.map(id => [id, ErrorCode.GroupIdNotFound])

  test('all are looked for in one request, and each coordinator is asked once', async () => {
    expect(await described()).toEqual(notFound)
    expect(countOf(b.events, FindCoordinator)).toBe(1)
    expect(countOf(b.events, DescribeGroups)).toBe(3)
  })

  test('by brokers that know one key at a time, each is looked for alone', async () => {
    await b.close()
    set({ versions: { FindCoordinator: 3 } })
    expect(await described()).toEqual(notFound)
    expect(countOf(b.events, FindCoordinator)).toBe(groups.length)
  })

  test('those that have moved are asked for again, and only those', async () => {
    await described()
    const { coordinator } = await client.findCoordinator({ key: groups[7]! })
    b.broker.moveCoordinator('group', groups[7]!, otherThan(coordinator!.nodeId))
    const asked: string[][] = []
    b.broker.control(DescribeGroups, ({ groups }) => void asked.push(groups))
    expect(await described()).toEqual(notFound)
    expect(asked.slice(3)).toEqual([[groups[7]]])
  })

  test('one whose coordinator nobody may know is an error of its own', async () => {
    b.broker.control(FindCoordinator, async (_, { apply }) => {
      const answer = (await apply()) as ResponseOf<typeof FindCoordinator>
      for (const each of answer.coordinators)
        if (each.key === groups[3]) each.errorCode = ErrorCode.GroupAuthorizationFailed
      return answer
    })
    const found = await described()
    expect(found[3]).toEqual([groups[3], ErrorCode.GroupAuthorizationFailed])
    expect(found.toSpliced(3, 1)).toEqual(notFound.toSpliced(3, 1))
  })
})

describe('to all', () => {
  test('every broker is asked, and one response made of the answers', async () => {
    for (const groupId of ['a', 'b', 'c', 'd'])
      await client.offsetCommit({ groupId, topics: { topic: [{ partition: 0, offset: 1 }] } })
    const { groups } = await b.transport.roundTrip(b.broker.addresses, ListGroups, {})
    expect(groups.map(({ groupId }) => groupId).sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(countOf(b.events, ListGroups)).toBe(3)
  })
})

describe('cancelling', () => {
  test.each([
    ['to leaders', ListOffsets, () => wanted],
    [
      'to a coordinator',
      OffsetCommit,
      () => ({
        groupId: 'g',
        topics: [{ name: 'topic', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
      }),
    ],
    [
      'of fetches',
      Fetch,
      () => ({
        maxWaitMs: 60_000,
        minBytes: 1,
        topics: [{ topic: 'topic', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }] }],
        forgottenTopicsData: [],
      }),
    ],
  ] as const)('%s rejects at once with the reason', async (_, api, request) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    b.broker.control(api, () => {
      queueMicrotask(() => controller.abort(reason))
      return 'hang'
    })
    await expect(
      b.transport.roundTrip(b.broker.addresses, api, request() as never, { signal: controller.signal }),
    ).rejects.toBe(reason)
  })
})
