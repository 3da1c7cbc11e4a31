import { ConfigError } from '../base/errors.ts'
import { oneOf, type SettingKinds, shown } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { IsolationLevel, type IsolationLevelName } from '../protocol/offsets.ts'
import type { Addressed, Caller } from './caller.ts'
import { firstOffsetOf, lastOffsetOf, listOffsets, type OffsetRequest, type PartitionOffsets } from './list-offsets.ts'
import { metadata } from './metadata.ts'
import { partitionsByTopic, textsOf } from './nested.ts'

/** Topics, with all their partitions, or partitions by topic. */
export type TopicSelection = readonly string[] | Readonly<Record<string, readonly number[]>>

/** What `topicOffsets` of a Client is asked. */
export interface TopicOffsetsRequest extends Addressed {
  /** Default: all topics that are not Kafka's own. */
  topics?: TopicSelection
  /** Read committed: the last offset is the last stable one. Default: read uncommitted. */
  isolationLevel?: IsolationLevel | IsolationLevelName
}

export const topicOffsetsSettings: SettingKinds<TopicOffsetsRequest> = {
  addr: 'any',
  topics: 'any',
  isolationLevel: 'any',
}

/** What `topicOffsets` of a Client answers. */
export interface TopicOffsetsResponse {
  /** By topic, in the order of partitions. */
  topics: Record<string, PartitionRange[]>
  /** Of topics that could not be asked about at all. */
  errors: Record<string, KafkaError>
}

/** What offsets a partition has. */
export interface PartitionRange {
  /** The number of the partition. */
  partition: number
  /** −1 upon an error, as the next. */
  firstOffset: number
  /** The offset after the last record. */
  lastOffset: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** The first and the last offsets of topics, as many as there are. */
export async function topicOffsets(
  caller: Caller,
  request: TopicOffsetsRequest,
  options: CallOptions,
): Promise<TopicOffsetsResponse> {
  const { partitions, errors } = await partitionsOf(caller, request, request.topics, options)
  const found = await offsetsOf(caller, request, partitions, both, options)
  const topics = [...found].map(([topic, rows]) => [
    topic,
    rows.map(({ partition, firstOffset, lastOffset, error }) => ({ partition, firstOffset, lastOffset, error })),
  ])
  return { topics: Object.fromEntries(topics), errors }
}

/** The partitions that a selection means, by topic. */
export async function partitionsOf(
  caller: Caller,
  to: Addressed,
  selected: TopicSelection | undefined,
  options: CallOptions,
): Promise<{ partitions: Map<string, readonly number[]>; errors: Record<string, KafkaError> }> {
  if (selected !== undefined && (typeof selected !== 'object' || selected === null))
    throw new ConfigError(`topics is a list of topics, or partitions by topic, not ${shown(selected)}`)
  if (selected !== undefined && !Array.isArray(selected)) {
    const given = selected as Readonly<Record<string, readonly number[]>>
    return { partitions: new Map(partitionsByTopic('a partition', given)), errors: {} }
  }
  const names = selected && { topics: textsOf('a topic', selected as readonly string[]) }
  const { topics } = await metadata(caller, { ...to, ...names }, options)
  const partitions = new Map<string, readonly number[]>()
  const errors: [string, KafkaError][] = []
  for (const { name, internal, error, partitions: its } of topics) {
    if (error !== null) errors.push([name, error])
    else if (names || !internal)
      partitions.set(
        name,
        its.map(({ id }) => id).sort((a, b) => a - b),
      )
  }
  return { partitions, errors: Object.fromEntries(errors) }
}

/** What is asked about each partition for its first and last offsets. */
export const both = (partition: number): OffsetRequest[] => [firstOffsetOf(partition), lastOffsetOf(partition)]

/** A request about more partitions would be too large for a broker, and its answer for us. */
const mostPartitions = 5000

/** Offsets of partitions, asked for a bounded number at a time; `what` is asked about each. */
export async function offsetsOf(
  caller: Caller,
  { addr, isolationLevel }: TopicOffsetsRequest,
  partitions: ReadonlyMap<string, readonly number[]>,
  what: (partition: number) => OffsetRequest[],
  options: CallOptions,
): Promise<Map<string, PartitionOffsets[]>> {
  const level = oneOf('isolationLevel', isolationLevel ?? IsolationLevel.ReadUncommitted, IsolationLevel)
  const all = [...partitions].flatMap(([topic, ids]) => ids.map(id => ({ topic, id })))
  const found = new Map<string, PartitionOffsets[]>([...partitions.keys()].map(topic => [topic, []]))
  for (let at = 0; at < all.length; at += mostPartitions) {
    const asked = new Map<string, OffsetRequest[]>()
    for (const { topic, id } of all.slice(at, at + mostPartitions)) {
      const requests = asked.get(topic)
      if (requests === undefined) asked.set(topic, what(id))
      else requests.push(...what(id))
    }
    const to = { ...(addr !== undefined && { addr }), topics: Object.fromEntries(asked), isolationLevel: level }
    const { topics } = await listOffsets(caller, to, options)
    for (const [topic, rows] of Object.entries(topics)) found.get(topic)!.push(...rows)
  }
  return found
}
