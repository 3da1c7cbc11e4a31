import { ConfigError } from '../../src/base/errors.ts'
import type { Client } from '../../src/client/client.ts'
import type { IsolationLevelName } from '../../src/protocol/offsets.ts'
import type { Reader } from '../../src/reader/reader.ts'
import type { Message } from '../../src/records/message.ts'
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

/** Reads spans of partitions with one reader, and knows when all are read. */
export class RangeReader {
  readonly #reader: Reader
  readonly #topic: string
  readonly #spans: ReadonlyMap<number, PartitionSpan>
  /** Partitions that are not read to their end yet. */
  readonly #open = new Set<number>()

  constructor(reader: Reader, topic: string, spans: ReadonlyMap<number, PartitionSpan>) {
    this.#reader = reader
    this.#topic = topic
    this.#spans = spans
    for (const [partition, { from, to }] of spans) {
      if (to !== undefined && from >= to) continue
      this.#open.add(partition)
      reader.seek(topic, partition, from)
    }
  }

  /** Some more; undefined once all is read. */
  async next(most: number, signal: AbortSignal): Promise<Message[] | undefined> {
    for (;;) {
      this.#look()
      if (this.#open.size === 0) return undefined
      const tick = AbortSignal.any([signal, AbortSignal.timeout(lookInterval)])
      try {
        const messages = await this.#reader.fetchMessages(most, { within: 0, signal: tick })
        const wanted = messages.filter(message => this.#wants(message))
        if (wanted.length > 0) return wanted
      } catch (error) {
        if (signal.aborted || !tick.aborted) throw error
      }
    }
  }

  #wants({ partition, offset }: Message): boolean {
    const span = this.#spans.get(partition)
    if (span === undefined || !this.#open.has(partition)) {
      this.#close(partition)
      return false
    }
    if (span.to === undefined) return offset >= span.from
    if (offset >= span.to - 1) this.#close(partition)
    return offset < span.to && offset >= span.from
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
