import { ProtocolError } from '../base/errors.ts'
import { notA } from '../bytes/writer.ts'
import { defaultMaker, defaultOf, isDefault } from './defaults.ts'
import { type Row, rowReader } from './row.ts'
import {
  type AnySchema,
  type Codec,
  codecOf,
  covers,
  type Fields,
  type InOf,
  isOptional,
  type OutOf,
} from './schema.ts'
import { readTagged, type Tagged, writeTagged } from './tagged.ts'

/** The codec of a struct at a version: its fields resolved to flat lists once. */
export function structCodec<F extends Fields>(fields: F, version: number, flexible: boolean): Codec<OutOf<F>, InOf<F>> {
  const present: { name: string; schema: AnySchema; codec: Codec<unknown> }[] = []
  const tagged: Tagged[] = []
  const strict: string[] = []
  // What reads gives all fields in the order of their declaration, whatever the version: objects of one shape are quick
  // to work with.
  const reads: Codec<unknown>['read'][] = []
  for (const [name, schema] of Object.entries(fields)) {
    const { versions, tag, ignorable, beside } = schema.traits
    const isAbsent = !covers(versions, version) || (tag !== undefined && !flexible)
    if (isAbsent || tag !== undefined) {
      if (isAbsent && (!ignorable || beside !== undefined)) strict.push(name)
      if (!isAbsent && tag !== undefined) tagged.push({ tag, name, schema, codec: codecOf(schema, version, flexible) })
      reads.push(defaultMaker(schema))
    } else {
      const codec = codecOf(schema, version, flexible)
      present.push({ name, schema, codec })
      reads.push(codec.read)
    }
  }
  tagged.sort((a, b) => a.tag - b.tag)
  const readRow = rowReader(Object.keys(fields), reads)
  const names = present.map(({ name }) => name)
  const writes = present.map(({ codec }) => codec.write)
  const fallbacks = present.map(({ schema }) => (isOptional(schema) ? defaultOf(schema) : undefined))

  return {
    minSize: present.reduce((size, { codec }) => size + codec.minSize, flexible ? 1 : 0),
    read: flexible
      ? from => {
          const row = readRow(from)
          // Nearly always there are none.
          if (from.bytes[from.offset] === 0 && from.offset < from.end) from.offset++
          else readTagged(from, tagged, row)
          return row as OutOf<F>
        }
      : from => readRow(from) as OutOf<F>,
    write(to, row: Row) {
      if (typeof row !== 'object' || row === null) throw notA('struct', row)
      for (let i = 0; i < strict.length; i++) refuseUnsendable(fields, strict[i]!, row, version)
      for (let i = 0; i < names.length; i++) {
        const given = row[names[i]!]
        const value = given === undefined ? fallbacks[i] : given
        if (value === undefined) throw new ProtocolError(`${names[i]} is missing`)
        writes[i]!(to, value)
      }
      if (!flexible) return
      if (tagged.length === 0) to.unsignedVarint(0)
      else writeTagged(to, tagged, row)
    },
  }
}

/** A field that the version lacks must have its default, unless the field beside it says the same. */
function refuseUnsendable(fields: Fields, name: string, row: Row, version: number): void {
  const schema = fields[name]!
  if (isDefault(schema, row[name])) return
  const { beside } = schema.traits
  if (beside === undefined || isDefault(fields[beside]!, row[beside]))
    throw new ProtocolError(`${name} cannot be sent in version ${version}`)
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
