import { KafkaJSNonRetriableError } from '../errors.ts'
import type { TopicPartitionOffset, TopicPartitionOffsetAndMetadata } from '../types/common.ts'
import type { ConsumerSubscribeTopic, ConsumerSubscribeTopics } from '../types/consumer.ts'
import type { PartitionCommit, TopicCommits } from './commits.ts'
import type { SomePartitions } from './pauses.ts'

/** What only a consumer that runs can do. */
export const notRunning = 'Consumer group was not initialized, consumer#run must be called first'

function refuse(message: string): never {
  throw new KafkaJSNonRetriableError(message)
}

/** The topics to subscribe to. Throws a KafkaJSNonRetriableError for what is none. */
export function subscriptionsOf(given: ConsumerSubscribeTopic | ConsumerSubscribeTopics): (string | RegExp)[] {
  const { topic, topics } = given as Partial<ConsumerSubscribeTopic & ConsumerSubscribeTopics>
  if (!topic && !topics) refuse('Missing required argument "topics"')
  if (topics != null && !Array.isArray(topics)) refuse('Argument "topics" must be an array')
  const list = (topics || [topic]) as unknown[]
  for (const each of list)
    if (typeof each !== 'string' && !(each instanceof RegExp))
      refuse(`Invalid topic ${each} (${typeof each}), the topic name has to be a String or a RegExp`)
  return list as (string | RegExp)[]
}

/** An offset as a number. It may be a text, a number, a bigint or an object that shows itself as one of those. */
function offsetOf(offset: unknown, least: number): number {
  const text = String(offset ?? '')
  if (!/^[+-]?\d+$/.test(text)) refuse(`Invalid offset, expected a long received ${offset}`)
  const number = Number(text)
  if (number < least) refuse('Offset must not be a negative number')
  if (!Number.isSafeInteger(number)) refuse(`Invalid offset, expected a long received ${offset}`)
  return number
}

function checkPlace({ topic, partition }: { readonly topic: string; readonly partition: number }): void {
  if (!topic) refuse(`Invalid topic ${topic}`)
  if (Number.isNaN(Number(partition ?? Number.NaN)))
    refuse(`Invalid partition, expected a number received ${partition}`)
}

/** What to commit, by topic. */
export function commitsOf(list: readonly TopicPartitionOffsetAndMetadata[]): TopicCommits[] {
  const topics = new Map<string, PartitionCommit[]>()
  for (const { topic, partition, offset, metadata = null } of list) {
    checkPlace({ topic, partition })
    const next = offsetOf(offset, 0)
    if (metadata !== null && typeof metadata !== 'string')
      refuse(`Invalid offset metadata, expected string or null, received ${metadata}`)
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push({ partition, offset: String(next), metadata })
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}

/** Where to seek: an offset, −1 for the end or −2 for the beginning. */
export function placeOf({ topic, partition, offset }: TopicPartitionOffset): number {
  checkPlace({ topic, partition })
  return offsetOf(offset, -2)
}

/** Partitions to pause or resume, as `action` says. */
export function checkPartitions(action: 'pause' | 'resume', list: readonly SomePartitions[]): void {
  for (const each of list) {
    const { topic, partitions } = (each ?? {}) as Partial<SomePartitions>
    if (!topic) refuse(`Invalid topic ${(each && topic) || each}`)
    const isList = Array.isArray(partitions) && !partitions.some(partition => Number.isNaN(Number(partition)))
    if (partitions !== undefined && !isList)
      refuse(`Array of valid partitions required to ${action} specific partitions instead of ${partitions}`)
  }
}
