import type { Balancer } from '../balancer/balancer.ts'
import type { Clock } from '../base/clock.ts'
import { ConfigError, messageOf, TimeoutError } from '../base/errors.ts'
import { abortable } from '../base/signals.ts'
import type { Compression } from '../compression/codec.ts'
import type { Codecs } from '../compression/codecs.ts'
import { BatchBuilder } from '../records/batch-builder.ts'
import { headerBytes } from '../records/batch-layout.ts'
import { checkField, checkFields } from '../records/check-message.ts'
import { type MessageInput, timestampOf } from '../records/message-input.ts'
import { isGuess } from '../transport/layout.ts'
import type { Accumulator } from './accumulator.ts'
import { Backlog, type BacklogHost, type WaitingCall } from './backlog.ts'
import type { Batch } from './batch.ts'
import type { WriteOptions, WriteReceipt } from './config.ts'
import { MessageTooLargeError } from './errors.ts'
import { messageSize } from './message-size.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { Partitioner } from './partitioner.ts'
import { ListWrite, type PendingCall, ReceiptWrite, TakenWrite } from './pending-write.ts'
import type { Intake, Sender } from './sender.ts'
import type { BatchCompression, Settings } from './settings.ts'

/** Messages checked: their topics, unless the writer has one, and for each the most bytes it takes. */
interface CheckedMessages {
  readonly partitioners: readonly Partitioner[]
  readonly bounds: readonly number[]
  /** The sum of the bounds. */
  readonly bound: number
  /** The time of those that have none of their own. */
  readonly now: number
  /**
   * Whether what they choose may fail: it is done before the first of them is taken in, so that either none or all are
   * wrong.
   */
  readonly choosy: boolean
}

/** So many messages of one waiting call are taken in at a time. */
const mostAtOnce = 4096

/**
 * Takes messages in: checks them, finds their partitions and puts them into batches. At once where the topics are known
 * and there is room; otherwise the call waits, and later calls for the same topics behind it, so that the order of
 * calls is the order of messages.
 */
export class Enqueuer implements Intake, BacklogHost {
  readonly clock: Clock
  readonly deliveryTimeout: number
  readonly #accumulator: Accumulator
  readonly #sender: Sender
  readonly #settings: Settings
  readonly #codecs: Codecs
  readonly #balancer: Balancer | undefined
  readonly #partitioners = new Map<string, Partitioner>()
  /** Of all messages' topic, if the writer has one. */
  readonly #own: Partitioner | undefined
  readonly #backlog: Backlog
  readonly #isNear: ((broker: number) => boolean) | undefined

  constructor(accumulator: Accumulator, sender: Sender, codecs: Codecs, balancer: Balancer | undefined) {
    this.#accumulator = accumulator
    this.#sender = sender
    this.#settings = accumulator.settings
    this.#codecs = codecs
    this.#balancer = balancer
    this.clock = sender.clock
    this.deliveryTimeout = this.#settings.deliveryTimeout
    this.#backlog = new Backlog(this)
    const { rack } = this.#settings
    if (rack !== '')
      this.#isNear = broker => sender.cluster.brokers().some(({ id, rack: its }) => id === broker && its === rack)
    if (this.#settings.topic !== '') this.#own = this.#partitionerOf(this.#settings.topic)
  }

  /** Writes one message. Throws what is wrong with it. */
  writeOne(
    message: MessageInput,
    signal: AbortSignal | undefined,
    compression: BatchCompression = this.#settings.compression,
  ): Promise<void> {
    const partitioner = this.#topicOf(message)
    checkField(message)
    const bound = this.#boundOf([message], 0)
    const timestamp = timestampOf(message, this.clock.now())
    if (!this.#takesNow(partitioner, compression) || !this.#accumulator.memory.has(bound))
      return this.#later([message], [partitioner], timestamp, this.#callOf(1), signal, compression)
    const queue = partitioner.choose(message, this.#sender.turn)
    const batch = this.#accumulator.append(queue, message, timestamp, bound, compression)
    if (this.#settings.async) {
      batch.disown()
      return Promise.resolve()
    }
    // Such calls share one promise, if the broker surely takes each in a batch of its own: it took one as large, or
    // doesn't say.
    if (!this.#settings.answered || headerBytes + bound <= batch.provenBytes) return batch.share()
    const call = new ListWrite(1)
    batch.claim(call, 0)
    call.done()
    return call.promise
  }

  writeMany(
    messages: readonly MessageInput[],
    signal: AbortSignal | undefined,
    onWritten?: WriteOptions['onWritten'],
    compression: BatchCompression = this.#settings.compression,
  ): Promise<void> {
    const checked = this.#check(messages)
    const call = this.#callOf(messages.length, onWritten)
    if (!this.#allTakenNow(checked, compression)) {
      const partitioners = this.#own === undefined ? [...new Set(checked.partitioners)] : [this.#own]
      return this.#later(messages, partitioners, checked.now, call, signal, compression)
    }
    const { partitioners, bounds, now, choosy } = checked
    const queues = choosy ? this.#choices(messages) : null
    const { turn } = this.#sender
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i]!
      const queue = queues === null ? (this.#own ?? partitioners[i]!).choose(message, turn) : queues[i]!
      const batch = this.#accumulator.append(queue, message, timestampOf(message, now), bounds[i]!, compression)
      if (this.#settings.async) batch.disown()
      else batch.claim(call as ListWrite, i)
    }
    call.done()
    return call.promise
  }

  writeForReceipt(message: MessageInput, signal: AbortSignal | undefined): Promise<WriteReceipt> {
    const { now, bound } = this.#check([message])
    const partitioner = this.#topicOf(message)
    const call = new ReceiptWrite(timestampOf(message, now))
    const { compression } = this.#settings
    if (!this.#takesNow(partitioner, compression) || !this.#accumulator.memory.has(bound))
      return this.#later([message], [partitioner], now, call, signal, compression)
    this.#put(partitioner.choose(message, this.#sender.turn), message, now, bound, call, 0, compression)
    return call.promise
  }

  /** Resolves when the calls that wait now have been taken in or refused. */
  passed(): Promise<void> {
    return this.#backlog.passed()
  }

  /** Refuses the calls that wait. */
  end(error: Error): void {
    this.#backlog.end(error)
  }

  get waits(): boolean {
    return this.#backlog.waits
  }

  takeIn(now: number): number {
    return this.#backlog.takeIn(now)
  }

  schedule(): void {
    this.#sender.schedule()
  }

  take(waiting: WaitingCall): 'all' | 'some' | 'full' {
    const { messages, now, call, compression } = waiting
    const { memory } = this.#accumulator
    if (waiting.queues === null && this.#isChoosy(messages)) waiting.queues = this.#choices(messages)
    const end = Math.min(messages.length, waiting.taken + mostAtOnce)
    while (waiting.taken < end) {
      const message = messages[waiting.taken]!
      const bound = this.#boundOf(messages, waiting.taken)
      if (!memory.has(bound)) return 'full'
      const queue = waiting.queues?.[waiting.taken] ?? this.#topicOf(message).choose(message, this.#sender.turn)
      this.#put(queue, message, now, bound, call, waiting.taken, compression)
      waiting.taken++
    }
    return end < messages.length ? 'some' : 'all'
  }

  noRoom(waiting: WaitingCall): Error {
    const { taken, most } = this.#accumulator.memory
    const trouble = this.#sender.trouble
    const why = trouble === null ? '' : `; the last failure: ${messageOf(trouble)}`
    const bound = this.#boundOf(waiting.messages, waiting.taken)
    return new TimeoutError(
      `${taken} bytes are buffered (maxBufferedBytes: ${most}); no room for ${bound} more came free within ${this.deliveryTimeout} ms${why}`,
      { cause: trouble ?? undefined },
    )
  }

  isReady(partitioner: Partitioner, compression: BatchCompression, messages?: readonly MessageInput[]): boolean {
    const { turn, cluster } = this.#sender
    if (this.#lacks(compression)) return false
    if (partitioner.seenInTurn === turn) return true
    const layout = cluster.peek(partitioner.topic.name)
    if (layout !== undefined && isGuess(layout)) {
      if (messages === undefined || !this.#mayGuess(messages)) return false
      partitioner.learn(layout)
      return true
    }
    if (layout !== undefined && layout.error === null) partitioner.learn(layout)
    // What was known once is good enough to go on with while brokers deny it.
    if (!partitioner.known) return false
    partitioner.seenInTurn = turn
    return true
  }

  /** Layout and codec, as far as they aren't here yet. */
  async prepare(partitioner: Partitioner, compression: BatchCompression, left: number): Promise<void> {
    const { readTimeout, allowAutoTopicCreation, transactionalId } = this.#settings
    const sender = this.#sender
    const { signal } = sender
    const { name } = partitioner.topic
    // Beside the question about the topic, for both take a round trip.
    if (transactionalId === null) sender.ids?.want()
    if (this.#lacks(compression)) sender.codecs[compression] = await abortable(this.#codecs.load(compression), signal)
    const options = { create: allowAutoTopicCreation, timeoutMs: Math.min(readTimeout, left), signal }
    const layout = await sender.cluster.topic(name, options)
    if (layout.error !== null) throw layout.error
    partitioner.learn(layout)
  }

  /**
   * Whether messages may be given partitions by what is remembered of a topic: those that can be given others if that
   * was wrong, for they have no key, no sequence number, and nobody chose.
   */
  #mayGuess(messages: readonly MessageInput[]): boolean {
    if (this.#settings.idempotent || this.#balancer !== undefined) return false
    return messages.every(({ key, partition }) => (key ?? partition ?? null) === null)
  }

  /** Checks all messages, so that either none or all are wrong. */
  #check(messages: readonly MessageInput[]): CheckedMessages {
    const now = this.clock.now()
    const partitioners: Partitioner[] = []
    const bounds: number[] = []
    let bound = 0
    let choosy = this.#balancer !== undefined
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i]!
      const partitioner = this.#topicOf(message)
      if (this.#own === undefined) partitioners.push(partitioner)
      if (message.partition !== undefined) choosy = true
      const most = this.#boundOf(messages, i)
      timestampOf(message, now)
      bounds.push(most)
      bound += most
    }
    checkFields(messages)
    return { partitioners, bounds, bound, now, choosy }
  }

  #later<T>(
    messages: readonly MessageInput[],
    partitioners: readonly Partitioner[],
    now: number,
    call: Pick<PendingCall, 'done' | 'refuse'> & { readonly promise: Promise<T> },
    signal: AbortSignal | undefined,
    compression: BatchCompression,
  ): Promise<T> {
    const since = this.clock.monotonic()
    this.#backlog.add({
      messages,
      partitioners,
      now,
      call,
      signal,
      compression,
      since,
      queues: null,
      taken: 0,
      over: false,
    })
    return call.promise
  }

  #callOf(count: number, onWritten?: WriteOptions['onWritten']): ListWrite | TakenWrite {
    return this.#settings.async ? new TakenWrite() : new ListWrite(count, onWritten)
  }

  #put(
    queue: PartitionQueue,
    message: MessageInput,
    now: number,
    bound: number,
    call: object,
    index: number,
    compression: BatchCompression,
  ): void {
    const batch: Batch = this.#accumulator.append(queue, message, timestampOf(message, now), bound, compression)
    if (this.#settings.async && !(call instanceof ReceiptWrite)) batch.disown()
    else batch.claim(call as PendingCall, index)
  }

  #isChoosy(messages: readonly MessageInput[]): boolean {
    return this.#balancer !== undefined || messages.some(message => message.partition !== undefined)
  }

  #choices(messages: readonly MessageInput[]): PartitionQueue[] {
    return messages.map(message => this.#topicOf(message).choose(message, this.#sender.turn))
  }

  #allTakenNow({ partitioners, bound }: CheckedMessages, compression: BatchCompression): boolean {
    if (!this.#accumulator.memory.hasForAll(bound)) return false
    if (this.#own !== undefined) return this.#takesNow(this.#own, compression)
    let last: Partitioner | undefined
    for (const partitioner of partitioners) {
      if (partitioner !== last && !this.#takesNow(partitioner, compression)) return false
      last = partitioner
    }
    return true
  }

  #takesNow(partitioner: Partitioner, compression: BatchCompression): boolean {
    return !this.#backlog.holds(partitioner) && this.isReady(partitioner, compression)
  }

  /** Whether its codec is still to be loaded. */
  #lacks(compression: BatchCompression): compression is Exclude<Compression, 0> {
    return compression !== 0 && typeof compression === 'number' && this.#sender.codecs[compression] === undefined
  }

  #topicOf(message: MessageInput): Partitioner {
    // A text or a Set would pass for a message without key and value.
    if (typeof message !== 'object' || message === null || Symbol.iterator in message)
      throw new ConfigError('a message is an object such as { key, value }; several are an array of these')
    const { topic } = message
    const named = topic !== undefined && topic !== null && topic !== ''
    if (named && typeof topic !== 'string') throw new ConfigError(`a message's topic is a string, not ${topic}`)
    if (this.#own !== undefined) {
      if (named)
        throw new ConfigError(
          `the writer writes to ${this.#own.topic.name}: a message must not name a topic too (${topic})`,
        )
      return this.#own
    }
    if (!named) throw new ConfigError('a message needs a topic, since the writer has none')
    return this.#partitionerOf(topic)
  }

  #partitionerOf(name: string): Partitioner {
    let partitioner = this.#partitioners.get(name)
    if (partitioner === undefined) {
      partitioner = new Partitioner(name, this.#balancer, this.#accumulator, this.#isNear)
      this.#partitioners.set(name, partitioner)
    }
    return partitioner
  }

  /** The most bytes that a message takes. Throws if it is too large. */
  #boundOf(messages: readonly MessageInput[], index: number): number {
    const message = messages[index]!
    const bound = BatchBuilder.sizeBound(message)
    const { messageBytes } = this.#settings
    if (bound <= messageBytes) return bound
    const size = messageSize(message)
    if (size <= messageBytes) return bound
    const others = messages.filter((_, other) => other !== index)
    throw new MessageTooLargeError(message, others, size, messageBytes)
  }
}
