import { crc32c } from '#crc32c'
import { ConfigError, kindOf } from '../base/errors.ts'
import { writeUtf8 } from '../bytes/utf8.ts'
import { putVarint, putVarlong, varintWidth, varlongWidth } from '../bytes/varint.ts'
import type { Compressor } from '../compression/codec.ts'
import * as layout from './batch-layout.ts'
import type { HeaderInput } from './message-input.ts'

type Field = string | Uint8Array | null | undefined
type WriteUtf8 = (into: Uint8Array, at: number, text: string) => number

type Packer = Pick<Compressor, 'code' | 'compress'>

/** What changes between two tries of the same batch. */
export interface BatchStamp {
  /** -1 without idempotence. */
  producerId: bigint
  producerEpoch: number
  baseSequence: number
  transactional?: boolean
  compression?: Packer | undefined
  level?: number | undefined
}

/** The batch begins here in the buffer, so that what its CRC covers begins at a whole word. */
const front = 3
const records = front + layout.headerBytes

/**
 * The most a record's length takes, and what is in a record beside key, value and headers: attributes, timestamp,
 * offset, number of headers.
 */
const mostLength = 5
const mostFraming = mostLength + 1 + 10 + 5 + 1

// A loop is quicker than set() up to here, and than a native UTF-8 write, whose calls cost the same for any length.
const shortBytes = 12
const shortText = 20

/** A buffer that grew beyond this for one huge record isn't kept for the next batch. */
const largestKept = 2 * 1024 * 1024

/**
 * One partition's open batch: records are encoded once, as they are appended, into a buffer that grows and is used
 * again after `reset`.
 */
export class BatchBuilder {
  /** Records so far. */
  count = 0
  readonly #capacity: number
  readonly #writeText: WriteUtf8
  #bytes: Uint8Array
  /** Where the next record goes. */
  #at = records
  #baseTimestamp = 0
  #maxTimestamp = 0
  /** The records compressed, with room for the batch header in front; kept for retries. */
  #packed: Uint8Array | undefined
  #packedBy: Packer | undefined
  #packedLevel: number | undefined

  /**
   * `writeUtf8` is the runtime's own, where it has a quicker one than TextEncoder; `capacity` is the buffer's first
   * size in bytes (16 KiB).
   */
  constructor({
    writeUtf8: native,
    capacity = 16 * 1024,
  }: { writeUtf8?: WriteUtf8 | undefined; capacity?: number } = {}) {
    this.#capacity = Math.max(capacity, records)
    this.#writeText =
      native === undefined
        ? writeUtf8
        : (into, at, text) => (text.length <= shortText ? writeUtf8 : native)(into, at, text)
    this.#bytes = new Uint8Array(this.#capacity)
  }

  /** Bytes so far, before compression, the 61-byte batch header included. */
  get size(): number {
    return this.#at - front
  }

  /** The records so far, as they are to be compressed: a view, valid until this object is used again. */
  get records(): Uint8Array {
    return this.#bytes.subarray(records, this.#at)
  }

  /**
   * Adds a record; `timestamp` in milliseconds since 1970. What is no record (a key that is a number, say) is a
   * ConfigError, and nothing is added.
   */
  append(key: Field, value: Field, headers: readonly HeaderInput[] | null | undefined, timestamp: number): void {
    const count = this.count
    const delta = count === 0 ? 0 : timestamp - this.#baseTimestamp
    if (!Number.isSafeInteger(timestamp) || !Number.isSafeInteger(delta))
      throw new ConfigError(`a record's timestamp is whole milliseconds since 1970, not ${timestamp}`)
    // The record's length comes first, so it is guessed as if all texts were ASCII, and repaired where they were not.
    let guess = 2 + varlongWidth(delta) + varintWidth(count) + fieldWidth(key) + fieldWidth(value)
    let room = mostLength + textExcess(key) + textExcess(value)
    const some = headers !== null && headers !== undefined && headers.length > 0
    if (some) {
      guess += headersWidth(headers) - 1
      room += headersExcess(headers)
    }
    if (this.#at + guess + room > this.#bytes.length) this.#grow(this.#at + guess + room)

    const bytes = this.#bytes
    const body = putVarint(bytes, this.#at, guess)
    bytes[body] = 0 // attributes: none are defined
    let p = putVarlong(bytes, body + 1, delta)
    p = putVarint(bytes, p, count)
    // The two commonest kinds of field without a call.
    if (key === null || key === undefined) bytes[p++] = 1
    else p = this.#putField(bytes, p, key)
    if (value !== null && typeof value === 'object' && value.length > shortBytes) {
      p = putVarint(bytes, p, value.length)
      bytes.set(value, p)
      p += value.length
    } else p = this.#putField(bytes, p, value)
    if (some) p = this.#putHeaders(bytes, p, headers)
    else bytes[p++] = 0
    if (p - body !== guess) p = setLength(bytes, this.#at, body, p)

    this.#added(p, timestamp)
  }

  /** Adds a record of another batch: bytes[from, to) are its key, value and headers as they lie there. */
  appendEncoded(bytes: Uint8Array, from: number, to: number, timestamp: number): void {
    const count = this.count
    const delta = count === 0 ? 0 : timestamp - this.#baseTimestamp
    const length = 1 + varlongWidth(delta) + varintWidth(count) + to - from
    if (this.#at + mostLength + length > this.#bytes.length) this.#grow(this.#at + mostLength + length)
    let p = putVarint(this.#bytes, this.#at, length)
    this.#bytes[p++] = 0 // attributes: none are defined
    p = putVarlong(this.#bytes, p, delta)
    p = putVarint(this.#bytes, p, count)
    this.#bytes.set(bytes.subarray(from, to), p)
    this.#added(p + to - from, timestamp)
  }

  /**
   * The finished batch, header and CRC filled in: a view, valid until this object is used again. May be called again
   * with another stamp; the records are compressed only once.
   */
  finish(stamp: BatchStamp): Uint8Array {
    if (this.count === 0) throw new ConfigError('a record batch needs a record')
    const whole =
      stamp.compression === undefined ? this.#bytes.subarray(0, this.#at) : this.#pack(stamp.compression, stamp.level)
    const batch = whole.subarray(front)
    const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
    putInt64(view, 0, 0) // the broker gives the offset
    view.setInt32(layout.lengthAt, batch.length - layout.lengthCoversFrom)
    view.setInt32(layout.leaderEpochAt, -1)
    batch[layout.magicAt] = 2
    view.setInt16(
      layout.attributesAt,
      (stamp.compression?.code ?? 0) | (stamp.transactional === true ? layout.transactionalFlag : 0),
    )
    view.setInt32(layout.lastOffsetDeltaAt, this.count - 1)
    putInt64(view, layout.baseTimestampAt, this.#baseTimestamp)
    putInt64(view, layout.maxTimestampAt, this.#maxTimestamp)
    view.setBigInt64(layout.producerIdAt, stamp.producerId)
    view.setInt16(layout.producerEpochAt, stamp.producerEpoch)
    view.setInt32(layout.baseSequenceAt, stamp.baseSequence)
    view.setInt32(layout.countAt, this.count)
    view.setUint32(layout.crcAt, crc32c(batch, layout.attributesAt, batch.length))
    return batch
  }

  /** Empties it for another batch; what `finish` answered is overwritten from here on. */
  reset(): void {
    this.count = 0
    this.#at = records
    this.#packed = undefined
    if (this.#bytes.length > largestKept) this.#bytes = new Uint8Array(this.#capacity)
  }

  /** At least the bytes `append` would add. Cheap: a string counts three bytes a UTF-16 unit. */
  static sizeBound(input: { key?: Field; value?: Field; headers?: readonly HeaderInput[] | null | undefined }): number {
    let bound =
      mostFraming + fieldWidth(input.key) + textExcess(input.key) + fieldWidth(input.value) + textExcess(input.value)
    if (input.headers) bound += headersWidth(input.headers) + headersExcess(input.headers)
    return bound
  }

  /** A record was put in front of `at`. */
  #added(at: number, timestamp: number): void {
    this.#at = at
    if (this.count++ === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp
    else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    this.#packed = undefined
  }

  #pack(codec: Packer, level: number | undefined): Uint8Array {
    if (this.#packed === undefined || this.#packedBy !== codec || this.#packedLevel !== level) {
      const compressed = codec.compress(this.records, level)
      this.#packed = new Uint8Array(records + compressed.length)
      this.#packed.set(compressed, records)
      this.#packedBy = codec
      this.#packedLevel = level
    }
    return this.#packed
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, needed))
    bytes.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = bytes
  }

  #putHeaders(bytes: Uint8Array, at: number, headers: readonly HeaderInput[]): number {
    let p = putVarint(bytes, at, headers.length)
    for (const header of headers) {
      p = this.#putField(bytes, p, header.key)
      p = this.#putField(bytes, p, header.value)
    }
    return p
  }

  /** A length and that many bytes. There is room for it. */
  #putField(bytes: Uint8Array, at: number, field: Field): number {
    if (field === null || field === undefined) {
      bytes[at] = 1 // -1
      return at + 1
    }
    const length = field.length
    let p = putVarint(bytes, at, length)
    if (typeof field === 'string') {
      const written = this.#writeText(bytes, p, field)
      return written === length ? p + length : setLength(bytes, at, p, p + written)
    }
    if (length <= shortBytes) for (let i = 0; i < length; i++) bytes[p++] = field[i]!
    else {
      bytes.set(field, p)
      p += length
    }
    return p
  }
}

/**
 * Puts the true length of bytes[from, to) at `at` in place of the one guessed, moving the bytes if it takes another
 * width; answers their new end.
 */
function setLength(bytes: Uint8Array, at: number, from: number, to: number): number {
  const length = to - from
  const start = at + varintWidth(length)
  if (start !== from) bytes.copyWithin(start, from, to)
  putVarint(bytes, at, length)
  return start + length
}

/** Bytes of a field, its length included, as if text were ASCII. A ConfigError for what is no field. */
function fieldWidth(field: Field): number {
  if (field === null || field === undefined) return 1
  // Not instanceof: test runners and iframes have Uint8Arrays of their own.
  if (typeof field !== 'string' && field.BYTES_PER_ELEMENT !== 1) throw notAField(field)
  const length = field.length
  return varintWidth(length) + length
}

/** By how much `fieldWidth` may be too small: two bytes a UTF-16 unit, and a wider length. */
function textExcess(field: Field): number {
  return typeof field === 'string' ? field.length * 2 + 1 : 0
}

function notAField(field: unknown): ConfigError {
  return new ConfigError(`keys, values and header values are strings, Uint8Arrays or null, not ${kindOf(field)}`)
}

/** Bytes of the headers, their number included, as if text were ASCII. */
function headersWidth(headers: readonly HeaderInput[]): number {
  let width = varintWidth(headers.length)
  if (!Array.isArray(headers)) throw new ConfigError('headers are a list of { key, value }, the key a string')
  for (const header of headers) {
    // With its value by a name that there is not, null would be written.
    if (typeof header?.key !== 'string' || !('value' in header))
      throw new ConfigError('headers are a list of { key, value }, the key a string')
    width += fieldWidth(header.key) + fieldWidth(header.value)
  }
  return width
}

/** By how much `headersWidth` may be too small. */
function headersExcess(headers: readonly HeaderInput[]): number {
  let excess = 0
  for (const header of headers) excess += textExcess(header.key) + textExcess(header.value)
  return excess
}

function putInt64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 0x100000000)
  view.setInt32(at, high)
  view.setUint32(at + 4, value - high * 0x100000000)
}
