import { ConfigError } from '../base/errors.ts'
import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { ElectLeaders } from '../protocol/elect-leaders.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { Addressed, Caller } from './caller.ts'
import { ElectionType, type OrName } from './constants.ts'
import { errorAbout } from './error-about.ts'
import { numbersOf, partitionsByTopic } from './nested.ts'

/** One topic, as kafka-go has it, or several; neither: all partitions there are. */
export interface ElectLeadersRequest extends Addressed {
  /** The topic's name. */
  topic?: string
  /** Of that topic. */
  partitions?: readonly number[]
  /** Partitions by topic. */
  topics?: Readonly<Record<string, readonly number[]>>
  /** Default: preferred. Others need Kafka 2.4. */
  electionType?: OrName<typeof ElectionType>
  /** Milliseconds that the controller may work at it. Default 10,000, or half of the client's timeout. */
  timeout?: number
}

export const electLeadersSettings: SettingKinds<ElectLeadersRequest> = {
  addr: 'any',
  topic: 'string',
  partitions: 'list',
  topics: 'object',
  electionType: 'any',
  timeout: 'number',
}

/** What `electLeaders` of a Client answers. */
export interface ElectLeadersResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** ElectionNotNeeded for those that had that leader. Asked for all, a broker leaves these out. */
  partitionResults: ElectLeadersResponsePartitionResult[]
}

/** What came of one partition. */
export interface ElectLeadersResponsePartitionResult {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

const controllerTimeout = 10_000

export async function electLeaders(
  caller: Caller,
  request: ElectLeadersRequest,
  options: CallOptions,
): Promise<ElectLeadersResponse> {
  const { topic, partitions, timeout = caller.brokerTimeout(controllerTimeout) } = request
  const electionType = oneOf('electionType', request.electionType ?? ElectionType.Preferred, ElectionType)
  const asked = partitionsByTopic('a partition of electLeaders()', request.topics ?? {})
  // A topic forgotten must not become an election of all.
  if ((topic === undefined) !== (partitions === undefined))
    throw new ConfigError('electLeaders() needs topic and partitions together')
  if (topic !== undefined && partitions !== undefined)
    asked.push([topic, numbersOf('a partition of electLeaders()', partitions)])
  const all = topic === undefined && request.topics === undefined
  const wire = {
    electionType,
    topicPartitions: all ? null : asked.map(([topic, partitions]) => ({ topic, partitions })),
    timeoutMs: timeout,
  }
  const response = await caller.send(request, ElectLeaders, wire, { ...options, waits: timeout })
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('an election', response.errorCode),
    partitionResults: response.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(({ partitionId, errorCode, errorMessage }) => ({
        topic,
        partition: partitionId,
        error: errorAbout(`${topic}/${partitionId}`, errorCode, errorMessage),
      })),
    ),
  }
}
