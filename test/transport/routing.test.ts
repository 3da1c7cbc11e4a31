import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { AlterReplicaLogDirs } from '../../src/protocol/alter-replica-log-dirs.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { DescribeLogDirs } from '../../src/protocol/describe-log-dirs.ts'
import { DescribeProducers } from '../../src/protocol/describe-producers.ts'
import { DescribeShareGroupOffsets } from '../../src/protocol/describe-share-group-offsets.ts'
import { DescribeTransactions } from '../../src/protocol/describe-transactions.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { ReadShareGroupState } from '../../src/protocol/read-share-group-state.ts'
import { ShareAcknowledge } from '../../src/protocol/share-acknowledge.ts'
import { WriteTxnMarkers } from '../../src/protocol/write-txn-markers.ts'
import type { Cluster } from '../../src/transport/cluster.ts'
import { settingsOf } from '../../src/transport/config.ts'
import { Router } from '../../src/transport/router.ts'
import type { Row } from '../../src/transport/shape.ts'
import { type Bench, bench } from './support.ts'

describe('on the embedded cluster', () => {
  let b: Bench
  beforeEach(() => {
    b = bench()
  })
  afterEach(() => b.close())

  /** Which brokers were asked for what. */
  function asked<A extends AnyApi>(api: A, what: (request: Row) => unknown): [number, unknown][] {
    const seen: [number, unknown][] = []
    b.broker.control(api, (request, { brokerId }) => void seen.push([brokerId, what(request as Row)]))
    return seen
  }

  const resource = (resourceType: number, resourceName: string) => ({
    resourceType,
    resourceName,
    configurationKeys: null,
  })

  test("a broker's own settings are asked of that broker, and the results come in the order asked", async () => {
    const seen = asked(DescribeConfigs, ({ resources }) => resources.map(({ resourceName }: Row) => resourceName))
    const resources = [resource(4, '3'), resource(2, 'topic'), resource(4, '1'), resource(2, 'missing')]
    const { results } = await b.transport.roundTrip(b.broker.addresses, DescribeConfigs, { resources })
    expect(results.map(({ resourceName }) => resourceName)).toEqual(['3', 'topic', '1', 'missing'])
    expect(seen).toContainEqual([1, ['1']])
    expect(seen).toContainEqual([3, ['3']])
    expect(seen.map(([, names]) => names)).toContainEqual(['topic', 'missing'])
  })

  test("a broker's loggers are changed on that broker, topics' settings by the controller in one request", async () => {
    const seen = asked(IncrementalAlterConfigs, ({ resources }) =>
      resources.map(({ resourceName }: Row) => resourceName),
    )
    const change = (resourceType: number, resourceName: string) => ({ resourceType, resourceName, configs: [] })
    await b.transport.roundTrip(b.broker.addresses, IncrementalAlterConfigs, {
      resources: [change(8, '2'), change(2, 'topic'), change(4, '')],
      validateOnly: true,
    })
    expect(seen).toContainEqual([2, ['2']])
    expect(seen.map(([, names]) => names)).toContainEqual(['topic', ''])
  })

  test('producers are asked of the leaders of their partitions', async () => {
    const seen = asked(DescribeProducers, ({ topics }) => topics[0].partitionIndexes)
    const { topics } = await b.transport.roundTrip(b.broker.addresses, DescribeProducers, {
      topics: [{ name: 'topic', partitionIndexes: [2, 0, 1, 9] }],
    })
    expect(topics[0]!.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])).toEqual([
      [2, 0],
      [0, 0],
      [1, 0],
      [9, ErrorCode.UnknownTopicOrPartition],
    ])
    expect(new Set(seen.map(([broker]) => broker)).size).toBe(3)
  })

  test('several groups are asked of their coordinators, in one call', async () => {
    for (const [key, id] of Object.entries({ a: 1, b: 2, c: 3 })) b.broker.moveCoordinator('group', key, id)
    const groups = ['a', 'b', 'c'].map(groupId => ({ groupId, topics: null }))
    const response = await b.transport.roundTrip(b.broker.addresses, OffsetFetch, { groups })
    expect(response.groups.map(({ groupId, errorCode }) => [groupId, errorCode])).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ])
  })

  test('transactions are asked of their coordinators', async () => {
    const ids = ['a', 'b', 'c']
    for (const transactionalId of ids)
      await b.transport.roundTrip(b.broker.addresses, InitProducerId, { transactionalId, transactionTimeoutMs: 60_000 })
    const { transactionStates } = await b.transport.roundTrip(b.broker.addresses, DescribeTransactions, {
      transactionalIds: ids,
    })
    expect(transactionStates.map(({ transactionalId, errorCode }) => [transactionalId, errorCode])).toEqual(
      ids.map(id => [id, 0]),
    )
  })

  test('a broker that is named is the one asked, whatever the route', async () => {
    const seen = asked(ListGroups, () => 'groups')
    await b.transport.roundTrip(b.broker.addresses, ListGroups, {}, { brokerId: 2 })
    expect(seen).toEqual([[2, 'groups']])
  })
})

/** A router on a cluster of three that only notes what it is asked; `answer` says what each broker answers. */
function noting(answer: (broker: number, request: Row) => Row) {
  const seen: [number | string, Row][] = []
  const cluster = {
    patience: 1000,
    name: 'fake',
    controllerId: 1,
    topic: async () => ({ partitions: [1, 2, 3].map((leader, index) => ({ index, leader })) }),
    peek: () => undefined,
    nameOf: (id: string) => (id === 'known-id' ? 'topic' : undefined),
    coordinator: async (_kind: string, key: string) => 1 + (key.charCodeAt(key.length - 1) % 3),
    forgetCoordinator: () => {},
    denyCoordinator: () => {},
    learnLeader: () => false,
    refresh: async () => {},
    brokers: () => [1, 2, 3].map(id => ({ id })),
    connection: async (broker: number) => ({
      request: async (_api: AnyApi, request: Row) => {
        seen.push([broker, request])
        return answer(broker, request)
      },
    }),
  } as unknown as Cluster
  const settings = settingsOf(
    { backoff: { min: 1, max: 2 } },
    { adapter: { name: 'none', dial: () => Promise.reject() }, natives: {} },
  )
  const router = new Router(settings)
  return {
    seen,
    send: (api: AnyApi, request: Row, options = {}) => router.send(cluster, api, request, options) as Promise<Row>,
  }
}

test('acknowledgements of a share group go to the leaders, topics named by id alone', async () => {
  const { seen, send } = noting((_broker, { topics }) => ({
    responses: topics.map(({ topicId, partitions }: Row) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }: Row) => ({ partitionIndex, errorCode: 0 })),
    })),
  }))
  const partitions = [0, 1, 2].map(partitionIndex => ({ partitionIndex, acknowledgementBatches: [] }))
  const topics = [
    { topicId: 'known-id', partitions },
    { topicId: 'other-id', partitions: [partitions[0]] },
  ]
  const { responses } = await send(
    ShareAcknowledge,
    { groupId: 'g', memberId: 'm', shareSessionEpoch: 1, topics },
    { timeoutMs: 5 },
  )
  expect(seen.map(([broker, request]) => [broker, request['topics'][0].partitions[0].partitionIndex])).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
  ])
  expect(
    responses.map(({ topicId, partitions }: Row) => [topicId, partitions.map(({ errorCode }: Row) => errorCode)]),
  ).toEqual([
    ['known-id', [0, 0, 0]],
    ['other-id', [ErrorCode.UnknownTopicID]],
  ])
})

test("share partitions' state is asked of each one's coordinator", async () => {
  const { seen, send } = noting((_broker, { topics }) => ({
    results: topics.map(({ topicId, partitions }: Row) => ({
      topicId,
      partitions: partitions.map(({ partition }: Row) => ({ partition, errorCode: 0, startOffset: partition })),
    })),
  }))
  const partitions = [0, 1, 2].map(partition => ({ partition, leaderEpoch: 0 }))
  const { results } = await send(ReadShareGroupState, { groupId: 'g', topics: [{ topicId: 'id', partitions }] })
  expect(new Set(seen.map(([broker]) => broker)).size).toBe(3)
  expect(results).toMatchObject([
    { topicId: 'id', partitions: partitions.map(({ partition }) => ({ partition, startOffset: partition })) },
  ])
})

test('markers are split by the leaders of the partitions within their topics', async () => {
  const { seen, send } = noting((_broker, { markers }) => ({
    markers: markers.map(({ producerId, topics }: Row) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }: Row) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex: number) => ({ partitionIndex, errorCode: 0 })),
      })),
    })),
  }))
  const marker = (producerId: number, partitionIndexes: number[]) => ({
    producerId,
    producerEpoch: 0,
    transactionResult: false,
    coordinatorEpoch: 0,
    topics: [{ name: 'topic', partitionIndexes }],
  })
  const { markers } = await send(WriteTxnMarkers, { markers: [marker(7, [0, 1]), marker(8, [1])] })
  expect(
    seen.map(([broker, request]) => [broker, request['markers'].map(({ producerId }: Row) => producerId)]),
  ).toEqual([
    [1, [7]],
    [2, [7, 8]],
  ])
  expect(
    markers.map(({ producerId, topics }: Row) => [
      producerId,
      topics[0].partitions.map(({ partitionIndex }: Row) => partitionIndex),
    ]),
  ).toEqual([
    [7, [0, 1]],
    [8, [1]],
  ])
})

test('log directories are asked of every broker, and moved on the one that the caller names', async () => {
  const { seen, send } = noting(broker => ({ results: [{ logDir: `/${broker}` }] }))
  const { results } = await send(DescribeLogDirs, { topics: null })
  expect(results.map(({ logDir }: Row) => logDir)).toEqual(['/1', '/2', '/3'])
  await expect(send(AlterReplicaLogDirs, { dirs: [] })).rejects.toThrow(ConfigError)
  await send(AlterReplicaLogDirs, { dirs: [] }, { brokerId: 2 })
  expect(seen.at(-1)![0]).toBe(2)
})

test('share groups are asked of their coordinators, each for its own', async () => {
  const { seen, send } = noting((_broker, { groups }) => ({ groups }))
  const groups = ['a', 'b', 'c'].map(groupId => ({ groupId, topics: null }))
  const response = await send(DescribeShareGroupOffsets, { groups })
  expect(response['groups']).toEqual(groups)
  expect(seen.map(([broker]) => broker).sort()).toEqual([1, 2, 3])
})
