import type { MessageInput } from '../../../src/records/message-input.ts'
import type { Cluster } from '../../../src/transport/cluster.ts'
import type { TopicLayout } from '../../../src/transport/layout.ts'
import type { Writer } from '../../../src/writer/writer.ts'
import {
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSRequestTimeoutError,
} from '../errors.ts'
import { protocolError } from '../protocol-errors.ts'
import { isRetriable, type RetrySettings, waitsOf } from '../retry.ts'
import { kafkaJSError } from '../translate.ts'
import type { Logger } from '../types/common.ts'
import type {
  PartitionerArgs,
  ProducerBatch,
  ProducerRecord,
  RecordMetadata,
  TopicMessages,
} from '../types/producer.ts'
import { Compressors } from './compressors.ts'
import type { Opened } from './opened.ts'
import { addInputs, NoSuchPartition, Receipts } from './records.ts'
import type { Manner } from './writers.ts'

/** What a send needs of its producer. */
export interface DeliveryHost {
  readonly logger: Logger
  readonly idempotent: boolean
  readonly retry: RetrySettings
  readonly allowAutoTopicCreation: boolean
  /** A broker did not tell of topics in time. */
  metadataTimedOut(broker: string): void
  readonly partitioner: (args: PartitionerArgs) => number
  /** Throws while the producer is not connected. */
  opened(): Opened
  /** A transaction's. Default: the producer's own for the manner. */
  readonly writer?: Writer
}

const invalidRequiredAcks = 21

/** What a call may choose. */
type Wishes = Manner & { readonly compression: number }

/** `send` and `sendBatch`, of a producer or a transaction. */
export class Delivery {
  readonly #host: DeliveryHost
  readonly #compressors: Compressors

  constructor(host: DeliveryHost) {
    this.#host = host
    this.#compressors = new Compressors(host.retry, host.logger)
  }

  send(record: ProducerRecord): Promise<RecordMetadata[]> {
    const { topic, messages, ...manner } = record ?? {}
    return this.#deliver([{ topic, messages }], manner)
  }

  sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]> {
    const { topicMessages = [], ...manner } = batch ?? {}
    return this.#deliver(topicMessages, manner)
  }

  #deliver(
    topicMessages: readonly TopicMessages[],
    { acks = -1, timeout = 30_000, compression = 0 }: Partial<Wishes>,
  ): Promise<RecordMetadata[]> {
    try {
      this.#check(acks, topicMessages)
      const opened = this.#host.opened()
      if (acks !== -1 && acks !== 0 && acks !== 1) throw this.#told(protocolError(invalidRequiredAcks))
      const topics = merged(topicMessages)
      const wishes = { acks, compression, timeout }
      // No turn is lost where all is known.
      if (topics.every(({ topic }) => opened.cluster.peek(topic) !== undefined))
        return this.#write(topics, opened, wishes)
      return opened.during(this.#lookUp(topics, opened.cluster).then(() => this.#write(topics, opened, wishes)))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #check(acks: number, topicMessages: readonly TopicMessages[]): void {
    if (topicMessages.some(({ topic }) => !topic)) throw new KafkaJSNonRetriableError('Invalid topic')
    if (this.#host.idempotent && acks !== -1)
      throw new KafkaJSNonRetriableError(
        "Not requiring ack for all messages invalidates the idempotent producer's EoS guarantees",
      )
    for (const { topic, messages } of topicMessages) {
      if (!messages) throw new KafkaJSNonRetriableError(`Invalid messages array [${messages}] for topic "${topic}"`)
      for (const message of messages)
        if (message.value === undefined)
          throw new KafkaJSNonRetriableError(
            `Invalid message without value for topic "${topic}": ${JSON.stringify(message)}`,
          )
    }
  }

  /** Learns of topics not known yet, which the brokers may create. */
  async #lookUp(topics: readonly TopicMessages[], cluster: Cluster): Promise<void> {
    const { allowAutoTopicCreation: create, retry } = this.#host
    const timeoutMs = Math.max(cluster.patience, waitsOf(retry))
    try {
      await Promise.all(
        topics.map(async ({ topic }) => {
          const { error } = await cluster.topic(topic, { create, timeoutMs })
          if (error !== null) throw error
        }),
      )
    } catch (thrown) {
      const error = kafkaJSError(thrown)
      if (error instanceof KafkaJSRequestTimeoutError) this.#host.metadataTimedOut(error.broker)
      throw isRetriable(error) ? this.#exhausted(error) : new KafkaJSNonRetriableError(error, { cause: error })
    }
  }

  #write(topics: readonly TopicMessages[], opened: Opened, wishes: Wishes, again = false): Promise<RecordMetadata[]> {
    const { cluster, writers } = opened
    const inputs: MessageInput[] = []
    try {
      for (const each of topics)
        addInputs(each, cluster.peek(each.topic) as TopicLayout, this.#host.partitioner, inputs)
    } catch (error) {
      if (!(error instanceof NoSuchPartition)) throw this.#told(error as Error)
      const { topic, partition } = error
      // The topic may have grown since it was asked for.
      if (!again)
        return opened.during(
          cluster.refresh([topic]).then(() => this.#write(topics, opened, wishes, true), this.#failed),
        )
      throw this.#told(new KafkaJSNonRetriableError(`Topic "${topic}" has no partition ${partition}`))
    }
    if (inputs.length === 0) return Promise.resolve([])
    const receipts = new Receipts()
    const writer = this.#host.writer ?? writers.for(wishes)
    const compression = this.#compressors.for(wishes.compression)
    const writing = writer.writeMessages(inputs, { onWritten: receipts.add, compression })
    return writing.then(() => (wishes.acks === 0 ? [] : receipts.list(topics)), this.#failed)
  }

  readonly #failed = (thrown: unknown): never => {
    const error = kafkaJSError(thrown)
    // What says nothing of being tried again is a codec's own.
    if (!isRetriable(error) || !(error instanceof KafkaJSError)) throw this.#told(error)
    this.#told(error, 'Failed to send messages: ')
    throw this.#exhausted(error)
  }

  #told(error: Error, prefix = ''): Error {
    this.#host.logger.error(`${prefix}${error.message}`, { retryCount: this.#host.retry.retries })
    return error
  }

  #exhausted(error: Error): KafkaJSNumberOfRetriesExceeded {
    const { retries: retryCount, maxRetryTime, initialRetryTime, multiplier } = this.#host.retry
    const retryTime = Math.min(maxRetryTime, Math.round(initialRetryTime * multiplier ** Math.min(retryCount, 60)))
    return new KafkaJSNumberOfRetriesExceeded(error, { retryCount, retryTime })
  }
}

/** Each topic once, with all its messages in order. */
function merged(topicMessages: readonly TopicMessages[]): readonly TopicMessages[] {
  if (topicMessages.length === 1) return topicMessages
  const topics = new Map<string, TopicMessages>()
  for (const { topic, messages } of topicMessages) {
    const known = topics.get(topic)
    topics.set(topic, { topic, messages: known === undefined ? messages : [...known.messages, ...messages] })
  }
  return [...topics.values()]
}
