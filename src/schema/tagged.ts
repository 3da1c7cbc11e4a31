import { ProtocolError } from '../base/errors.ts'
import type { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { isDefault } from './defaults.ts'
import type { Row } from './row.ts'
import type { AnySchema, Codec } from './schema.ts'

/** A tagged field (KIP-482) at one version. */
export interface Tagged {
  readonly tag: number
  readonly name: string
  readonly schema: AnySchema
  readonly codec: Codec<unknown>
}

/** Reads a section of tagged fields into `row`; unknown ones are passed over. */
export function readTagged(from: ByteReader, known: readonly Tagged[], row: Row): void {
  const count = from.unsignedVarint()
  let previous = -1
  for (let i = 0; i < count; i++) {
    const tag = from.unsignedVarint()
    const size = from.unsignedVarint()
    if (tag <= previous) throw new ProtocolError(`tagged field ${tag} after ${previous}`)
    previous = tag
    const end = from.take(size) + size
    const field = known.find(candidate => candidate.tag === tag)
    if (field === undefined) continue
    from.offset = end - size
    row[field.name] = field.codec.read(from)
    if (from.offset !== end)
      throw new ProtocolError(`tagged field ${field.name} took ${from.offset - end + size} of its ${size} bytes`)
  }
}

/** Moves over a section of tagged fields of which none is of interest. */
export function skipTagged(from: ByteReader): void {
  readTagged(from, [], {})
}

/** Writes the tagged fields that differ from their defaults; `known` is sorted by tag. */
export function writeTagged(to: ByteWriter, known: readonly Tagged[], row: Row): void {
  const sent = known.filter(({ name, schema }) => !isDefault(schema, row[name]))
  to.unsignedVarint(sent.length)
  for (const { tag, name, codec } of sent) {
    const value = new ByteWriter()
    codec.write(value, row[name])
    to.unsignedVarint(tag)
    to.unsignedVarint(value.length)
    to.raw(value.done())
  }
}
