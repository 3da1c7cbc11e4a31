import type { AddressLike } from '../base/address.ts'
import { backoffDelay } from '../base/backoff.ts'
import { ConfigError, isTemporary, messageOf } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { type CallOptions, sleep } from '../base/signals.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { FirstOffset, LastOffset } from '../protocol/offsets.ts'
import type { Cluster } from '../transport/cluster.ts'
import { findOffsets } from '../transport/find-offsets.ts'
import type { Transport } from '../transport/transport.ts'
import type { ReaderSettings } from './config.ts'
import type { Fetcher } from './fetcher.ts'
import type { MessageSource } from './message-source.ts'
import { placeOf, type SeekTarget, standIn } from './place.ts'
import { Position } from './position.ts'
import { isUnknownTopic, unknownTopic } from './unknown-topic.ts'

export interface PartitionSessionParts {
  readonly transport: Transport
  readonly brokers: AddressLike
  readonly settings: ReaderSettings
  readonly fetcher: Fetcher
  readonly source: MessageSource
  readonly logger: Logger
  /** Reads that wait are to look again. */
  wake(): void
}

/** One try of looking the topic up, in milliseconds; a read is told of a failure that lasts as long. */
const lookupTimeout = 4_000
/** How long leaders may take to tell offsets that a caller waits for, in milliseconds. */
const answerTimeout = 10_000

/** A Reader's life without a group: one partition, or all of its topic, and offsets of its own. */
export class PartitionSession {
  readonly #parts: PartitionSessionParts
  readonly #cluster: Cluster
  readonly #topic: string
  readonly #ending = new AbortController()
  /** Where partitions begin that are not being read yet: all, and each that was sought on its own. */
  #start: SeekTarget
  readonly #starts = new Map<number, SeekTarget>()
  #failure: { readonly error: unknown } | undefined
  /** What was warned of last, for a log is not to be filled with the same. */
  #warned: string | undefined
  #cancelLag: (() => void) | undefined
  #cancelWatch: (() => void) | undefined

  constructor(parts: PartitionSessionParts) {
    this.#parts = parts
    this.#cluster = parts.transport.cluster(parts.brokers)
    this.#topic = parts.settings.topics[0]!
    this.#start = parts.settings.startOffset
  }

  start(): void {
    const { partition, readLagInterval } = this.#parts.settings
    if (partition === undefined) void this.#discover()
    else this.#add([partition], this.#start)
    if (readLagInterval > 0) this.#watchEnd()
  }

  close(reason: unknown): void {
    this.#ending.abort(reason)
    this.#cancelLag?.()
    this.#cancelWatch?.()
  }

  /** Throws what keeps the topic's partitions from being known, once each time it fails. */
  throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
  }

  /** Of the only partition; −1 where there are several. */
  offset(): number {
    const { fetcher, source, settings } = this.#parts
    if (fetcher.count > 1) return -1
    const [position] = fetcher.positions
    if (position !== undefined) return source.next(position)
    return this.#startOf(settings.partition ?? 0)
  }

  /** Of all partitions; −1 before each was heard of. */
  lag(): number {
    const { fetcher, source } = this.#parts
    let sum = fetcher.count === 0 ? -1 : 0
    for (const position of fetcher.positions) {
      const lag = position.lag(source.next(position))
      if (lag < 0) return -1
      sum += lag
    }
    return sum
  }

  /** Asks for the ends of all partitions. */
  async readLag(options: CallOptions): Promise<number> {
    const { fetcher, source } = this.#parts
    const partitions = await this.#partitions(options)
    const nextOf = (partition: number): number => {
      const position = fetcher.position(this.#topic, partition)
      return position === undefined ? this.#startOf(partition) : source.next(position)
    }
    const [firsts, ends] = await Promise.all(
      [FirstOffset, LastOffset].map(offset => this.#find(partitions, offset, options)),
    )
    return partitions.reduce((sum, partition, i) => {
      const next = nextOf(partition)
      const from = next === LastOffset ? ends![i]! : next === FirstOffset ? firsts![i]! : next
      return sum + Math.max(0, ends![i]! - from)
    }, 0)
  }

  setOffset(offset: number): void {
    const { fetcher, source } = this.#parts
    const place = placeOf(offset, this.#now)
    if (offset >= 0 && fetcher.count > 1) throw this.#ambiguous(offset, fetcher.count)
    this.#start = offset
    this.#starts.clear()
    const [first] = fetcher.positions
    // FirstOffset and LastOffset may be elsewhere by now.
    if (offset >= 0 && first !== undefined && first.failing === undefined && source.next(first) === offset) return
    source.forget(fetcher.positions)
    fetcher.moveTo(fetcher.positions, place)
  }

  async setOffsetAt(timestamp: number, options: CallOptions): Promise<void> {
    const partitions = await this.#partitions(options)
    const offsets = await this.#find(partitions, timestamp, options)
    if (this.#ending.signal.aborted) throw this.#ending.signal.reason
    partitions.forEach((partition, i) => {
      this.seek(partition, offsets[i]! < 0 ? LastOffset : offsets[i]!)
    })
  }

  /** Reads a partition on from elsewhere. */
  seek(partition: number, target: SeekTarget): void {
    const { fetcher, source, settings } = this.#parts
    const place = placeOf(target, this.#now)
    if (settings.partition !== undefined && settings.partition !== partition)
      throw new ConfigError(`partition ${partition} is not read: the reader is for partition ${settings.partition}`)
    const position = fetcher.position(this.#topic, partition)
    if (position === undefined) this.#starts.set(partition, target)
    else {
      source.forget([position])
      fetcher.moveTo([position], place)
    }
  }

  /** Until the topic's partitions are known; then looks for those that are added later. */
  async #discover(): Promise<void> {
    const { clock } = this.#parts.transport
    const { backoff, maxAttempts } = this.#parts.settings
    const { signal } = this.#ending
    const began = clock.monotonic()
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const partitions = await this.#partitions({ signal, timeoutMs: lookupTimeout })
        this.#failure = undefined
        const start = standIn(this.#start)
        if (partitions.length > 1 && start >= 0) throw this.#ambiguous(start, partitions.length)
        this.#add(partitions, this.#start)
        this.#watchPartitions()
        return
      } catch (error) {
        if (signal.aborted) return
        const serious =
          !isTemporary(error) || failures >= maxAttempts || clock.monotonic() - began >= 0.9 * lookupTimeout
        const line = `${this.#topic}: its partitions are not known (${failures}): ${messageOf(error)}`
        if (serious && this.#warned !== messageOf(error)) this.#parts.logger.warn(line)
        else this.#parts.logger.debug(line)
        if (serious) {
          this.#warned = messageOf(error)
          this.#failure = { error }
          this.#parts.wake()
        }
        await sleep(backoffDelay(failures, backoff, clock), { signal, clock }).catch(() => {})
      }
    }
  }

  #add(partitions: readonly number[], otherwise: SeekTarget): void {
    const { fetcher } = this.#parts
    const positions = partitions.map(partition => new Position(this.#topic, partition, standIn(otherwise)))
    for (const position of positions) {
      const target = this.#starts.get(position.partition) ?? otherwise
      if (target !== position.next) position.moveTo(placeOf(target, this.#now))
    }
    this.#starts.clear()
    fetcher.add(positions)
  }

  /** What was written to a new partition before it was noticed is read, too. */
  #watchPartitions(): void {
    const { transport, settings, fetcher } = this.#parts
    this.#cancelWatch = transport.clock.after(settings.partitionWatchInterval, () => {
      this.#watchPartitions()
      const count = this.#cluster.peek(this.#topic)?.partitions.length ?? 0
      if (count > fetcher.count) this.#add(range(fetcher.count, count), FirstOffset)
    })
  }

  async #partitions(options: CallOptions & { timeoutMs?: number }): Promise<number[]> {
    const { partition } = this.#parts.settings
    if (partition !== undefined) return [partition]
    try {
      const { partitions } = await this.#cluster.topic(this.#topic, options)
      return range(0, partitions.length)
    } catch (error) {
      throw isUnknownTopic(error) ? unknownTopic(this.#topic) : error
    }
  }

  #startOf(partition: number): number {
    const target = this.#starts.get(partition)
    return standIn(typeof target === 'number' ? target : this.#start)
  }

  get #now(): number {
    return this.#parts.transport.clock.now()
  }

  #ambiguous(offset: number, count: number): ConfigError {
    return new ConfigError(
      `offset ${offset} of which partition? Topic ${this.#topic} has ${count}: name one in the settings, or call seek(topic, partition, offset)`,
    )
  }

  /**
   * The offsets of the first messages of that time or later, −1 (LastOffset) where there is none; or of FirstOffset or
   * LastOffset.
   */
  async #find(partitions: readonly number[], timestamp: number, options: CallOptions): Promise<number[]> {
    const questions = partitions.map(partition => ({ topic: this.#topic, partition, timestamp }))
    const within = { timeoutMs: Math.min(answerTimeout, this.#cluster.patience), ...options }
    const answers = await findOffsets(this.#parts, questions, this.#parts.settings.isolationLevel, within)
    return answers.map((answer, i) => {
      if (answer === null) throw new KafkaError(ErrorCode.UnknownTopicOrPartition, `${this.#topic}/${partitions[i]}`)
      if (answer.error !== null) throw answer.error
      return answer.offset
    })
  }

  /** Keeps the lag true while nothing is fetched, be it that what was fetched ahead is not read. */
  #watchEnd(): void {
    const { transport, settings, fetcher, logger } = this.#parts
    this.#cancelLag = transport.clock.after(settings.readLagInterval, () => {
      this.#watchEnd()
      const positions = [...fetcher.positions]
      const partitions = positions.map(({ partition }) => partition)
      this.#find(partitions, LastOffset, {}).then(
        ends => {
          for (const [i, position] of positions.entries()) position.end = ends[i]!
        },
        error => logger.debug(`asking for the lag failed: ${messageOf(error)}`),
      )
    })
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
}
