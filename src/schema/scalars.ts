import { ProtocolError } from '../base/errors.ts'
import {
  readFloat64,
  readUint32,
  readVarint,
  readVarlong,
  writeFloat64,
  writeUint32,
  writeVarint,
  writeVarlong,
} from '../bytes/rare-types.ts'
import { type ByteReader, zeroUuid } from '../bytes/reader.ts'
import { type ByteWriter, notA } from '../bytes/writer.ts'
import { type Codec, plainTraits, type ScalarName, type Schema } from './schema.ts'

type Read<T> = (from: ByteReader) => T
type Write<T> = (to: ByteWriter, value: T) => void

/** Types of one form in every version. */
function scalar<T>(
  kind: ScalarName,
  zero: T,
  minSize: number,
  codec: { read: Read<T>; write: Write<T> },
): Schema<T, T, false> {
  const whole: Codec<T> = { minSize, ...codec }
  return { shape: { kind }, traits: { ...plainTraits, defaultValue: zero }, plain: () => whole }
}

// Marked as pure, so that bundles leave out the types they don't use.
/** One byte. */
export const boolean = /* @__PURE__ */ scalar('boolean', false as boolean, 1, {
  read: r => r.boolean(),
  write: (w, v) => w.boolean(v),
})
/** A number of 8 bits, signed. */
export const int8 = /* @__PURE__ */ scalar('int8', 0, 1, { read: r => r.int8(), write: (w, v) => w.int8(v) })
/** A number of 16 bits, signed. */
export const int16 = /* @__PURE__ */ scalar('int16', 0, 2, { read: r => r.int16(), write: (w, v) => w.int16(v) })
/** A number of 16 bits, unsigned. */
export const uint16 = /* @__PURE__ */ scalar('uint16', 0, 2, { read: r => r.uint16(), write: (w, v) => w.uint16(v) })
/** A number of 32 bits, signed. */
export const int32 = /* @__PURE__ */ scalar('int32', 0, 4, { read: r => r.int32(), write: (w, v) => w.int32(v) })
/** A number of 32 bits, unsigned. */
export const uint32 = /* @__PURE__ */ scalar('uint32', 0, 4, { read: readUint32, write: writeUint32 })
/** A number; beyond ±2^53 a ProtocolError. */
export const int64 = /* @__PURE__ */ scalar('int64', 0, 8, { read: r => r.int64(), write: (w, v) => w.int64(v) })
/** A bigint of 64 bits, signed. */
export const bigInt64 = /* @__PURE__ */ scalar('bigInt64', 0n, 8, {
  read: r => r.bigInt64(),
  write: (w, v) => w.bigInt64(v),
})
/** An int64 in milliseconds; the extremes become the nearest number. */
export const timestamp = /* @__PURE__ */ scalar('timestamp', 0, 8, {
  read: r => r.clampedInt64(),
  write: (w, v) => w.clampedInt64(v),
})
/** An int64 that is a size or a bound; the extremes become the nearest number. */
export const size64 = /* @__PURE__ */ scalar('size64', 0, 8, {
  read: r => r.clampedInt64(),
  write: (w, v) => w.clampedInt64(v),
})
/** A number, IEEE 754 with 64 bits. */
export const float64 = /* @__PURE__ */ scalar('float64', 0, 8, {
  read: readFloat64,
  write: writeFloat64,
})
/** Zigzag, at most 32 bits. */
export const varint = /* @__PURE__ */ scalar('varint', 0, 1, { read: readVarint, write: writeVarint })
/** Zigzag, at most 64 bits; a number, beyond ±2^53 a ProtocolError. */
export const varlong = /* @__PURE__ */ scalar('varlong', 0, 1, {
  read: readVarlong,
  write: writeVarlong,
})
/** Kafka's text form: 22 characters of URL-safe base64. */
export const uuid = /* @__PURE__ */ scalar('uuid', zeroUuid, 16, { read: r => r.uuid(), write: (w, v) => w.uuid(v) })

/** A type that is a length and that many bytes; a length of −1 (compact: 0) is null. */
interface Sized<T> {
  /** Bytes of the length when it isn't compact. */
  readonly lengthSize: 2 | 4
  is(value: unknown): value is T
  read(from: ByteReader, length: number): T
  write(to: ByteWriter, value: T, flexible: boolean): void
}

function sized<T>(kind: 'string' | 'bytes' | 'records', zero: T, type: Sized<T>): Schema<T, T, false> {
  const wide = type.lengthSize === 4
  const readLength = (from: ByteReader, flexible: boolean): number =>
    flexible ? from.unsignedVarint() - 1 : wide ? from.int32() : from.int16()
  const writeNull = (to: ByteWriter, flexible: boolean): void =>
    flexible ? to.unsignedVarint(0) : wide ? to.int32(-1) : to.int16(-1)
  const write = (to: ByteWriter, value: T, flexible: boolean): void => {
    if (!type.is(value)) throw notA(kind, value)
    type.write(to, value, flexible)
  }
  return {
    shape: { kind },
    traits: { ...plainTraits, defaultValue: zero },
    plain: (_version, flexible) => ({
      minSize: flexible ? 1 : type.lengthSize,
      read(from) {
        const length = readLength(from, flexible)
        if (length < 0) throw new ProtocolError(`${kind} is null, which it may not be here`)
        return type.read(from, length)
      },
      write: (to, value) => write(to, value, flexible),
    }),
    orNull: (_version, flexible) => ({
      minSize: flexible ? 1 : type.lengthSize,
      read(from) {
        const length = readLength(from, flexible)
        return length < 0 ? null : type.read(from, length)
      },
      write: (to, value) => (value === null ? writeNull(to, flexible) : write(to, value, flexible)),
    }),
  }
}

const noBytes = new Uint8Array(0)
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

function writeLength(to: ByteWriter, length: number, flexible: boolean): void {
  if (flexible) to.unsignedVarint(length + 1)
  else to.int32(length)
}

/** Text as UTF-8. */
export const string = /* @__PURE__ */ sized<string>('string', '', {
  lengthSize: 2,
  is: value => typeof value === 'string',
  read: (from, length) => from.utf8(length),
  write: (to, value, flexible) => to.string(value, flexible ? 'compact' : 'int16'),
})

/** Copied out of the frame when read. */
export const bytes = /* @__PURE__ */ sized<Uint8Array>('bytes', noBytes, {
  lengthSize: 4,
  is: isBytes,
  read: (from, length) => from.copy8(length),
  write(to, value, flexible) {
    writeLength(to, value.length, flexible)
    to.raw(value)
  },
})

/** Record batches: a view of the frame when read, attached and not copied when written. */
export const records = /* @__PURE__ */ sized<Uint8Array>('records', noBytes, {
  lengthSize: 4,
  is: isBytes,
  read: (from, length) => from.view8(length),
  write(to, value, flexible) {
    writeLength(to, value.length, flexible)
    to.attach(value)
  },
})
