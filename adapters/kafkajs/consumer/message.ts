import type { Codecs } from '../../../src/compression/codecs.ts'
import type { Header } from '../../../src/records/message.ts'
import type { RecordBatch } from '../../../src/records/record-batch.ts'
import { RecordCursor } from '../../../src/records/record-cursor.ts'
import { bufferAt, toBuffer } from '../bytes.ts'
import type { IHeaders } from '../types/common.ts'
import type { KafkaMessage } from '../types/consumer.ts'

/** What all messages of a record batch have in common. */
interface BatchContext {
  firstOffset: string
  firstTimestamp: string
  partitionLeaderEpoch: number
  inTransaction: boolean
  isControlBatch: boolean
  lastOffsetDelta: number
  producerId: string
  producerEpoch: number
  firstSequence: number
  maxTimestamp: string
  /** 0: the producer's, 1: the broker's, −1: none. */
  timestampType: number
  magicByte: number
}

/** A batch that is read from an offset on, and its records if they are decompressed already. */
interface MessageSource {
  readonly batch: RecordBatch
  readonly from: number
  readonly records?: Uint8Array
}

/** How records become messages. */
export interface MessageDecoding {
  readonly codecs: Codecs
  /** Bytes a compressed batch may become. */
  readonly limit: number
}

/** Keys and values as Buffers at once: a view of a view would cost as much again. */
class BufferCursor extends RecordCursor {
  get keyBuffer(): Buffer | null {
    return this.keyLength < 0 ? null : bufferAt(this.buffer, this.origin + this.keyAt, this.keyLength)
  }

  get valueBuffer(): Buffer | null {
    return this.valueLength < 0 ? null : bufferAt(this.buffer, this.origin + this.valueAt, this.valueLength)
  }
}

/**
 * Makes messages of a record batch in memory of its own, which they keep: each an object that nobody else has, for users
 * change them.
 */
export class MessageDecoder {
  readonly #from: number
  readonly #magicByte: number
  readonly #context: BatchContext
  readonly #cursor = new BufferCursor()
  // Most messages of a batch were written in the same millisecond.
  #timestamp = Number.NaN
  #timestampText = ''

  /** `batch` should be verified and detached; records before offset `from` are left out. */
  constructor({ batch, from, records }: MessageSource, { codecs, limit }: MessageDecoding) {
    this.#from = from
    this.#magicByte = batch.magic
    this.#context = contextOf(batch)
    if (records === undefined) this.#cursor.reset(batch, codecs, limit)
    else this.#cursor.resetTo(batch, records)
  }

  /** Adds the next `most` messages at most to a list; none at the end. */
  take(most = Number.POSITIVE_INFINITY, messages: object[] = []): KafkaMessage[] {
    const cursor = this.#cursor
    const from = this.#from
    const magicByte = this.#magicByte
    const batchContext = this.#context
    while (messages.length < most && cursor.next()) {
      const { offset, timestamp } = cursor
      if (offset < from) continue
      if (timestamp !== this.#timestamp) {
        this.#timestamp = timestamp
        this.#timestampText = `${timestamp}`
      }
      const { headers } = cursor
      messages.push({
        magicByte,
        attributes: 0,
        timestamp: this.#timestampText,
        offset: `${offset}`,
        key: cursor.keyBuffer,
        value: cursor.valueBuffer,
        headers: headers.length === 0 ? {} : headersOf(headers),
        isControlRecord: false,
        batchContext,
      })
    }
    return messages as KafkaMessage[]
  }
}

function contextOf(batch: RecordBatch): BatchContext {
  return {
    firstOffset: `${batch.baseOffset}`,
    firstTimestamp: `${batch.baseTimestamp}`,
    partitionLeaderEpoch: batch.leaderEpoch,
    inTransaction: batch.isTransactional,
    isControlBatch: batch.isControl,
    lastOffsetDelta: batch.lastOffset - batch.baseOffset,
    producerId: `${batch.producerId}`,
    producerEpoch: batch.producerEpoch,
    firstSequence: batch.baseSequence,
    maxTimestamp: `${batch.maxTimestamp}`,
    timestampType: batch.logAppendTime ? 1 : batch.magic === 0 ? -1 : 0,
    magicByte: batch.magic,
  }
}

/** By name; those of one name are a list. */
function headersOf(list: readonly Header[]): IHeaders {
  const headers: IHeaders = {}
  for (const { key, value: bytes } of list) {
    const value = bytes === null ? (null as unknown as Buffer) : toBuffer(bytes)
    const before = Object.hasOwn(headers, key) ? headers[key] : undefined
    const all = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
    if (key === '__proto__')
      Object.defineProperty(headers, key, { value: all, writable: true, enumerable: true, configurable: true })
    else headers[key] = all
  }
  return headers
}
