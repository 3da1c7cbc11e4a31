import { ProtocolError } from '../base/errors.ts'
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { type Codec, codecOf, type Schema } from './schema.ts'

type Elements<O, I> = { readonly codec: Codec<O, I>; readonly flexible: boolean }

function readElements<O, I>({ codec }: Elements<O, I>, from: ByteReader, length: number): O[] {
  // A hostile length must not reserve memory: each element takes its bytes, so there can't be more of them than bytes remain.
  if (length * Math.max(1, codec.minSize) > from.remaining)
    throw new ProtocolError(`an array of ${length} elements, ${from.remaining} bytes remain`)
  const all = new Array<O>(length)
  for (let i = 0; i < length; i++) all[i] = codec.read(from)
  return all
}

function readLength(from: ByteReader, flexible: boolean): number {
  return flexible ? from.unsignedVarint() - 1 : from.int32()
}

function writeElements<O, I>({ codec, flexible }: Elements<O, I>, to: ByteWriter, value: readonly I[]): void {
  if (flexible) to.unsignedVarint(value.length + 1)
  else to.int32(value.length)
  for (let i = 0; i < value.length; i++) codec.write(to, value[i]!)
}

export function arrayCodec<O, I>(element: Schema<O, I>, version: number, flexible: boolean): Codec<O[], readonly I[]> {
  const elements: Elements<O, I> = { codec: codecOf(element, version, flexible), flexible }
  return {
    minSize: flexible ? 1 : 4,
    read(from) {
      const length = readLength(from, flexible)
      if (length < 0) throw new ProtocolError('array is null, which it may not be here')
      return readElements(elements, from, length)
    },
    write(to, value) {
      if (value === null || value === undefined) throw new ProtocolError('array is null, which it may not be here')
      writeElements(elements, to, value)
    },
  }
}

export function nullableArrayCodec<O, I>(
  element: Schema<O, I>,
  version: number,
  flexible: boolean,
): Codec<O[] | null, readonly I[] | null> {
  const elements: Elements<O, I> = { codec: codecOf(element, version, flexible), flexible }
  return {
    minSize: flexible ? 1 : 4,
    read(from) {
      const length = readLength(from, flexible)
      return length < 0 ? null : readElements(elements, from, length)
    },
    write(to, value) {
      if (value !== null) writeElements(elements, to, value)
      else if (flexible) to.unsignedVarint(0)
      else to.int32(-1)
    },
  }
}
