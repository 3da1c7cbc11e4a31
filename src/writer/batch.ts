import { ConfigError, kindOf } from '../base/errors.ts'
import type { Compressor, CustomCompressor } from '../compression/codec.ts'
import type { BatchBuilder } from '../records/batch-builder.ts'
import type { MessageInput } from '../records/message-input.ts'
import type { WrittenMessage } from './config.ts'
import { type PendingWrite, type SettledBatch, SharedWrite } from './pending-write.ts'
import type { ProducerIdentity } from './producer-identity.ts'
import type { BatchCompression } from './settings.ts'

/** Records [from, to) of a batch belong to a call. */
interface Run {
  readonly call: PendingWrite
  readonly from: number
  to: number
}

/**
 * A partition's batch from its first message until it is settled. It, not the request it rides in, is what is retried.
 */
export class Batch implements SettledBatch {
  readonly topic: string
  partition: number
  readonly builder: BatchBuilder
  readonly compression: BatchCompression
  /** Moments by the clock's `monotonic`. */
  readonly createdAt: number
  closedAt = 0
  firstSentAt = 0

  /**
   * Under which identity and sequence number it is sent, from the first sending on; null and -1 before, and without
   * idempotence.
   */
  identity: ProducerIdentity | null = null
  sequence = -1
  /** How often it was sent. */
  attempts = 0
  /** Whether an earlier attempt may have been written: it ended without the broker's clear answer. */
  maybeWritten = false
  /**
   * Part of one that may have been written whole: the broker would not know a repeat of it for one, but find it out of
   * sequence.
   */
  partOfDoubtful = false
  /** What the broker has against records of it, by their number in the batch (KIP-467). */
  flaws: ReadonlyMap<number, Error> | undefined
  /** The last failure, in case it is given up. */
  lastError: unknown
  /** Whether a request carries it: nobody else may touch the bytes meanwhile. */
  inFlight = false
  settled = false
  /** Bytes it takes of the room there is. */
  charged = 0
  /** Bytes it had when last sent. */
  sentBytes = 0

  /** For each record its message's index in its call, if that has several. */
  readonly indexes: number[] = []
  /** The messages themselves, kept only if someone wants them back. */
  readonly messages: MessageInput[] = []
  readonly timestamps: number[] = []
  readonly #runs: Run[] = []
  #open: Run | null = null
  /** What calls of one message share: one promise, not one for each. */
  #shared: SharedWrite | null = null

  logStartOffset = -1
  #baseOffset = -1
  #logAppendTime = -1
  #incompressible = false
  #packing = false
  /** Has what a compressor of somebody's own made of it. */
  #packed: Pick<Compressor, 'code' | 'compress'> | undefined

  /** The largest batch the broker had taken of this topic when it was begun. */
  readonly provenBytes: number

  constructor(
    topic: string,
    partition: number,
    builder: BatchBuilder,
    compression: BatchCompression,
    createdAt: number,
    provenBytes = 0,
  ) {
    this.compression = compression
    this.topic = topic
    this.partition = partition
    this.builder = builder
    this.createdAt = createdAt
    this.provenBytes = provenBytes
  }

  get count(): number {
    return this.builder.count
  }

  /** The record just appended is message `index` of `call`. */
  claim(call: PendingWrite, index: number): void {
    const record = this.builder.count - 1
    this.indexes[record] = index
    if (this.#open !== null && this.#open.call === call) return
    this.#endRun(record)
    this.#open = { call, from: record, to: record }
    this.#runs.push(this.#open)
    call.joined()
  }

  /** The record just appended is a call of one message, which gets the promise it shares with others like it. */
  share(): Promise<void> {
    this.#endRun(this.builder.count - 1)
    this.#shared ??= new SharedWrite()
    return this.#shared.promise
  }

  /** The record just appended is nobody's: its writer doesn't wait. */
  disown(): void {
    this.#endRun(this.builder.count - 1)
  }

  /** Someone more waits for all its records. Nothing may be appended any more. */
  watch(call: PendingWrite): void {
    this.#endRun(this.count)
    this.#runs.push({ call, from: 0, to: this.count })
    call.joined()
  }

  /** A compressor of somebody's own is to be done with it before it can be sent. */
  get waitsForPacking(): boolean {
    return typeof this.compression === 'object' && this.#packed === undefined
  }

  get isPacking(): boolean {
    return this.#packing && this.#packed === undefined
  }

  /** Has it compressed. Nothing may be appended any more. Rejects with what the compressor throws. */
  async pack(): Promise<void> {
    this.#packing = true
    const compressor = this.compression as CustomCompressor
    // The batch may be given up meanwhile, and its memory be another's.
    const packed = await compressor.compress(this.builder.records.slice())
    // Not instanceof: test runners and iframes have Uint8Arrays of their own.
    if (packed?.BYTES_PER_ELEMENT !== 1) throw new ConfigError(`a compressor answers bytes, not ${kindOf(packed)}`)
    this.#packed = { code: compressor.code, compress: () => packed }
  }

  /** The bytes to send, stamped with identity and number. Compressed by a codec only if that makes them fewer. */
  finish(codecs: readonly (Compressor | undefined)[], level: number | undefined): Uint8Array {
    const stamp = {
      producerId: this.identity?.id ?? -1n,
      producerEpoch: this.identity?.epoch ?? -1,
      baseSequence: this.sequence,
      transactional: this.identity?.transactionalId !== undefined,
    }
    let records: Uint8Array | undefined
    const { compression } = this
    const codec = typeof compression === 'number' ? codecs[compression] : this.#packed
    if (codec !== undefined && !this.#incompressible) {
      records = this.builder.finish({ ...stamp, compression: codec, level })
      this.#incompressible = codec !== this.#packed && records.length >= this.builder.size
    }
    if (records === undefined || this.#incompressible) records = this.builder.finish(stamp)
    this.sentBytes = records.length
    return records
  }

  /** Where its records went, once written. */
  written(baseOffset: number, logAppendTime: number, logStartOffset: number): void {
    this.#baseOffset = baseOffset
    this.#logAppendTime = logAppendTime
    this.logStartOffset = logStartOffset
  }

  offsetOf(record: number): number {
    return this.#baseOffset < 0 ? -1 : this.#baseOffset + record
  }

  /**
   * When the record was written, in milliseconds: the broker's time where the topic stamps records itself, else `own`.
   */
  timeOf(own: number): number {
    return this.#logAppendTime >= 0 ? this.#logAppendTime : own
  }

  /** The messages with what is known of where they went; for the completion callback. */
  writtenMessages(): WrittenMessage[] {
    const { topic, partition } = this
    return this.messages.map((message, record) => {
      const timestamp = this.timeOf(this.timestamps[record]!)
      return { ...message, topic, partition, offset: this.offsetOf(record), timestamp, time: new Date(timestamp) }
    })
  }

  /** Tells those who wait. */
  tell(error: Error | null): void {
    this.#endRun(this.count)
    for (const { call, from, to } of this.#runs) call.settled(this, from, to, error)
    this.#shared?.settled(this, 0, this.count, error)
  }

  /** Hands records [from, to) over to `part`, which has them encoded already, with those who wait for them. */
  handOver(from: number, to: number, part: Batch): void {
    this.#endRun(this.count)
    for (let record = from; record < to; record++) {
      part.indexes.push(this.indexes[record]!)
      if (this.messages.length === 0) continue
      part.messages.push(this.messages[record]!)
      part.timestamps.push(this.timestamps[record]!)
    }
    for (const { call, ...run } of this.#runs) {
      if (run.from >= to || run.to <= from) continue
      part.#runs.push({ call, from: Math.max(run.from, from) - from, to: Math.min(run.to, to) - from })
      // A call already waits for the part where its run begins: it waited for the whole.
      if (run.from < from) call.joined()
    }
    part.#shared = this.#shared
    if (from > 0) this.#shared?.joined()
  }

  #endRun(record: number): void {
    if (this.#open === null) return
    this.#open.to = record
    this.#open = null
  }
}
