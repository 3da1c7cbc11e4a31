import { ProtocolError } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { FirstOffset, IsolationLevel, LastOffset } from '../protocol/offsets.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { Fetcher, FetcherParts } from './fetcher.ts'
import { findOffsets } from './find-offsets.ts'
import type { Position } from './position.ts'

/** Answers where partitions are led, and where in them positions are, for those that can't be fetched before that is known. */
export class OffsetResolver {
  private readonly parts: FetcherParts
  private readonly fetcher: Fetcher
  private readonly cluster: Cluster
  private readonly ending = new AbortController()

  constructor(parts: FetcherParts, fetcher: Fetcher) {
    this.parts = parts
    this.fetcher = fetcher
    this.cluster = parts.transport.cluster(parts.brokers)
  }

  close(reason: unknown): void {
    this.ending.abort(reason)
  }

  /** Looks up the leaders. */
  locate(positions: readonly Position[]): Promise<void> {
    return this.during(positions, async options => {
      const topics = [...new Set(positions.map(({ topic }) => topic))]
      const known = topics.filter(topic => this.cluster.peek(topic) !== undefined)
      if (known.length > 0) await this.cluster.refresh(known, options)
      for (const topic of topics) {
        const own = positions.filter(position => position.topic === topic)
        try {
          const { partitions } = await this.cluster.topic(topic, options)
          for (const position of own) this.place(position, partitions.length, partitions[position.partition]?.leader ?? -1)
        } catch (error) {
          for (const position of own) this.fetcher.fail(position, error, { lost: true })
        }
      }
    })
  }

  /** FifoLock FirstOffset and LastOffset into numbers. */
  resolve(positions: readonly Position[]): Promise<void> {
    return this.during(positions, async options => {
      const questions = positions.map(({ topic, partition, offset }) => ({ topic, partition, timestamp: offset }))
      const answers = await findOffsets(this.parts, questions, this.parts.settings.isolationLevel, options)
      positions.forEach((position, i) => {
        const answer = answers[i]
        if (answer === null || answer === undefined)
          this.fetcher.fail(position, new KafkaError(ErrorCode.UnknownTopicOrPartition, position.name), { lost: true })
        else if (answer.error !== null) this.fetcher.fail(position, answer.error, { lost: true })
        else if (answer.offset < 0)
          this.fetcher.fail(position, new ProtocolError(`${position.name}: no offset to begin at: ${answer.offset}`), { lost: true })
        else if (position.live) {
          position.offset = position.origin = answer.offset
          position.onLocated?.(answer.offset)
        }
      })
    })
  }

  /**
   * The leader has nothing at this offset. What retention has deleted is passed over, for there is nothing else to be done. An offset beyond
   * the end is never turned back: it is waited for, or with `offsetOutOfRangeError` reads reject.
   */
  outOfRange(position: Position): Promise<void> {
    return this.during([position], async options => {
      const { topic, partition, offset, name } = position
      const [first, last] = await Promise.all(
        [FirstOffset, LastOffset].map(async timestamp => {
          const [answer] = await findOffsets(this.parts, [{ topic, partition, timestamp }], IsolationLevel.ReadUncommitted, options)
          if (answer == null) throw new KafkaError(ErrorCode.UnknownTopicOrPartition, name)
          if (answer.error !== null) throw answer.error
          return answer.offset
        }),
      )
      const { logger, settings } = this.parts
      const error = new KafkaError(
        ErrorCode.OffsetOutOfRange,
        `${name} has the offsets from ${first} up to ${last}, the position is ${offset}`,
      )
      if (offset < first!) {
        logger.warn(`${name}: the messages from ${offset} to ${first! - 1} are gone, deleted by retention; reading goes on at ${first}`)
        position.offset = first!
        // Where it is deleted faster than it is read, and where a broker lies, this comes again.
        this.fetcher.fail(position, error, { quiet: true })
      } else if (offset > last!) {
        if (position.failures === 0) logger.warn(`${error.message}`)
        this.fetcher.fail(position, error, { quiet: !settings.offsetOutOfRangeError })
      }
      // The log may have grown up to it meanwhile, but not each time.
      else this.fetcher.fail(position, error, { quiet: position.failures + 1 < settings.maxAttempts })
    })
  }

  private place(position: Position, count: number, leader: number): void {
    if (position.partition >= count) {
      const error = new KafkaError(
        ErrorCode.UnknownTopicOrPartition,
        `topic ${position.topic} has ${count} partitions, none has the number ${position.partition}`,
      )
      this.fetcher.fail(position, error, { lost: true })
    } else if (leader < 0) this.fetcher.fail(position, new KafkaError(ErrorCode.LeaderNotAvailable, position.name), { lost: true })
    else position.lost = false
  }

  /** Keeps the positions from being planned while the task runs; its failure is theirs. */
  private async during(positions: readonly Position[], task: (options: CallOptions) => Promise<void>): Promise<void> {
    for (const position of positions) position.sought = true
    try {
      await task({ signal: this.ending.signal })
    } catch (error) {
      if (!this.ending.signal.aborted) for (const position of positions) this.fetcher.fail(position, error, { lost: true })
    }
    for (const position of positions) position.sought = false
    this.fetcher.plan()
  }
}
