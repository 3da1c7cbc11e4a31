import { ProtocolError } from '../base/errors.ts'
import type { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { type AnySchema, type Codec, codecOf, covers, type Fields, type InOf, type OutOf } from './schema.ts'

// biome-ignore lint/suspicious/noExplicitAny: rows of fields of every type; the public signature below is exact
type Row = Record<string, any>

/** The default of a field: a struct's is the struct of its fields' defaults. Fresh each time, since readers may change what they got. */
export function defaultOf(schema: AnySchema): unknown {
  const { shape, traits } = schema
  if (!traits.hasDefault && shape.kind === 'struct') {
    const row: Row = {}
    for (const name of Object.keys(shape.fields)) row[name] = defaultOf(shape.fields[name]!)
    return row
  }
  return Array.isArray(traits.defaultValue) ? [...traits.defaultValue] : traits.defaultValue
}

/** Whether a value is the field's default, and so need not be sent. */
function isDefault(schema: AnySchema, value: unknown): boolean {
  const { shape, traits } = schema
  if (shape.kind === 'struct' && !traits.hasDefault) {
    return (
      value !== null &&
      Object.keys(shape.fields).every(name => (value as Row)[name] === undefined || isDefault(shape.fields[name]!, (value as Row)[name]))
    )
  }
  const expected = traits.defaultValue
  if (shape.kind === 'array') return Array.isArray(value) && Array.isArray(expected) ? value.length === 0 : value === expected
  if (value instanceof Uint8Array && expected instanceof Uint8Array) return value.length === expected.length
  return value === expected
}

function isGiven(fields: Fields, row: Row, name: string | undefined): boolean {
  return name !== undefined && row[name] !== undefined && !isDefault(fields[name]!, row[name])
}

interface Tagged {
  readonly tag: number
  readonly name: string
  readonly schema: AnySchema
  readonly codec: Codec<unknown>
}

/** The codec of a struct at a version: its fields resolved to a flat list once. */
export function structCodec<F extends Fields>(fields: F, version: number, flexible: boolean): Codec<OutOf<F>, InOf<F>> {
  const names: string[] = []
  const codecs: Codec<unknown>[] = []
  const schemas: AnySchema[] = []
  const tagged: Tagged[] = []
  // Fields this version lacks: read as their default; refused when given another value, unless ignorable.
  const absent: string[] = []
  const strict: string[] = []
  let minSize = flexible ? 1 : 0
  for (const [name, schema] of Object.entries(fields)) {
    const { versions, tag, ignorable, beside } = schema.traits
    if (!covers(versions, version) || (tag !== undefined && !flexible)) {
      absent.push(name)
      if (!ignorable || beside !== undefined) strict.push(name)
    } else if (tag !== undefined) {
      tagged.push({ tag, name, schema, codec: codecOf(schema, version, flexible) })
    } else {
      const codec = codecOf(schema, version, flexible)
      names.push(name)
      schemas.push(schema)
      codecs.push(codec)
      minSize += codec.minSize
    }
  }
  tagged.sort((a, b) => a.tag - b.tag)
  const count = names.length
  const blank = [...absent, ...tagged.map(({ name }) => name)]

  return {
    minSize,
    read(from) {
      const row: Row = {}
      for (let i = 0; i < count; i++) row[names[i]!] = codecs[i]!.read(from)
      for (let i = 0; i < blank.length; i++) row[blank[i]!] = defaultOf(fields[blank[i]!]!)
      if (flexible) readTagged(from, tagged, row)
      return row as OutOf<F>
    },
    write(to, value) {
      const row: Row = value
      for (let i = 0; i < strict.length; i++) {
        const name = strict[i]!
        if (isGiven(fields, row, name) && !isGiven(fields, row, fields[name]!.traits.beside))
          throw new ProtocolError(`${name} cannot be sent in version ${version}`)
      }
      for (let i = 0; i < count; i++) {
        const given = row[names[i]!]
        codecs[i]!.write(to, given === undefined ? defaultOf(schemas[i]!) : given)
      }
      if (flexible) writeTagged(to, tagged, row)
    },
  }
}

function readTagged(from: ByteReader, known: readonly Tagged[], row: Row): void {
  const count = from.unsignedVarint()
  let previous = -1
  for (let i = 0; i < count; i++) {
    const tag = from.unsignedVarint()
    const size = from.unsignedVarint()
    if (tag <= previous) throw new ProtocolError(`tagged field ${tag} after ${previous}`)
    previous = tag
    const end = from.offset + size
    const field = known.find(candidate => candidate.tag === tag)
    if (field === undefined) {
      from.take(size)
      continue
    }
    if (size > from.remaining) throw new ProtocolError(`tagged field ${field.name} of ${size} bytes, ${from.remaining} remain`)
    row[field.name] = field.codec.read(from)
    if (from.offset !== end) throw new ProtocolError(`tagged field ${field.name} took ${size - (end - from.offset)} of its ${size} bytes`)
  }
}

/** Moves over a section of tagged fields of which none is of interest. */
export function skipTaggedFields(from: ByteReader): void {
  readTagged(from, [], {})
}

function writeTagged(to: ByteWriter, known: readonly Tagged[], row: Row): void {
  const sent = known.filter(({ name, schema }) => row[name] !== undefined && !isDefault(schema, row[name]))
  to.unsignedVarint(sent.length)
  for (const { tag, name, codec } of sent) {
    const value = new ByteWriter(64)
    codec.write(value, row[name])
    to.unsignedVarint(tag)
    to.unsignedVarint(value.length)
    to.raw(value.done())
  }
}

/** A struct that may be null: a byte in front says so, −1 for null and 1 otherwise (KIP-893). */
export function nullableStructCodec<O, I>(codec: Codec<O, I>): Codec<O | null, I | null> {
  return {
    minSize: 1,
    read: from => (from.int8() < 0 ? null : codec.read(from)),
    write(to, value) {
      to.int8(value === null ? -1 : 1)
      if (value !== null) codec.write(to, value)
    },
  }
}
