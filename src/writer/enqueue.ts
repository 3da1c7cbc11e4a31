import type { Balancer } from '../balancer/balancer.ts'
import { Deadline } from '../base/deadline.ts'
import { deferred } from '../base/deferred.ts'
import { ConfigError, kindOf, messageOf } from '../base/errors.ts'
import { abortable, linkSignals } from '../base/signals.ts'
import { Compression } from '../compression/codec.ts'
import type { Codecs } from '../compression/codecs.ts'
import { BatchBuilder } from '../records/batch-builder.ts'
import { headerBytes } from '../records/batch-layout.ts'
import { type MessageInput, timestampOf } from '../records/message.ts'
import type { Accumulator } from './accumulator.ts'
import type { Batch } from './batch.ts'
import { MessageTooLargeError } from './errors.ts'
import { messageSize } from './message-size.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { PendingWrite } from './pending-write.ts'
import type { Settings } from './settings.ts'
import { Topic } from './topic.ts'

/** Messages checked: their topics, and for each the most bytes it takes. */
export interface CheckedMessages {
  readonly messages: readonly MessageInput[]
  readonly topics: readonly Topic[]
  readonly bounds: readonly number[]
  /** The sum of the bounds. */
  readonly bound: number
  /** The time of those that have none of their own. */
  readonly now: number
}

/**
 * Takes messages in: checks them, finds their partitions and puts them into batches. At once where the topics are known and there is room;
 * otherwise the call waits, and later calls for the same topics behind it, so that the order of calls is the order of messages.
 */
export class Enqueuer {
  readonly #accumulator: Accumulator
  readonly #settings: Settings
  readonly #codecs: Codecs
  readonly #balancer: Balancer | undefined
  readonly #topics = new Map<string, Topic>()
  /** The topic of all messages, if the writer has one. */
  readonly #own: Topic | undefined
  /** Calls that wait to be enqueued. */
  readonly #waiting = new Set<Promise<void>>()

  constructor(accumulator: Accumulator, codecs: Codecs, balancer: Balancer | undefined) {
    this.#accumulator = accumulator
    this.#settings = accumulator.settings
    this.#codecs = codecs
    this.#balancer = balancer
    if (this.#settings.topic !== '') this.#own = this.#topicNamed(this.#settings.topic)
  }

  /** Takes one message in if that can be done at once, and answers its batch; undefined otherwise. Throws what is wrong with the message. */
  takeOne(message: MessageInput): Batch | undefined {
    const topic = this.#topicOf(message)
    const bound = this.#boundOf(message)
    if (bound > this.#settings.batchBytes) this.#checkSize([message], 0)
    const timestamp = timestampOf(message, this.#accumulator.clock.now())
    if (!this.#isReady(topic) || !this.#accumulator.room.has(bound)) return undefined
    return this.#accumulator.append(choose(topic, message), message, timestamp, bound)
  }

  /** Whether the broker surely takes the message, in a batch of its own if need be: it took one as large. */
  surelyFits(message: MessageInput, { queue }: Batch): boolean {
    return headerBytes + this.#boundOf(message) <= queue.topic.provenBytes
  }

  /** Checks all messages, so that either none or all are wrong. */
  check(messages: readonly MessageInput[]): CheckedMessages {
    const now = this.#accumulator.clock.now()
    const topics: Topic[] = []
    const bounds: number[] = []
    let bound = 0
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i]!
      topics.push(this.#topicOf(message))
      const most = this.#boundOf(message)
      if (most > this.#settings.batchBytes) this.#checkSize(messages, i)
      timestampOf(message, now)
      bounds.push(most)
      bound += most
    }
    return { messages, topics, bounds, bound, now }
  }

  /** Takes all messages in if that can be done at once; false otherwise. */
  take(parcel: CheckedMessages, call: PendingWrite | null): boolean {
    if (!this.#allReady(parcel.topics) || !this.#accumulator.room.hasForAll(parcel.bound)) return false
    const queues = this.#choices(parcel)
    for (let i = 0; i < queues.length; i++) this.#put(queues[i]!, parcel, i, call)
    return true
  }

  /**
   * Waits for what is missing, and takes the messages in. Answers how many were, and the error that kept out the rest. Aborting the signal ends
   * the waiting.
   */
  async takeLater(
    parcel: CheckedMessages,
    call: PendingWrite | null,
    signal: AbortSignal | undefined,
  ): Promise<{ taken: number; error: unknown }> {
    const accumulator = this.#accumulator
    const settings = this.#settings
    const deadline = new Deadline(settings.deliveryTimeout, accumulator.clock)
    const topics = [...new Set(parcel.topics)]
    const before = Promise.all(topics.map(topic => topic.tail))
    const turn = deferred<void>()
    for (const topic of topics) topic.tail = turn.promise
    this.#waiting.add(turn.promise)
    const link = linkSignals(signal, accumulator.signal)
    let taken = 0
    try {
      await abortable(before, link.signal)
      await this.#prepare(topics, deadline, link.signal)
      const queues = this.#choices(parcel)
      for (let i = 0; i < queues.length; i++) {
        const put = (): void => this.#put(queues[i]!, parcel, i, call)
        const bound = parcel.bounds[i]!
        if (accumulator.room.has(bound)) put()
        else await accumulator.room.wait(bound, put, deadline.remaining, link.signal)
        taken++
      }
      return { taken, error: null }
    } catch (error) {
      return { taken, error }
    } finally {
      link.release()
      // Who gave up early still keeps those behind it after those before it.
      void before.then(() => {
        this.#waiting.delete(turn.promise)
        for (const topic of topics) if (topic.tail === turn.promise) topic.tail = null
        turn.resolve()
      })
    }
  }

  /** Resolves when no call waits to be taken in. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.all(this.#waiting)
  }

  /** Layouts and codec, as far as they aren't here yet. */
  async #prepare(topics: readonly Topic[], deadline: Deadline, signal: AbortSignal): Promise<void> {
    const accumulator = this.#accumulator
    const settings = this.#settings
    if (settings.compression !== Compression.None) accumulator.codec ??= await abortable(this.#codecs.load(settings.compression), signal)
    const timeoutMs = Math.min(settings.readTimeout, deadline.remaining)
    await Promise.all(
      topics.map(async topic => {
        const layout = await accumulator.cluster.topic(topic.name, { create: settings.allowAutoTopicCreation, timeoutMs, signal })
        if (layout.error !== null) throw layout.error
        topic.learn(layout)
      }),
    )
  }

  #choices({ messages, topics }: CheckedMessages): PartitionQueue[] {
    const queues: PartitionQueue[] = []
    for (let i = 0; i < messages.length; i++) queues.push(choose(topics[i]!, messages[i]!))
    return queues
  }

  #put(queue: PartitionQueue, { messages, bounds, now }: CheckedMessages, index: number, call: PendingWrite | null): void {
    const message = messages[index]!
    const batch = this.#accumulator.append(queue, message, timestampOf(message, now), bounds[index]!)
    if (call === null) batch.disown()
    else batch.claim(call, index)
  }

  #allReady(topics: readonly Topic[]): boolean {
    if (this.#own !== undefined) return this.#isReady(this.#own)
    let last: Topic | undefined
    for (const topic of topics) {
      if (topic !== last && !this.#isReady(topic)) return false
      last = topic
    }
    return true
  }

  #isReady(topic: Topic): boolean {
    if (topic.tail !== null || (this.#accumulator.codec === undefined && this.#settings.compression !== Compression.None)) return false
    if (topic.seenInTurn === this.#accumulator.turn) return true
    const layout = this.#accumulator.cluster.peek(topic.name)
    if (layout === undefined || layout.error !== null) return false
    topic.learn(layout)
    topic.seenInTurn = this.#accumulator.turn
    return true
  }

  #topicOf(message: MessageInput): Topic {
    // A text or a Set would pass for a message without key and value.
    if (typeof message !== 'object' || message === null || Symbol.iterator in message)
      throw new ConfigError('a message is an object such as { key, value }; several are an array of these')
    const { topic } = message
    const named = topic !== undefined && topic !== null && topic !== ''
    if (named && typeof topic !== 'string') throw new ConfigError(`a message's topic is a string, not ${topic}`)
    if (this.#own !== undefined) {
      if (named) throw new ConfigError(`the writer writes to ${this.#own.name}: a message must not name a topic too (${topic})`)
      return this.#own
    }
    if (!named) throw new ConfigError('a message needs a topic, since the writer has none')
    return this.#topicNamed(topic)
  }

  #topicNamed(name: string): Topic {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = new Topic(name, this.#balancer, this.#accumulator)
      this.#topics.set(name, topic)
    }
    return topic
  }

  #boundOf(message: MessageInput): number {
    return BatchBuilder.sizeBound(message)
  }

  #checkSize(messages: readonly MessageInput[], index: number): void {
    const message = messages[index]!
    const size = messageSize(message)
    const { batchBytes } = this.#settings
    if (size <= batchBytes) return
    throw new MessageTooLargeError(
      message,
      messages.filter((_, other) => other !== index),
      size,
      batchBytes,
    )
  }
}

function choose(topic: Topic, message: MessageInput): PartitionQueue {
  let partition: unknown
  try {
    partition = topic.balancer.balance(message, topic.partitions)
  } catch (error) {
    throw new ConfigError(`the balancer failed for ${topic.name}: ${messageOf(error)}`, { cause: error })
  }
  const queue = typeof partition === 'number' && partition < topic.partitions.length ? topic.queues[partition] : undefined
  if (queue === undefined) throw noChoice(topic, partition)
  return queue
}

function noChoice({ name, partitions }: Topic, chosen: unknown): ConfigError {
  // One that rejects must not end the process.
  if (chosen instanceof Promise) chosen.catch(() => {})
  const what = typeof chosen === 'number' ? `partition ${chosen}` : kindOf(chosen)
  return new ConfigError(`the balancer chose ${what} of ${name}, which has ${partitions.length}: it must answer one of those it is given`)
}
