import { setTimeout as wait } from 'node:timers/promises'
import { ConfigError } from '../../src/base/errors.ts'
import type { Client } from '../../src/client/client.ts'
import type { IsolationLevelName } from '../../src/protocol/offsets.ts'
import type { MessageBatch } from '../../src/reader/message-batch.ts'
import type { Reader } from '../../src/reader/reader.ts'
import type { OffsetRange, Point } from './offset-range.ts'

/** What is to be read of a partition. */
export interface PartitionSpan {
  readonly from: number
  /** The first offset that is not; undefined: goes on. */
  readonly to: number | undefined
}

/** Finds out what a range means in each of these partitions, all by default. */
export async function spansOf(
  client: Client,
  topic: string,
  partitions: readonly number[] | undefined,
  { from, to }: OffsetRange,
  isolationLevel: IsolationLevelName,
  signal: AbortSignal,
): Promise<Map<number, PartitionSpan>> {
  const selection = partitions === undefined ? [topic] : { [topic]: partitions }
  const { topics, errors } = await client.topicOffsets({ topics: selection, isolationLevel }, { signal })
  const refused = errors[topic] ?? topics[topic]?.find(({ error }) => error !== null)?.error
  if (refused !== undefined && refused !== null) throw refused
  const rows = topics[topic] ?? []
  const places = async (point: Point): Promise<Map<number, number>> => {
    const times = 'time' in point ? await timesOf(client, topic, rows, point.time, signal) : undefined
    return new Map(
      rows.map(({ partition, firstOffset, lastOffset }) => {
        const found = times?.get(partition) ?? placeOf(point, firstOffset, lastOffset)
        return [partition, Math.max(firstOffset, found < 0 ? lastOffset : found)]
      }),
    )
  }
  const begins = await places(from)
  const ends = to === undefined ? undefined : await places(to)
  return new Map(rows.map(({ partition }) => [partition, { from: begins.get(partition)!, to: ends?.get(partition) }]))
}

function placeOf(point: Point, first: number, end: number): number {
  if ('offset' in point) return point.offset
  if ('last' in point) return Math.max(first, end - point.last)
  return 'at' in point && point.at === 'start' ? first : end
}

/** −1 where all is older. */
async function timesOf(
  client: Client,
  topic: string,
  rows: readonly { readonly partition: number }[],
  time: number,
  signal: AbortSignal,
): Promise<Map<number, number>> {
  const asked = rows.map(({ partition }) => ({ partition, timestamp: time }))
  const { topics } = await client.listOffsets({ topics: { [topic]: asked } }, { signal })
  const found = topics[topic] ?? []
  for (const { error } of found) if (error !== null) throw error
  return new Map(found.map(({ partition, offsets }) => [partition, offsets.keys().next().value ?? -1]))
}

/** How often it is looked whether the rest holds nothing to read, in milliseconds. */
const lookInterval = 200

/** A batch with something to print in it. */
export interface RangeBatch {
  readonly batch: MessageBatch
  /** What of it is in the range: offsets from this … */
  readonly from: number
  /** … up to, but not, this. */
  readonly to: number
}

/** Reads spans of partitions with one reader, and knows when all are read. */
export class RangeReader {
  readonly #reader: Reader
  readonly #topic: string
  readonly #spans: ReadonlyMap<number, PartitionSpan>
  readonly #batches: AsyncIterator<MessageBatch, undefined>
  /** Asked for, and not here yet. */
  #coming: Promise<IteratorResult<MessageBatch, undefined>> | undefined
  /** When to look again. */
  #tick: Promise<undefined> | undefined
  /** Partitions that are not read to their end yet. */
  readonly #open = new Set<number>()
  /** Of the batch that was handed out, if that was its end. */
  #ended: number | undefined

  constructor(reader: Reader, topic: string, spans: ReadonlyMap<number, PartitionSpan>, signal: AbortSignal) {
    this.#reader = reader
    this.#topic = topic
    this.#spans = spans
    this.#batches = reader.batches({ signal })
    for (const [partition, { from, to }] of spans) {
      if (to !== undefined && from >= to) continue
      this.#open.add(partition)
      reader.seek(topic, partition, from)
    }
  }

  /** The next batch, good until the one after it is asked for; undefined once all is read. */
  async next(): Promise<RangeBatch | undefined> {
    if (this.#ended !== undefined) this.#close(this.#ended)
    this.#ended = undefined
    for (;;) {
      this.#look()
      if (this.#open.size === 0) return undefined
      this.#coming ??= this.#ask()
      // Nobody need live for it.
      this.#tick ??= wait(lookInterval, undefined, { ref: false })
      // The tick keeps what comes of each race until it is over: that is to be no batch.
      if (!(await Promise.race([this.#coming.then(() => true), this.#tick]))) {
        this.#tick = undefined
        continue
      }
      const come = await this.#coming
      this.#coming = undefined
      if (come.done === true) return undefined
      const wanted = this.#wanted(come.value)
      if (wanted !== undefined) return wanted
    }
  }

  #ask(): Promise<IteratorResult<MessageBatch, undefined>> {
    const coming = this.#batches.next()
    // Where all is read nobody waits for it.
    coming.catch(() => {})
    return coming
  }

  #wanted(batch: MessageBatch): RangeBatch | undefined {
    const { partition, firstOffset, lastOffset } = batch
    const span = this.#spans.get(partition)
    if (span === undefined || !this.#open.has(partition)) {
      this.#close(partition)
      return undefined
    }
    const { from, to = Number.POSITIVE_INFINITY } = span
    if (lastOffset >= to - 1) this.#ended = partition
    if (lastOffset >= from && firstOffset < to) return { batch, from, to }
    if (firstOffset >= to) this.#close(partition)
    return undefined
  }

  #close(partition: number): void {
    this.#open.delete(partition)
    this.#reader.pause([{ topic: this.#topic, partition }])
  }

  /** What is left may be nothing to hand out: markers, or what compaction took. */
  #look(): void {
    for (const partition of this.#open)
      if (this.#spans.get(partition)?.to !== undefined && this.#lag(partition) === 0) this.#close(partition)
  }

  /** −1 while the reader does not have the partition yet. */
  #lag(partition: number): number {
    try {
      return this.#reader.lag(this.#topic, partition)
    } catch (error) {
      if (error instanceof ConfigError) return -1
      throw error
    }
  }
}
