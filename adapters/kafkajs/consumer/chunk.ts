import type { RecordBatch } from '../../../src/records/record-batch.ts'
import type { KafkaMessage } from '../types/consumer.ts'
import { FetchedBatch } from './batch.ts'
import { decompress, needsCodec } from './decompress.ts'
import { MessageDecoder, type MessageDecoding } from './message.ts'
import type { OwnPartition } from './own-partition.ts'

/** Messages made at a time: young objects die young, and a small batch may decompress to millions of records. */
const atOnce = 1_000

/** A record batch in memory of its own, to be read from an offset on. */
export interface ChunkPart {
  readonly batch: RecordBatch
  readonly from: number
  /** Decompressed already. */
  records?: Uint8Array
}

/** What one handler is given of a partition: record batches that came behind one another. */
export class Chunk {
  readonly own: OwnPartition
  readonly parts: readonly ChunkPart[]
  readonly from: number
  /** Behind all of it, and behind what follows that holds nothing to hand out. */
  readonly end: number
  readonly highWatermark: number
  /** Of the position when this was taken: under another it was sent elsewhere since. */
  readonly era: number
  readonly #decoding: MessageDecoding

  constructor(
    own: OwnPartition,
    { parts, from, end }: { parts: readonly ChunkPart[]; from: number; end: number },
    decoding: MessageDecoding,
  ) {
    this.own = own
    this.parts = parts
    this.from = from
    this.end = end
    // A broker may have read on between noting the one and the other: nothing lags by less than nothing.
    this.highWatermark = Math.max(own.position.highWatermark, end)
    this.era = own.position.era
    this.#decoding = decoding
  }

  /** What is left of it is not to be handled: it was sought elsewhere, or is another's. */
  isStale = false

  /** Whether nothing in it is handed out. */
  get isEmpty(): boolean {
    return this.parts.length === 0
  }

  /** Whether it is to be decompressed by the user's own codecs before its messages are made. */
  get needsCodecs(): boolean {
    return this.parts.some(({ batch }) => needsCodec(batch))
  }

  /** Rejects with what a codec throws. */
  async decompress(): Promise<void> {
    for (const part of this.parts) if (needsCodec(part.batch)) part.records = await decompress(part.batch)
  }

  /** How many messages there are, as far as that is known without reading them. */
  get count(): number {
    return this.parts.reduce((sum, { batch, from }) => {
      const isDense = batch.count === batch.lastOffset - batch.baseOffset + 1
      return sum + batch.count - (isDense ? Math.max(0, from - batch.baseOffset) : 0)
    }, 0)
  }

  /** Some at a time. Throws a ProtocolError for records that can't be read. */
  *slices(): Generator<KafkaMessage[], void> {
    for (const part of this.parts) {
      const decoder = new MessageDecoder(part, this.#decoding)
      for (;;) {
        const messages = decoder.take(atOnce)
        if (messages.length === 0) break
        yield messages
      }
    }
  }

  /** With these messages, or without any. */
  asBatch(messages: KafkaMessage[] = []): FetchedBatch {
    const { topic, partition } = this.own
    const { from, end, highWatermark } = this
    return new FetchedBatch({ topic, partition, from, end, highWatermark }, messages)
  }

  /** With all messages. Throws a ProtocolError for records that can't be read. */
  whole(): FetchedBatch {
    const messages: KafkaMessage[] = []
    for (const part of this.parts) new MessageDecoder(part, this.#decoding).take(Number.POSITIVE_INFINITY, messages)
    return this.asBatch(messages)
  }
}
