import { ProtocolError } from '../base/errors.ts'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { struct } from '../schema/combinators.ts'
import type { Fields, InOf, OutOf, Schema } from '../schema/schema.ts'

/** A schema that travels inside other data with its version, an int16, in front. Never flexible. */
export interface Versioned<F extends Fields = Fields> {
  /** The name of the format. */
  readonly name: string
  /** The highest version that we speak. */
  readonly maxVersion: number
  /** Its fields. */
  readonly schema: Schema<OutOf<F>, InOf<F>>
}

export function versioned<F extends Fields>({
  name,
  maxVersion,
  fields,
}: {
  name: string
  maxVersion: number
  fields: F
}): Versioned<F> {
  return { name, maxVersion, schema: struct(fields) }
}

/** The bytes of a value, at the newest version unless told otherwise. */
export function encodeVersioned<F extends Fields>(
  of: Versioned<F>,
  value: InOf<F>,
  version: number = of.maxVersion,
): Uint8Array {
  if (!(version >= 0 && version <= of.maxVersion))
    throw new ProtocolError(`${of.name} has no version ${version} here (0–${of.maxVersion})`)
  const to = new ByteWriter(128)
  to.int16(version)
  of.schema.plain(version, false).write(to, value)
  return to.done()
}

/**
 * The value, and the version its writer put in front. What a newer writer added comes at the end, and is passed over;
 * versions are promised to grow only so.
 */
export function decodeVersioned<F extends Fields>(of: Versioned<F>, bytes: Uint8Array): OutOf<F> & { version: number } {
  const from = new ByteReader(bytes)
  const version = from.int16()
  if (version < 0) throw new ProtocolError(`${of.name} of version ${version}`)
  return { ...of.schema.plain(Math.min(version, of.maxVersion), false).read(from), version }
}
