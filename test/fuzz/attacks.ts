import { gzipSync } from 'node:zlib'
import { crc32c } from '#crc32c'
import type { BrokerConfig } from '../../src/broker/config.ts'
import { defaultLimits } from '../../src/broker/limits.ts'
import { ByteReader, zeroUuid } from '../../src/bytes/reader.ts'
import { concat } from '../../src/bytes/writer.ts'
import { AddPartitionsToTxn } from '../../src/protocol/add-partitions-to-txn.ts'
import { AlterConfigs } from '../../src/protocol/alter-configs.ts'
import type { AnyApi, RequestInput } from '../../src/protocol/api.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DeleteGroups } from '../../src/protocol/delete-groups.ts'
import { DeleteRecords } from '../../src/protocol/delete-records.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { DescribeProducers } from '../../src/protocol/describe-producers.ts'
import { DescribeTopicPartitions } from '../../src/protocol/describe-topic-partitions.ts'
import { DescribeTransactions } from '../../src/protocol/describe-transactions.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { GetTelemetrySubscriptions } from '../../src/protocol/get-telemetry-subscriptions.ts'
import { readRequest, readRequestHeader, requestFrame } from '../../src/protocol/headers.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { ListConfigResources } from '../../src/protocol/list-config-resources.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { ListTransactions } from '../../src/protocol/list-transactions.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetDelete } from '../../src/protocol/offset-delete.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { OffsetForLeaderEpoch } from '../../src/protocol/offset-for-leader-epoch.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { apis } from '../../src/protocol/registry.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import { TxnOffsetCommit } from '../../src/protocol/txn-offset-commit.ts'
import { WriteTxnMarkers } from '../../src/protocol/write-txn-markers.ts'
import { batch } from '../broker/open.ts'

/** The largest request an attack sends, in bytes. */
export const mebibyte = 1024 * 1024

/** A broker that is to be attacked: how many topics, groups and transactional ids it has to begin with. */
export interface Ground {
  readonly topics?: number
  readonly partitions?: number
  readonly groups?: number
  readonly transactions?: number
  readonly config?: BrokerConfig
}

/** The nastiest request of at most 1 MiB that one thought of. */
export interface Attack {
  readonly name: string
  readonly ground?: Ground
  /** Requests sent before, whose answers are waited for, and the one that is measured last. */
  readonly frames: (fill: Fill) => Uint8Array[]
}

/** Makes a request as large as can be, of so many elements at most. */
export type Fill = <A extends AnyApi>(
  api: A,
  version: number,
  requestOf: (count: number) => RequestInput<A>,
  most?: number,
) => Uint8Array

/** As much as 1 MiB holds. */
export const tooMuch: Fill = (api, version, requestOf, most) => filled(api, version, requestOf, most)

/** As much as a request may name. */
export const asMuchAsMayBe: Fill = (api, version, requestOf, most) => {
  const whole = filled(api, version, requestOf, most)
  const [one, two] = [1, 2].map(count => elementsOf(frame(api, version, requestOf(count)))) as [number, number]
  const count = Math.floor((defaultLimits.requestElements - one) / (two - one))
  return elementsOf(whole) > defaultLimits.requestElements ? frame(api, version, requestOf(count)) : whole
}

function elementsOf(bytes: Uint8Array): number {
  const from = new ByteReader(bytes, 4)
  const { apiKey, apiVersion } = readRequestHeader(from)
  from.room = 1e9
  readRequest(apis.find(({ key }) => key === apiKey)!, apiVersion, from)
  return 1e9 - from.room
}

export function frame<A extends AnyApi>(api: A, version: number, request: RequestInput<A>): Uint8Array {
  return concat(requestFrame(api, version, 1, 'attacker', request))
}

/** As many elements as make a request of 1 MiB. */
function filled<A extends AnyApi>(
  api: A,
  version: number,
  requestOf: (count: number) => RequestInput<A>,
  most = Number.POSITIVE_INFINITY,
): Uint8Array {
  const probe = 2000
  const [one, some] = [1, probe + 1].map(count => frame(api, version, requestOf(count)).length) as [number, number]
  let count = Math.min(most, Math.floor((mebibyte - one) / ((some - one) / probe)))
  for (;;) {
    const bytes = frame(api, version, requestOf(count))
    if (bytes.length <= mebibyte) return bytes
    count = Math.floor(count * 0.95)
  }
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** Names as short as can be. */
export const short = (index: number): string => index.toString(36)
/** Ends of a producer's transaction in these partitions. */
const markers = (partitionIndexes: number[], producerId = 1n) => ({
  markers: [
    {
      producerId,
      producerEpoch: 0,
      transactionResult: false,
      topics: [{ name: topicName(0), partitionIndexes }],
      coordinatorEpoch: 0,
    },
  ],
})

export const topicName = (index: number): string => `t${index.toString(36)}`

/** A batch whose records are these bytes, compressed. */
export function packed(inner: Uint8Array, count: number): Uint8Array {
  const records = concat([batch().subarray(0, 61), gzipSync(inner)])
  const view = new DataView(records.buffer)
  view.setInt32(8, records.length - 12)
  view.setInt16(21, 1)
  view.setInt32(23, count - 1)
  view.setInt32(57, count)
  view.setUint32(17, crc32c(records, 21, records.length))
  return records
}

/** Records without key and value, seven bytes each until their number needs more, as many as fit. */
export function smallRecords(bytes: number): { inner: Uint8Array; count: number } {
  const inner = new Uint8Array(bytes)
  let at = 0
  let count = 0
  for (; at + 12 < bytes; count++) {
    const zigzag: number[] = []
    let left = count * 2
    for (; left > 0x7f; left >>>= 7) zigzag.push((left & 0x7f) | 0x80)
    zigzag.push(left)
    // Length, attributes, timestamp delta, offset delta, null key, null value, no headers.
    const record = [(5 + zigzag.length) << 1, 0, 0, ...zigzag, 1, 1, 0]
    inner.set(record, at)
    at += record.length
  }
  return { inner: inner.subarray(0, at), count }
}

/** One record whose value is so many zeros. */
export function largeRecord(bytes: number): Uint8Array {
  const varint = (value: number): number[] => {
    const digits: number[] = []
    let left = value * 2
    for (; left > 0x7f; left = Math.floor(left / 128)) digits.push((left & 0x7f) | 0x80)
    return [...digits, left]
  }
  const front = [0, 0, 0, 1, ...varint(bytes)]
  const head = [...varint(front.length + bytes + 1), ...front]
  const record = new Uint8Array(head.length + bytes + 1)
  record.set(head)
  return record
}

const join = (protocols: readonly { name: string; metadata: Uint8Array }[], groupId = 'g', memberId = '') => ({
  groupId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  memberId,
  protocolType: 'consumer',
  protocols,
})
const none = new Uint8Array(0)
const at = (partitionIndex: number) => ({ partitionIndex, committedOffset: 1, committedMetadata: null })
/** One record of 60 MiB, a thousandth of that when compressed. */
const bomb = (): Uint8Array => packed(largeRecord(60 * mebibyte), 1)
const smallBomb = (): Uint8Array => {
  const { inner, count } = smallRecords(6 * mebibyte)
  return packed(inner, count)
}
const produce = (partitionData: readonly { index: number; records: Uint8Array }[]) =>
  frame(Produce, 9, { acks: -1, timeoutMs: 1000, topicData: [{ name: topicName(0), partitionData }] })

const many: Ground = { topics: 9_000 }
const wide: Ground = { topics: 1, partitions: 9_000 }

export const attacks: readonly Attack[] = [
  {
    name: 'Metadata of topics there are not',
    frames: fill => [
      fill(Metadata, 9, n => ({ topics: times(n, i => ({ name: short(i) })), allowAutoTopicCreation: false })),
    ],
  },
  {
    name: 'Metadata of topics by ids there are not',
    frames: fill => [
      fill(Metadata, 12, n => ({
        topics: times(n, i => ({ name: null, topicId: `${i.toString().padStart(21, 'A')}A` })),
      })),
    ],
  },
  {
    name: 'Metadata that creates topics',
    frames: fill => [
      fill(Metadata, 9, n => ({ topics: times(n, i => ({ name: short(i) })), allowAutoTopicCreation: true })),
    ],
  },
  { name: 'Metadata of all of 9,000 topics', ground: many, frames: () => [frame(Metadata, 12, { topics: null })] },
  {
    name: 'Metadata of a topic of 9,000 partitions',
    ground: wide,
    frames: () => [frame(Metadata, 12, { topics: null })],
  },
  {
    name: 'Metadata of one topic, again and again',
    ground: { topics: 1 },
    frames: fill => [fill(Metadata, 1, n => ({ topics: times(n, () => ({ name: topicName(0) })) }))],
  },
  {
    name: 'CreateTopics of many topics',
    frames: fill => [
      fill(CreateTopics, 5, n => ({
        topics: times(n, i => ({
          name: short(i),
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: [],
        })),
      })),
    ],
  },
  {
    name: 'CreateTopics of one topic of 10,000 partitions',
    frames: () => [
      frame(CreateTopics, 5, {
        topics: [{ name: 'a', numPartitions: 10_000, replicationFactor: 1, assignments: [], configs: [] }],
      }),
    ],
  },
  {
    name: 'CreateTopics with configs, valid ones again and again',
    frames: fill => [
      fill(CreateTopics, 5, n => ({
        topics: [
          {
            name: 'a',
            numPartitions: 1,
            replicationFactor: 1,
            assignments: [],
            configs: times(n, () => ({ name: 'flush.ms', value: '1' })),
          },
        ],
      })),
    ],
  },
  {
    name: 'CreateTopics with a list as long as can be',
    frames: () => [
      frame(CreateTopics, 5, {
        topics: times(30, i => ({
          name: short(i),
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: [{ name: 'cleanup.policy', value: 'delete,'.repeat(4_600) }],
        })),
      }),
    ],
  },
  {
    name: 'CreateTopics with assignments to a broker again and again',
    frames: fill => [
      fill(CreateTopics, 5, n => ({
        topics: [
          {
            name: 'a',
            numPartitions: -1,
            replicationFactor: -1,
            assignments: [{ partitionIndex: 0, brokerIds: times(n, () => 1) }],
            configs: [],
          },
        ],
      })),
    ],
  },
  {
    name: 'CreateTopics with assignments of many partitions',
    frames: fill => [
      fill(CreateTopics, 5, n => ({
        topics: [
          {
            name: 'a',
            numPartitions: -1,
            replicationFactor: -1,
            assignments: times(n, partitionIndex => ({ partitionIndex, brokerIds: [1] })),
            configs: [],
          },
        ],
      })),
    ],
  },
  {
    name: 'CreatePartitions of many topics',
    ground: many,
    frames: fill => [
      fill(CreatePartitions, 2, n => ({
        topics: times(n, i => ({ name: topicName(i), count: 2, assignments: null })),
        timeoutMs: 1000,
        validateOnly: false,
      })),
    ],
  },
  {
    name: 'CreatePartitions of 10,000 partitions',
    ground: { topics: 1 },
    frames: () => [
      frame(CreatePartitions, 2, {
        topics: [{ name: topicName(0), count: 10_001, assignments: null }],
        timeoutMs: 1000,
        validateOnly: false,
      }),
    ],
  },
  {
    name: 'DeleteTopics of many topics, beside 3,000 groups',
    ground: { topics: 9_000, groups: 3_000 },
    frames: fill => [fill(DeleteTopics, 4, n => ({ topicNames: times(n, topicName), topics: [], timeoutMs: 1000 }))],
  },
  {
    name: 'DeleteRecords of many partitions',
    ground: wide,
    frames: fill => [
      fill(DeleteRecords, 2, n => ({
        topics: [{ name: topicName(0), partitions: times(n, partitionIndex => ({ partitionIndex, offset: -1 })) }],
        timeoutMs: 1000,
      })),
    ],
  },
  {
    name: 'ListOffsets of many partitions',
    ground: wide,
    frames: fill => [
      fill(ListOffsets, 6, n => ({
        replicaId: -1,
        topics: [{ name: topicName(0), partitions: times(n, partitionIndex => ({ partitionIndex, timestamp: -1 })) }],
      })),
    ],
  },
  {
    name: 'ListOffsets of topics there are not',
    frames: fill => [
      fill(ListOffsets, 6, n => ({ replicaId: -1, topics: times(n, i => ({ name: short(i), partitions: [] })) })),
    ],
  },
  {
    name: 'ListOffsets by time, of one partition that holds a bomb again and again',
    ground: wide,
    frames: fill => [
      produce([{ index: 0, records: bomb() }]),
      fill(ListOffsets, 6, n => ({
        replicaId: -1,
        topics: [{ name: topicName(0), partitions: times(n, () => ({ partitionIndex: 0, timestamp: -3 })) }],
      })),
    ],
  },
  {
    name: 'ListOffsets by time, of 20 partitions that hold bombs',
    ground: wide,
    frames: () => [
      ...times(20, index => produce([{ index, records: bomb() }])),
      frame(ListOffsets, 6, {
        replicaId: -1,
        topics: [
          {
            name: topicName(0),
            partitions: times(20, partitionIndex => ({ partitionIndex, timestamp: 1_700_000_000_000 })),
          },
        ],
      }),
    ],
  },
  {
    name: 'Produce of a bomb of small records',
    ground: { topics: 1 },
    frames: () => [produce([{ index: 0, records: smallBomb() }])],
  },
  {
    name: 'Produce of a bomb of zeros',
    ground: { topics: 1 },
    frames: () => [produce([{ index: 0, records: packed(new Uint8Array(500 * mebibyte), 1) }])],
  },
  {
    name: 'Produce of bombs to as many partitions as fit',
    ground: wide,
    frames: () => {
      const records = bomb()
      return [produce(times(Math.floor((mebibyte - 100) / (records.length + 12)), index => ({ index, records })))]
    },
  },
  {
    name: 'Produce of small batches to many partitions',
    ground: wide,
    frames: () => {
      const records = batch()
      return [produce(times(Math.floor((mebibyte - 100) / (records.length + 10)), index => ({ index, records })))]
    },
  },
  {
    name: 'Produce of nothing to one partition, again and again',
    ground: wide,
    frames: fill => [
      fill(Produce, 9, n => ({
        acks: -1,
        timeoutMs: 1000,
        topicData: [{ name: topicName(0), partitionData: times(n, () => ({ index: 0, records: null })) }],
      })),
    ],
  },
  {
    name: 'Produce of one batch of small records',
    ground: { topics: 1 },
    frames: () => {
      const { inner, count } = smallRecords(900_000)
      const records = concat([batch().subarray(0, 61), inner])
      const view = new DataView(records.buffer)
      view.setInt32(8, records.length - 12)
      view.setInt32(23, count - 1)
      view.setInt32(57, count)
      view.setUint32(17, crc32c(records, 21, records.length))
      return [produce([{ index: 0, records }])]
    },
  },
  {
    name: 'Fetch of many partitions, with a session',
    ground: wide,
    frames: fill => [
      fill(Fetch, 12, n => ({
        maxWaitMs: 0,
        minBytes: 0,
        sessionEpoch: 0,
        topics: [
          {
            topic: topicName(0),
            partitions: times(n, partition => ({ partition, fetchOffset: 0, partitionMaxBytes: 1000 })),
          },
        ],
      })),
    ],
  },
  {
    name: 'Fetch of topics there are not, that waits',
    frames: fill => [
      fill(Fetch, 12, n => ({
        maxWaitMs: 100,
        minBytes: 1,
        topics: times(n, i => ({ topic: short(i), partitions: [] })),
      })),
    ],
  },
  {
    name: 'Fetch that waits for many partitions',
    ground: wide,
    frames: () => [
      frame(Fetch, 12, {
        maxWaitMs: 100,
        minBytes: 1,
        topics: [
          {
            topic: topicName(0),
            partitions: times(9_000, partition => ({ partition, fetchOffset: 0, partitionMaxBytes: 1000 })),
          },
        ],
      }),
    ],
  },
  {
    name: 'OffsetForLeaderEpoch of one partition, again and again',
    ground: { topics: 1 },
    frames: fill => [
      fill(OffsetForLeaderEpoch, 4, n => ({
        topics: [{ topic: topicName(0), partitions: times(n, () => ({ partition: 0, leaderEpoch: 0 })) }],
      })),
    ],
  },
  {
    name: 'JoinGroup with many protocols',
    frames: fill => [fill(JoinGroup, 3, n => join(times(n, i => ({ name: short(i), metadata: none }))))],
  },
  {
    name: 'JoinGroup with many protocols, where a member has as many others',
    frames: fill => [
      fill(JoinGroup, 3, n => join(times(n, i => ({ name: short(i), metadata: none })))),
      fill(JoinGroup, 3, n => join(times(n, i => ({ name: `-${short(i)}`, metadata: none })))),
    ],
  },
  {
    name: 'JoinGroup with the same protocol again and again',
    frames: fill => [fill(JoinGroup, 3, n => join(times(n, () => ({ name: '', metadata: none }))))],
  },
  {
    name: 'JoinGroup of 1 MiB',
    frames: () => [frame(JoinGroup, 3, join([{ name: 'a', metadata: new Uint8Array(mebibyte - 100) }]))],
  },
  {
    name: 'SyncGroup with many assignments',
    frames: fill => [
      fill(SyncGroup, 4, n => ({
        groupId: 'g',
        generationId: 1,
        memberId: 'm',
        assignments: times(n, i => ({ memberId: short(i), assignment: none })),
      })),
    ],
  },
  {
    name: 'LeaveGroup of many members',
    ground: { groups: 1 },
    frames: fill => [
      fill(LeaveGroup, 4, n => ({
        groupId: 'g0',
        members: times(n, i => ({ memberId: short(i), groupInstanceId: null })),
      })),
    ],
  },
  {
    name: 'OffsetCommit of many partitions',
    ground: wide,
    frames: fill => [
      fill(OffsetCommit, 8, n => ({
        groupId: 'g',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [{ name: topicName(0), partitions: times(n, at) }],
      })),
    ],
  },
  {
    name: 'OffsetCommit of one partition again and again',
    ground: { topics: 1 },
    frames: fill => [
      fill(OffsetCommit, 8, n => ({
        groupId: 'g',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: times(n, () => ({ name: topicName(0), partitions: [at(0)] })),
      })),
    ],
  },
  {
    name: 'OffsetFetch of all of a large group, again and again',
    ground: wide,
    frames: () => [
      frame(OffsetCommit, 8, {
        groupId: 'g',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [{ name: topicName(0), partitions: times(9_000, at) }],
      }),
      // More would be the end of a broker without bounds, and of the test with it.
      frame(OffsetFetch, 8, { topics: null, groups: times(100, () => ({ groupId: 'g', topics: null })) }),
    ],
  },
  {
    name: 'OffsetFetch of many groups',
    frames: fill => [
      fill(OffsetFetch, 8, n => ({ topics: null, groups: times(n, i => ({ groupId: short(i), topics: null })) })),
    ],
  },
  {
    name: 'OffsetFetch of many partitions',
    frames: fill => [
      fill(OffsetFetch, 8, n => ({
        topics: null,
        groups: [{ groupId: 'g', topics: [{ name: 't0', partitionIndexes: times(n, i => i) }] }],
      })),
    ],
  },
  {
    name: 'OffsetDelete of many partitions',
    ground: { topics: 1, partitions: 9_000, groups: 1 },
    frames: fill => [
      fill(OffsetDelete, 0, n => ({
        groupId: 'g0',
        topics: [{ name: topicName(0), partitions: times(n, partitionIndex => ({ partitionIndex })) }],
      })),
    ],
  },
  {
    name: 'FindCoordinator of many keys',
    frames: fill => [fill(FindCoordinator, 4, n => ({ keyType: 0, coordinatorKeys: times(n, short) }))],
  },
  {
    name: 'DescribeGroups of many groups',
    frames: fill => [fill(DescribeGroups, 5, n => ({ groups: times(n, short) }))],
  },
  {
    name: 'DescribeGroups without names',
    frames: fill => [fill(DescribeGroups, 5, n => ({ groups: times(n, () => '') }))],
  },
  {
    name: 'DescribeGroups of a group of 1 MiB, again and again',
    frames: () => [
      frame(JoinGroup, 3, join([{ name: 'a', metadata: new Uint8Array(mebibyte - 100) }])),
      frame(DescribeGroups, 5, { groups: times(1000, () => 'g') }),
    ],
  },
  {
    name: 'ListGroups of 9,000 groups with many filters',
    ground: { topics: 1, groups: 9_000 },
    frames: fill => [fill(ListGroups, 5, n => ({ statesFilter: times(n, short), typesFilter: [] }))],
  },
  {
    name: 'DeleteGroups of many groups',
    frames: fill => [fill(DeleteGroups, 2, n => ({ groupsNames: times(n, short) }))],
  },
  {
    name: 'DescribeConfigs of a topic again and again',
    ground: { topics: 1 },
    frames: fill => [
      fill(DescribeConfigs, 4, n => ({
        resources: times(n, () => ({ resourceType: 2, resourceName: topicName(0), configurationKeys: null })),
        includeSynonyms: true,
      })),
    ],
  },
  {
    name: 'DescribeConfigs with many keys',
    ground: { topics: 1 },
    frames: fill => [
      fill(DescribeConfigs, 4, n => ({
        resources: [{ resourceType: 2, resourceName: topicName(0), configurationKeys: times(n, short) }],
      })),
    ],
  },
  {
    name: 'AlterConfigs of topics there are not',
    frames: fill => [
      fill(AlterConfigs, 2, n => ({
        resources: times(n, i => ({ resourceType: 2, resourceName: short(i), configs: [] })),
        validateOnly: false,
      })),
    ],
  },
  {
    name: 'AlterConfigs of 9,000 topics',
    ground: many,
    frames: fill => [
      fill(
        AlterConfigs,
        2,
        n => ({
          resources: times(n, i => ({
            resourceType: 2,
            resourceName: topicName(i),
            configs: [{ name: 'unclean.leader.election.enable', value: 'true' }],
          })),
          validateOnly: false,
        }),
        9_000,
      ),
    ],
  },
  {
    name: 'IncrementalAlterConfigs that appends long lists',
    ground: { topics: 1 },
    frames: () => [
      frame(IncrementalAlterConfigs, 1, {
        resources: [
          {
            resourceType: 2,
            resourceName: topicName(0),
            configs: ['leader', 'follower'].map(which => ({
              name: `${which}.replication.throttled.replicas`,
              configOperation: 2,
              value: times(6_000, i => `${short(i)}x`).join(','),
            })),
          },
        ],
        validateOnly: false,
      }),
      frame(IncrementalAlterConfigs, 1, {
        resources: [
          {
            resourceType: 2,
            resourceName: topicName(0),
            configs: ['leader', 'follower'].map(which => ({
              name: `${which}.replication.throttled.replicas`,
              configOperation: 2,
              value: times(6_000, i => `${short(i)}y`).join(','),
            })),
          },
        ],
        validateOnly: false,
      }),
    ],
  },
  {
    name: 'IncrementalAlterConfigs of many groups',
    frames: fill => [
      fill(IncrementalAlterConfigs, 1, n => ({
        resources: times(n, i => ({
          resourceType: 32,
          resourceName: short(i),
          configs: [{ name: 'consumer.session.timeout.ms', configOperation: 0, value: '50000' }],
        })),
        validateOnly: false,
      })),
      frame(ListConfigResources, 1, { resourceTypes: times(10_000, () => 32) }),
    ],
  },
  {
    name: 'IncrementalAlterConfigs of subscriptions whose patterns are long',
    frames: () =>
      [900, 1].map(count =>
        frame(IncrementalAlterConfigs, 1, {
          resources: times(60, i => ({
            resourceType: 16,
            resourceName: short(i),
            configs: [
              { name: 'match', configOperation: 0, value: times(count, () => 'client_id=(a{90}){100}').join(',') },
            ],
          })),
          validateOnly: false,
        }),
      ),
  },
  {
    name: 'GetTelemetrySubscriptions where many patterns are for the client',
    frames: () => [
      frame(ApiVersions, 3, { clientSoftwareName: 'a'.repeat(255), clientSoftwareVersion: '1' }),
      frame(IncrementalAlterConfigs, 1, {
        resources: times(15, i => ({
          resourceType: 16,
          resourceName: short(i),
          configs: [
            {
              name: 'match',
              configOperation: 0,
              value: times(20, () => `client_software_name=${'a*'.repeat(390)}`).join(','),
            },
          ],
        })),
        validateOnly: false,
      }),
      frame(GetTelemetrySubscriptions, 0, { clientInstanceId: zeroUuid }),
    ],
  },
  {
    name: 'IncrementalAlterConfigs that all of 9,000 topics follow',
    ground: many,
    frames: () => [
      frame(IncrementalAlterConfigs, 1, {
        resources: [
          {
            resourceType: 4,
            resourceName: '',
            configs: [{ name: 'unclean.leader.election.enable', configOperation: 0, value: 'true' }],
          },
        ],
        validateOnly: false,
      }),
      frame(ListConfigResources, 1, {}),
    ],
  },
  {
    name: 'InitProducerId with a name as long as can be',
    frames: () => [
      frame(InitProducerId, 4, { transactionalId: 'x'.repeat(mebibyte - 100), transactionTimeoutMs: 1000 }),
    ],
  },
  {
    name: 'AddPartitionsToTxn of many partitions',
    ground: { topics: 1, partitions: 9_000, transactions: 1 },
    frames: fill => [
      fill(AddPartitionsToTxn, 3, n => ({
        v3AndBelowTransactionalId: 'x0',
        v3AndBelowProducerId: 1n,
        v3AndBelowProducerEpoch: 0,
        v3AndBelowTopics: [{ name: topicName(0), partitions: times(n, i => i % 9_000) }],
      })),
    ],
  },
  {
    name: 'TxnOffsetCommit of many partitions',
    ground: { topics: 1, partitions: 9_000, transactions: 1 },
    frames: fill => [
      fill(TxnOffsetCommit, 3, n => ({
        transactionalId: 'x0',
        groupId: 'g',
        producerId: 1n,
        producerEpoch: 0,
        topics: [{ name: topicName(0), partitions: times(n, at) }],
      })),
    ],
  },
  {
    name: 'WriteTxnMarkers to one partition, again and again',
    ground: { topics: 1 },
    frames: fill => [fill(WriteTxnMarkers, 1, n => markers(times(n, () => 0)))],
  },
  {
    name: 'WriteTxnMarkers to many partitions',
    ground: { topics: 1, partitions: 9_000 },
    frames: fill => [fill(WriteTxnMarkers, 1, n => markers(times(n, i => i % 9_000)))],
  },
  {
    name: 'WriteTxnMarkers of many producers',
    ground: { topics: 1 },
    frames: fill => [fill(WriteTxnMarkers, 1, n => ({ markers: times(n, i => markers([0], BigInt(i)).markers[0]!) }))],
  },
  {
    name: 'DescribeTransactions of many ids',
    frames: fill => [fill(DescribeTransactions, 0, n => ({ transactionalIds: times(n, short) }))],
  },
  {
    name: 'DescribeTransactions of one over 9,000 partitions, again and again',
    ground: { topics: 1, partitions: 9_000, transactions: 1 },
    frames: () => [
      frame(AddPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: 'x0',
        v3AndBelowProducerId: 1n,
        v3AndBelowProducerEpoch: 0,
        v3AndBelowTopics: [{ name: topicName(0), partitions: times(9_000, i => i) }],
      }),
      frame(DescribeTransactions, 0, { transactionalIds: times(100, () => 'x0') }),
    ],
  },
  {
    name: 'ListTransactions of 3,000 with many filters',
    ground: { transactions: 3_000 },
    frames: fill => [
      fill(ListTransactions, 2, n => ({ stateFilters: [], producerIdFilters: times(n, i => BigInt(-i - 9)) })),
    ],
  },
  {
    name: 'ListTransactions with a pattern that tries everything',
    ground: { transactions: 3_000 },
    frames: () => [
      frame(InitProducerId, 4, { transactionalId: 'x'.repeat(24), transactionTimeoutMs: 1000 }),
      frame(ListTransactions, 2, { stateFilters: [], producerIdFilters: [], transactionalIdPattern: '(x+x+)+y' }),
    ],
  },
  {
    name: 'DescribeProducers of one partition again and again',
    ground: { topics: 1 },
    frames: fill => [
      fill(DescribeProducers, 0, n => ({ topics: [{ name: topicName(0), partitionIndexes: times(n, () => 0) }] })),
    ],
  },
  {
    name: 'DescribeTopicPartitions of all of 9,000 topics',
    ground: many,
    frames: () => [frame(DescribeTopicPartitions, 0, { topics: [] })],
  },
  {
    name: 'DescribeTopicPartitions of topics there are not',
    frames: fill => [fill(DescribeTopicPartitions, 0, n => ({ topics: times(n, i => ({ name: short(i) })) }))],
  },
  {
    name: 'ApiVersions of a client with a long name',
    frames: () => [
      frame(ApiVersions, 3, { clientSoftwareName: `${'a-'.repeat(500_000)}!`, clientSoftwareVersion: '1' }),
    ],
  },
]
