import type { HeaderInput, MessageInput } from '../../../src/records/message-input.ts'
import type { TopicLayout } from '../../../src/transport/layout.ts'
import type { BatchReceipt } from '../../../src/writer/config.ts'
import { partitionMetadata } from '../partition-metadata.ts'
import type { IHeaders } from '../types/common.ts'
import type { Message, PartitionerArgs, RecordMetadata, TopicMessages } from '../types/producer.ts'

/** A user's partitioner answered a partition that the topic does not have, as far as is known. */
export class NoSuchPartition {
  readonly topic: string
  readonly partition: unknown

  constructor(topic: string, partition: unknown) {
    this.topic = topic
    this.partition = partition
  }
}

/** The messages as a Writer takes them, added to `into`. Throws a NoSuchPartition. */
export function addInputs(
  { topic, messages }: TopicMessages,
  layout: TopicLayout,
  partitioner: (args: PartitionerArgs) => number,
  into: MessageInput[],
): void {
  const metadata = partitionMetadata(layout)
  for (const message of messages) {
    const partition = partitioner({ topic, partitionMetadata: metadata, message })
    if (!(partition >= 0 && partition < metadata.length && Number.isInteger(partition)))
      throw new NoSuchPartition(topic, partition)
    into.push(inputOf(topic, partition, message))
  }
}

function inputOf(topic: string, partition: number, message: Message): MessageInput {
  const { key, value, headers, timestamp } = message
  const input: MessageInput = { topic, partition, key: bytesOf(key), value: bytesOf(value) }
  if (headers !== undefined && headers !== null) input.headers = headerList(headers)
  // An empty text is none, as in kafkajs.
  if (timestamp) input.timestamp = Number(timestamp)
  return input
}

/** Throws a TypeError for what is neither text nor bytes, in Node's own words, as kafkajs does. */
function bytesOf(given: unknown): string | Uint8Array | null {
  if (typeof given === 'string') return given
  if (given === undefined || given === null) return null
  if (ArrayBuffer.isView(given)) return given as Uint8Array
  if (typeof Buffer === 'function') Buffer.byteLength(given as never)
  throw new TypeError('keys, values and headers are texts or bytes')
}

function headerList(headers: IHeaders): HeaderInput[] {
  const list: HeaderInput[] = []
  for (const key of Object.keys(headers)) {
    const value = headers[key]
    if (Array.isArray(value)) for (const each of value) list.push({ key, value: bytesOf(each) })
    else list.push({ key, value: bytesOf(value) })
  }
  return list
}

/** Where messages of one send lie behind each other. */
interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly logAppendTime: number
  readonly logStartOffset: number
}

/** Where the messages of one send went: one answer for each partition. */
export class Receipts {
  readonly #places: Place[] = []

  readonly add = (batch: BatchReceipt, from: number): void => {
    const { topic, partition, logStartOffset } = batch
    this.#places.push({
      topic,
      partition,
      offset: batch.offsetOf(from),
      logAppendTime: batch.timeOf(-1),
      logStartOffset,
    })
  }

  /** In the order of the topics given, and of their partitions. */
  list(topics: readonly TopicMessages[]): RecordMetadata[] {
    if (this.#places.length === 1) return [metadata(this.#places[0]!)]
    const order = new Map(topics.map(({ topic }, i) => [topic, i]))
    const isSame = (a: Place, b: Place | undefined): boolean => a.partition === b?.partition && a.topic === b.topic
    return this.#places
      .sort((a, b) => order.get(a.topic)! - order.get(b.topic)! || a.partition - b.partition || a.offset - b.offset)
      .filter((place, i, all) => !isSame(place, all[i - 1]))
      .map(metadata)
  }
}

function metadata({ topic, partition, offset, logAppendTime, logStartOffset }: Place): RecordMetadata {
  return {
    topicName: topic,
    partition,
    errorCode: 0,
    baseOffset: String(offset),
    logAppendTime: String(logAppendTime),
    logStartOffset: String(logStartOffset),
  }
}
