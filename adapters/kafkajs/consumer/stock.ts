import { messageOf, ProtocolError } from '../../../src/base/errors.ts'
import type { Logger as CoreLogger } from '../../../src/base/logger.ts'
import { defaultDecompressLimit } from '../../../src/compression/codec.ts'
import { decompressors } from '../../../src/compression/decompressors.ts'
import { type FetchedBatch, isLive } from '../../../src/reader/fetched.ts'
import { Fetcher } from '../../../src/reader/fetcher.ts'
import { ReaderMetrics } from '../../../src/reader/metrics.ts'
import type { Connection } from '../context.ts'
import { Chunk, type ChunkPart } from './chunk.ts'
import type { MessageDecoding } from './message.ts'
import type { OwnPartition } from './own-partition.ts'
import type { Pauses } from './pauses.ts'
import { type ConsumerSettings, fetchSettings } from './settings.ts'

/** Records that one chunk begins with at most: small batches may hold many, and handlers of batches have all at once. */
const mostRecords = 100_000

export interface StockParts {
  readonly connection: Connection
  readonly settings: ConsumerSettings
  /** What this member has, by name. */
  readonly own: ReadonlyMap<string, OwnPartition>
  readonly pauses: Pauses
  readonly logger: CoreLogger
  /** There may be something to take. */
  onNews(): void
  onAsk(broker: number): void
  onAnswer(broker: number, durationMs: number): void
  /** A partition can't be gone on with as it was assigned. */
  renew(cause: unknown): void
}

/** What is fetched ahead of the partitions that a member has, handed out a chunk of one partition at a time. */
export class Stock {
  readonly #parts: StockParts
  readonly #fetcher: Fetcher
  readonly #decoding: MessageDecoding
  /** Those of which something waits, the one that waits longest first. */
  readonly #waiting = new Set<OwnPartition>()
  /** What handlers work on, by the partition's name: also of one that was lost and came back since. */
  readonly #inHand = new Map<string, Chunk>()
  /** Partitions may have been read on without anything to hand out. */
  #passed = false
  #hasNews = false

  constructor(parts: StockParts) {
    this.#parts = parts
    const { connection, settings, logger, onAsk, onAnswer } = parts
    const onNews = (): void => {
      this.#hasNews = true
      parts.onNews()
    }
    const { transport, addr } = connection
    transport.codecs.offer(decompressors)
    this.#decoding = { codecs: transport.codecs, limit: defaultDecompressLimit }
    this.#fetcher = new Fetcher({
      transport,
      brokers: addr,
      settings: fetchSettings(settings),
      logger,
      counters: new ReaderMetrics(),
      onNews,
      onAsk,
      onAnswer,
      onPassed: () => {
        this.#passed = true
        onNews()
      },
    })
  }

  /** Whether no handler works on any of it, and none is about to. */
  get isIdle(): boolean {
    return this.#inHand.size === 0 && !this.#hasNews
  }

  add(list: readonly OwnPartition[]): void {
    for (const own of list) if (this.#isPaused(own)) own.position.pause(own.next)
    this.#fetcher.add(list.map(({ position }) => position))
  }

  /** Nothing more of these is handed out. */
  remove(list: readonly OwnPartition[]): void {
    for (const own of list) this.#drop(own)
    this.#fetcher.remove(list.map(({ position }) => position))
  }

  /** Reads on from an offset, FirstOffset or LastOffset. */
  seek(own: OwnPartition, offset: number): void {
    this.#drop(own)
    own.seek(offset)
    this.#fetcher.moveTo([own.position], offset < 0 ? { sought: offset } : { offset, leaderEpoch: -1 })
  }

  /** Other partitions may be paused than before. */
  review(): void {
    for (const own of this.#parts.own.values()) {
      const { position } = own
      const wasPaused = position.state === 'paused'
      if (this.#isPaused(own) === wasPaused || own.isLeaving) continue
      if (wasPaused) {
        // Where a handler works on some of it, that is seen to when it is done.
        if (!own.isBusy && own.next >= 0 && position.next !== own.next) this.#sendBack(own)
        this.#fetcher.resume([position])
      } else {
        own.drop()
        this.#waiting.delete(own)
        this.#fetcher.pause([position], () => own.next)
      }
    }
    this.#parts.onNews()
  }

  /**
   * The next chunk of a partition that no handler works on; to be given to `finish`. Throws what keeps partitions from
   * being read.
   */
  take(): Chunk | undefined {
    this.#fill()
    for (const own of this.#waiting) {
      if (this.#inHand.has(own.name)) continue
      const chunk = this.#chunkOf(own)
      if (chunk !== undefined) return this.#taken(chunk)
    }
    const passed = this.#passed ? this.#passedOver() : undefined
    this.#hasNews = passed !== undefined
    return passed
  }

  /** A handler is done with it. What it left is handed out again. */
  finish(chunk: Chunk): void {
    const { own } = chunk
    own.isBusy = false
    this.#inHand.delete(own.name)
    if (chunk.isStale || own.isGone || own.isLeaving || own.position.state === 'paused') return
    if (own.position.era !== chunk.era || own.next !== chunk.end) this.#sendBack(own)
    else if (own.position.next > own.next) this.#passed = true
  }

  close(): Promise<void> {
    for (const own of this.#parts.own.values()) this.#drop(own)
    return this.#fetcher.close()
  }

  #isPaused({ topic, partition }: OwnPartition): boolean {
    return this.#parts.pauses.has(topic, partition)
  }

  #drop(own: OwnPartition): void {
    own.drop()
    this.#waiting.delete(own)
    const chunk = this.#inHand.get(own.name)
    if (chunk?.own === own) chunk.isStale = true
  }

  /** Reads on from what is not done with. */
  #sendBack(own: OwnPartition): void {
    own.drop()
    this.#waiting.delete(own)
    const offset = own.next
    this.#fetcher.sendBack(own.position, { offset, leaderEpoch: own.position.epochBefore(offset) })
  }

  #fill(): void {
    for (let fetched = this.#next(); fetched !== undefined; fetched = this.#next()) {
      const own = this.#parts.own.get(fetched.position.name)
      if (own?.position !== fetched.position) {
        fetched.frame.release()
        continue
      }
      own.pending.push(fetched)
      this.#waiting.add(own)
    }
  }

  #next(): FetchedBatch | undefined {
    try {
      return this.#fetcher.take()
    } catch (error) {
      // Its topic is another by now: where that begins is found out by joining anew.
      const isGivenUp = [...this.#parts.own.values()].some(({ position }) => position.state === 'failed')
      if (!isGivenUp) throw error
      this.#parts.renew(error)
      return undefined
    }
  }

  #taken(chunk: Chunk): Chunk {
    const { own } = chunk
    own.isBusy = true
    this.#inHand.set(own.name, chunk)
    return chunk
  }

  /** As much as a handler is to have at once. */
  #chunkOf(own: OwnPartition): Chunk | undefined {
    const { maxBytesPerPartition } = this.#parts.settings
    const parts: ChunkPart[] = []
    let from = -1
    let end = -1
    let bytes = 0
    let records = 0
    while (own.pending.length > 0) {
      const fetched = own.pending[0]!
      const { batch } = fetched
      const size = batch.end - batch.start
      const isFull = bytes + size > maxBytesPerPartition || records + batch.count > mostRecords
      if (parts.length > 0 && isFull && isLive(fetched)) break
      own.pending.shift()
      const part = this.#part(fetched)
      if (part === undefined) continue
      if (parts.length === 0) from = fetched.from
      parts.push(part)
      end = fetched.next
      bytes += size
      records += batch.count
      this.#fetcher.finished(fetched, batch.lastOffset + 1)
    }
    // Who comes next has waited as long.
    this.#waiting.delete(own)
    if (own.pending.length > 0) this.#waiting.add(own)
    if (parts.length === 0) return undefined
    if (own.next < 0) own.next = own.committed = from
    return new Chunk(own, { parts, from, end }, this.#decoding)
  }

  /** In memory of its own, if it is whole; its frame is wanted for the next answer. */
  #part(fetched: FetchedBatch): ChunkPart | undefined {
    const { batch, from, frame, position } = fetched
    try {
      if (!isLive(fetched)) return undefined
      batch.verify()
      if (position.damagedAt >= 0) this.#fetcher.mended(position)
      return { batch: batch.detach(), from }
    } catch (error) {
      const text = `${position.name} at offset ${Math.max(from, batch.baseOffset)}: ${messageOf(error)}`
      this.#fetcher.damaged(fetched, from, new ProtocolError(text, { cause: error }))
      return undefined
    } finally {
      frame.release()
    }
  }

  /** Markers of transactions, and what was aborted: nobody handles them, and they are done with. */
  #passedOver(): Chunk | undefined {
    for (const own of this.#parts.own.values()) {
      const { next, position } = own
      if (this.#inHand.has(own.name) || own.isLeaving || next < 0 || position.next <= next || own.pending.length > 0)
        continue
      if (position.state === 'paused') continue
      return this.#taken(new Chunk(own, { parts: [], from: next, end: position.next }, this.#decoding))
    }
    this.#passed = false
    return undefined
  }
}
