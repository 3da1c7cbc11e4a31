// Reads and writes records slowly and plainly, as Kafka's documentation has them: what the quick decoder and encoder
// are held against.
import type { Message } from '../../src/records/message.ts'
import type { RecordCursor } from '../../src/records/record-cursor.ts'

/** A record's parts, bytes as hex, so that two are easily compared. */
export interface PlainRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [key: string, value: string | null])[]
}

/** A Message, or what a cursor is at, as such. */
export function plainly({ offset, timestamp, key, value, headers }: Message | RecordCursor): PlainRecord {
  return {
    offset,
    timestamp,
    key: key && hex(key),
    value: value && hex(value),
    headers: headers.map(each => [each.key, each.value && hex(each.value)]),
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')

class Refused extends Error {}

function check(holds: boolean): void {
  if (!holds) throw new Refused()
}

class Source {
  readonly bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get ended(): boolean {
    return this.at === this.bytes.length
  }

  take(length: number): Uint8Array {
    check(length >= 0 && length <= this.bytes.length - this.at)
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  /** A zigzag varint of at most so many bits. */
  varint(bits: bigint): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const [byte] = this.take(1)
      value |= BigInt(byte! & 0x7f) << shift
      if (byte! < 0x80) break
      check(shift + 7n < bits)
    }
    check(value < 1n << bits)
    return (value >> 1n) ^ -(value & 1n)
  }

  /** Bytes with their length in front; null for a length of -1. */
  field(): string | null {
    const length = Number(this.varint(32n))
    return length === -1 ? null : hex(this.take(length))
  }
}

function* varint(value: bigint): Generator<number> {
  let rest = value < 0n ? -2n * value - 1n : 2n * value
  for (; rest > 0x7fn; rest >>= 7n) yield Number(rest & 0x7fn) | 0x80
  yield Number(rest)
}

function* field(bytes: Uint8Array | null): Generator<number> {
  yield* varint(BigInt(bytes?.length ?? -1))
  yield* bytes ?? []
}

/** What records of format v2 are as bytes, without a batch's header; offsets and times count from these. */
export function writePlainly(records: readonly PlainRecord[], baseOffset: number, baseTimestamp: number): Uint8Array {
  const bytes = (text: string | null): Uint8Array | null =>
    text === null ? null : Uint8Array.from(Buffer.from(text, 'hex'))
  return Uint8Array.from(
    records.flatMap(({ offset, timestamp, key, value, headers }) => {
      const body = [
        0,
        ...varint(BigInt(timestamp) - BigInt(baseTimestamp)),
        ...varint(BigInt(offset) - BigInt(baseOffset)),
        ...field(bytes(key)),
        ...field(bytes(value)),
        ...varint(BigInt(headers.length)),
        ...headers.flatMap(header => [...field(Buffer.from(header[0])), ...field(bytes(header[1]))]),
      ]
      return [...varint(BigInt(body.length)), ...body]
    }),
  )
}

/**
 * The records of an uncompressed batch of format v2; undefined if it is none. Checks neither the CRC nor the header.
 */
export function readPlainly(batch: Uint8Array): PlainRecord[] | undefined {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
  const base = Number(view.getBigInt64(0))
  const logAppendTime = (view.getInt16(21) & 8) !== 0
  const [baseTimestamp, maxTimestamp] = [Number(view.getBigInt64(27)), Number(view.getBigInt64(35))]
  const records: PlainRecord[] = []
  try {
    const source = new Source(batch.subarray(61))
    for (let left = view.getInt32(57); left > 0; left--) {
      const record = new Source(source.take(Number(source.varint(32n))))
      record.take(1) // attributes
      const delta = record.varint(64n)
      check(delta >= -(2n ** 53n) && delta < 2n ** 53n)
      const offsetDelta = Number(record.varint(32n))
      check(offsetDelta >= 0 && offsetDelta <= view.getInt32(23))
      const [key, value] = [record.field(), record.field()]
      const headers: [string, string | null][] = []
      const count = Number(record.varint(32n))
      check(count >= 0)
      for (let i = 0; i < count; i++) {
        const name = record.field()
        check(name !== null)
        headers.push([Buffer.from(name!, 'hex').toString(), record.field()])
      }
      check(record.ended)
      records.push({
        offset: base + offsetDelta,
        timestamp: logAppendTime ? maxTimestamp : baseTimestamp + Number(delta),
        key,
        value,
        headers,
      })
    }
    check(source.ended)
    return records
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}
