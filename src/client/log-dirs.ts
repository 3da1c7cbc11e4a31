import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { AlterReplicaLogDirs } from '../protocol/alter-replica-log-dirs.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { DescribeLogDirs } from '../protocol/describe-log-dirs.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { longestThrottle } from './batches.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf, numbersOf, partitionsByTopic } from './nested.ts'

/** Where brokers keep what they store (KIP-113). */
export interface LogDirCalls {
  /** The log directories of brokers, their size, and the replicas in them. */
  describeLogDirs(request?: DescribeLogDirsRequest, ...options: Options): Promise<DescribeLogDirsResponse>
  /** Moves replicas to other log directories of their brokers. */
  alterReplicaLogDirs(request: AlterReplicaLogDirsRequest, ...options: Options): Promise<AlterReplicaLogDirsResponse>
}

/** What `describeLogDirs` of a Client is asked. */
export interface DescribeLogDirsRequest extends Addressed {
  /** Default: all. */
  brokerIds?: readonly number[]
  /** Partitions by topic; all by default. */
  topics?: Readonly<Record<string, readonly number[]>>
}

const describeLogDirsFields: SettingKinds<DescribeLogDirsRequest> = { addr: 'any', brokerIds: 'list', topics: 'object' }

/** What `describeLogDirs` of a Client answers. */
export interface DescribeLogDirsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** What each broker says. */
  brokers: DescribeLogDirsBroker[]
}

/** A broker's log directories. */
export interface DescribeLogDirsBroker {
  /** The broker's id. */
  brokerId: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Its log directories. */
  logDirs: LogDir[]
}

/** A directory that a broker keeps partitions in. */
export interface LogDir {
  /** Where it is on the broker. */
  path: string
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Of its volume, in bytes; −1 when not known (before Kafka 3.3). */
  totalBytes: number
  /** Of its volume, in bytes; −1 when not known (before Kafka 3.3). */
  usableBytes: number
  /** Nothing new is put there (KIP-1066). */
  cordoned: boolean
  /** The replicas in it. */
  replicas: LogDirReplica[]
}

/** A replica in a log directory. */
export interface LogDirReplica {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** In bytes. */
  size: number
  /** Records that it lacks: of one that moves, to the present one; of others, to the high watermark. */
  offsetLag: number
  /** It is on its way here from another directory of the broker. */
  future: boolean
}

/** What `alterReplicaLogDirs` of a Client is asked. */
export interface AlterReplicaLogDirsRequest extends Addressed {
  /** The moves. */
  replicas: readonly ReplicaMove[]
}

/** A replica, and where it is to be. */
export interface ReplicaMove {
  /** The broker's id. */
  brokerId: number
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** Absolute, one of the broker's log directories. */
  path: string
}

const moveFields: SettingKinds<ReplicaMove> = {
  brokerId: 'number!',
  topic: 'string!',
  partition: 'number!',
  path: 'string!',
}

/** What `alterReplicaLogDirs` of a Client answers. */
export interface AlterReplicaLogDirsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** What came of each move. */
  results: ReplicaMoveResult[]
}

/** null: the move has begun. */
export interface ReplicaMoveResult {
  /** The broker's id. */
  brokerId: number
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

export const logDirCalls: CallsOf<LogDirCalls> = {
  describeLogDirs: { fields: describeLogDirsFields, run: describeLogDirs },
  alterReplicaLogDirs: { fields: { addr: 'any', replicas: 'list!' }, run: alterReplicaLogDirs },
}

async function describeLogDirs(
  caller: Caller,
  request: DescribeLogDirsRequest,
  options: CallOptions,
): Promise<DescribeLogDirsResponse> {
  const topics = request.topics
    ? partitionsByTopic('a partition of describeLogDirs()', request.topics).map(([topic, partitions]) => ({
        topic,
        partitions,
      }))
    : null
  const ids = request.brokerIds && numbersOf('a broker id', request.brokerIds)
  const answers = await caller.sendToEach(request, DescribeLogDirs, { topics }, options, ids)
  return {
    throttle: longestThrottle(answers.map(([, answer]) => answer)),
    brokers: answers.map(([brokerId, { errorCode, results }]) => ({
      brokerId,
      error: errorAbout(`broker ${brokerId}`, errorCode),
      logDirs: results.map(result => logDirOf(brokerId, result)),
    })),
  }
}

function logDirOf(brokerId: number, result: ResponseOf<typeof DescribeLogDirs>['results'][number]): LogDir {
  return {
    path: result.logDir,
    error: errorAbout(`broker ${brokerId}, ${result.logDir}`, result.errorCode),
    totalBytes: result.totalBytes,
    usableBytes: result.usableBytes,
    cordoned: result.isCordoned,
    replicas: result.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
        topic: name,
        partition: partitionIndex,
        size: partitionSize,
        offsetLag,
        future: isFutureKey,
      })),
    ),
  }
}

async function alterReplicaLogDirs(
  caller: Caller,
  request: AlterReplicaLogDirsRequest,
  options: CallOptions,
): Promise<AlterReplicaLogDirsResponse> {
  const moves = itemsOf('a replica of alterReplicaLogDirs()', request.replicas, moveFields)
  const answers = await Promise.all(
    [...groupedBy(moves, ({ brokerId }) => brokerId)].map(async ([brokerId, its]) => {
      const dirs = [...groupedBy(its, ({ path }) => path)].map(([path, there]) => ({
        path,
        topics: [...groupedBy(there, ({ topic }) => topic)].map(([name, of]) => ({
          name,
          partitions: of.map(({ partition }) => partition),
        })),
      }))
      return { brokerId, response: await caller.send(request, AlterReplicaLogDirs, { dirs }, { ...options, brokerId }) }
    }),
  )
  return {
    throttle: longestThrottle(answers.map(({ response }) => response)),
    results: answers.flatMap(({ brokerId, response }) =>
      response.results.flatMap(({ topicName: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode }) => ({
          brokerId,
          topic,
          partition,
          error: errorAbout(`broker ${brokerId}, ${topic}/${partition}`, errorCode),
        })),
      ),
    ),
  }
}

function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
