import { ProtocolError } from '../base/errors.ts'
import type { ByteReader } from '../bytes/reader.ts'
import { zeroUuid } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { type Codec, everyVersion, type ScalarName, type Schema } from './schema.ts'

function scalar<T>(
  kind: ScalarName,
  zero: T,
  minSize: number,
  read: (from: ByteReader) => T,
  write: (to: ByteWriter, value: T) => void,
): Schema<T, T, false> {
  const codec: Codec<T> = { minSize, read, write }
  return {
    shape: { kind },
    traits: {
      versions: everyVersion,
      nullable: undefined,
      tag: undefined,
      ignorable: false,
      beside: undefined,
      hasDefault: false,
      defaultValue: zero,
    },
    plain: () => codec,
  }
}

export const boolean = scalar<boolean>(
  'boolean',
  false,
  1,
  r => r.boolean(),
  (w, v) => w.boolean(v),
)
export const int8 = scalar<number>(
  'int8',
  0,
  1,
  r => r.int8(),
  (w, v) => w.int8(v),
)
export const int16 = scalar<number>(
  'int16',
  0,
  2,
  r => r.int16(),
  (w, v) => w.int16(v),
)
export const uint16 = scalar<number>(
  'uint16',
  0,
  2,
  r => r.uint16(),
  (w, v) => w.uint16(v),
)
export const int32 = scalar<number>(
  'int32',
  0,
  4,
  r => r.int32(),
  (w, v) => w.int32(v),
)
export const uint32 = scalar<number>(
  'uint32',
  0,
  4,
  r => r.uint32(),
  (w, v) => w.uint32(v),
)
/** A number; beyond ±2^53 a ProtocolError. */
export const int64 = scalar<number>(
  'int64',
  0,
  8,
  r => r.int64(),
  (w, v) => w.int64(v),
)
export const bigInt64 = scalar<bigint>(
  'bigInt64',
  0n,
  8,
  r => r.bigInt64(),
  (w, v) => w.bigInt64(v),
)
/** An int64 in milliseconds; the extremes become the nearest number. */
export const timestamp = scalar<number>(
  'timestamp',
  0,
  8,
  r => r.clampedInt64(),
  (w, v) => w.clampedInt64(v),
)
/** An int64 that is a size or a bound; the extremes become the nearest number. */
export const size64 = scalar<number>(
  'size64',
  0,
  8,
  r => r.clampedInt64(),
  (w, v) => w.clampedInt64(v),
)
export const float64 = scalar<number>(
  'float64',
  0,
  8,
  r => r.float64(),
  (w, v) => w.float64(v),
)
export const varint = scalar<number>(
  'varint',
  0,
  1,
  r => r.varint(),
  (w, v) => w.varint(v),
)
export const varlong = scalar<number>(
  'varlong',
  0,
  1,
  r => r.varlong(),
  (w, v) => w.varlong(v),
)
/** Kafka's text form: 22 characters of URL-safe base64. */
export const uuid = scalar<string>(
  'uuid',
  zeroUuid,
  16,
  r => r.uuid(),
  (w, v) => w.uuid(v),
)

/** Types that are a length and that many bytes; a length of −1 (compact: 0) is null. */
function sized<T>(
  kind: 'string' | 'bytes' | 'records',
  zero: T,
  wide: boolean,
  read: (from: ByteReader, length: number) => T,
  write: (to: ByteWriter, value: T, flexible: boolean) => void,
): Schema<T, T, false> {
  const length = (from: ByteReader, flexible: boolean): number =>
    flexible ? from.unsignedVarint() - 1 : wide ? from.int32() : from.int16()
  const minSize = (flexible: boolean): number => (flexible ? 1 : wide ? 4 : 2)
  return {
    shape: { kind },
    traits: {
      versions: everyVersion,
      nullable: undefined,
      tag: undefined,
      ignorable: false,
      beside: undefined,
      hasDefault: false,
      defaultValue: zero,
    },
    plain: (_version, flexible) => ({
      minSize: minSize(flexible),
      read(from) {
        const n = length(from, flexible)
        if (n < 0) throw new ProtocolError(`${kind} is null, which it may not be here`)
        return read(from, n)
      },
      write(to, value) {
        if (value === null || value === undefined) throw new ProtocolError(`${kind} is null, which it may not be here`)
        write(to, value, flexible)
      },
    }),
    orNull: (_version, flexible) => ({
      minSize: minSize(flexible),
      read(from) {
        const n = length(from, flexible)
        return n < 0 ? null : read(from, n)
      },
      write(to, value) {
        if (value !== null) write(to, value, flexible)
        else if (flexible) to.unsignedVarint(0)
        else if (wide) to.int32(-1)
        else to.int16(-1)
      },
    }),
  }
}

function writeLength(to: ByteWriter, length: number, flexible: boolean): void {
  if (flexible) to.unsignedVarint(length + 1)
  else to.int32(length)
}

const noBytes = new Uint8Array(0)

export const string = sized<string>(
  'string',
  '',
  false,
  (r, n) => r.utf8(n),
  (w, v, flexible) => w.string(v, flexible ? 'compact' : 'int16'),
)

/** Copied out of the frame when read. */
export const bytes = sized<Uint8Array>(
  'bytes',
  noBytes,
  true,
  (r, n) => r.view8(n).slice(),
  (w, v, flexible) => {
    writeLength(w, v.length, flexible)
    w.raw(v)
  },
)

/** Record batches: a view of the frame when read, attached and not copied when written. */
export const records = sized<Uint8Array>(
  'records',
  noBytes,
  true,
  (r, n) => r.view8(n),
  (w, v, flexible) => {
    writeLength(w, v.length, flexible)
    w.attach(v)
  },
)
