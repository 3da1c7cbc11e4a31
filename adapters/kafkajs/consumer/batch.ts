import type { Batch, IBatchProcessEvent, KafkaMessage } from '../types/consumer.ts'

/** Where a batch lies in its partition. */
export interface BatchPlace {
  readonly topic: string
  readonly partition: number
  /** Where it was to begin. */
  readonly from: number
  /** Behind the last record it covers, be that one that is not handed out. */
  readonly end: number
  readonly highWatermark: number
}

/** What was fetched of a partition at once, as handlers are given it. */
export class FetchedBatch implements Batch {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: string
  readonly fetchedOffset: string
  messages: KafkaMessage[]
  readonly #place: BatchPlace

  constructor(place: BatchPlace, messages: KafkaMessage[]) {
    this.topic = place.topic
    this.partition = place.partition
    this.highWatermark = String(place.highWatermark)
    this.fetchedOffset = String(place.from)
    this.messages = messages
    this.#place = place
  }

  isEmpty(): boolean {
    return this.messages.length === 0
  }

  firstOffset(): string | null {
    return this.messages[0]?.offset ?? this.fetchedOffset
  }

  lastOffset(): string {
    return String(this.#place.end - 1)
  }

  offsetLag(): string {
    const { highWatermark, end } = this.#place
    return String(highWatermark - end)
  }

  offsetLagLow(): string {
    return String(this.#place.highWatermark - 1 - Number(this.firstOffset()))
  }
}

/** What START_BATCH_PROCESS and END_BATCH_PROCESS tell. */
export function eventOf(batch: Batch, batchSize = batch.messages.length): IBatchProcessEvent {
  return {
    topic: batch.topic,
    partition: batch.partition,
    highWatermark: batch.highWatermark,
    offsetLag: batch.offsetLag(),
    offsetLagLow: batch.offsetLagLow(),
    batchSize,
    firstOffset: batch.firstOffset()!,
    lastOffset: batch.lastOffset(),
  }
}
