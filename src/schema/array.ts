import { ProtocolError } from '../base/errors.ts'
import type { ByteReader } from '../bytes/reader.ts'
import { type ByteWriter, notA } from '../bytes/writer.ts'
import { type Codec, codecOf, type Schema } from './schema.ts'

// Longer arrays grow as their elements are read: a length alone reserves no memory to speak of.
const reserved = 1024

export function arrayCodec<O, I>(element: Schema<O, I>, version: number, flexible: boolean): Codec<O[], readonly I[]> {
  const { minSize, readOrNull, write } = parts(element, version, flexible)
  return {
    minSize,
    read(from) {
      const all = readOrNull(from)
      if (all === null) throw new ProtocolError('array is null, which it may not be here')
      return all
    },
    write,
  }
}

export function nullableArrayCodec<O, I>(
  element: Schema<O, I>,
  version: number,
  flexible: boolean,
): Codec<O[] | null, readonly I[] | null> {
  const { minSize, readOrNull, write } = parts(element, version, flexible)
  return {
    minSize,
    read: readOrNull,
    write(to, value) {
      if (value !== null) write(to, value)
      else if (flexible) to.unsignedVarint(0)
      else to.int32(-1)
    },
  }
}

function parts<O, I>(element: Schema<O, I>, version: number, flexible: boolean) {
  const { read, write, minSize } = codecOf(element, version, flexible)
  // Each element takes some bytes, so there can't be more of them than remain.
  const least = Math.max(1, minSize)
  return {
    minSize: flexible ? 1 : 4,
    readOrNull(from: ByteReader): O[] | null {
      const length = flexible ? from.unsignedVarint() - 1 : from.int32()
      if (length < 0) return null
      from.room -= length
      if (length * least > from.remaining || from.room < 0)
        throw new ProtocolError(`an array of ${length} elements, ${from.remaining} bytes remain`)
      const all: O[] = length > reserved ? [] : new Array(length)
      for (let i = 0; i < length; i++) all[i] = read(from)
      return all
    },
    write(to: ByteWriter, value: readonly I[]): void {
      if (!Array.isArray(value)) throw notA('array', value)
      if (flexible) to.unsignedVarint(value.length + 1)
      else to.int32(value.length)
      for (let i = 0; i < value.length; i++) write(to, value[i]!)
    },
  }
}
