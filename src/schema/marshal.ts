import { ProtocolError } from '../base/errors.ts'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter, notA } from '../bytes/writer.ts'
import { codecOf, type Schema } from './schema.ts'

/**
 * A version of a schema of your own: `since`, `until`, `between` and `nullable` are judged by it. From `flexible` on, 0
 * for always, a schema's compact forms and tagged fields are used (KIP-482); without it never.
 */
export class Version {
  /** The number. */
  readonly version: number
  readonly #flexible: boolean

  /** A RangeError for what is no version. */
  constructor(version: number, { flexible = Number.POSITIVE_INFINITY }: { flexible?: number } = {}) {
    if (!Number.isInteger(version) || version < 0)
      throw new RangeError(`${version} is no version: an integer from 0 is`)
    this.version = version
    this.#flexible = version >= flexible
  }

  /** The value in Kafka's binary form, in bytes of its own; a ProtocolError when the schema has no place for it. */
  marshal<O, I>(schema: Schema<O, I>, value: I): Uint8Array {
    const to = new ByteWriter()
    codecOf(schema, this.version, this.#flexible).write(to, value)
    return to.done().slice()
  }

  /**
   * The value of all the bytes; a ProtocolError when they aren't one. Nothing of it refers to `bytes`, but for
   * `records`.
   */
  unmarshal<O, I>(schema: Schema<O, I>, bytes: Uint8Array): O {
    if (!(bytes instanceof Uint8Array)) throw notA('Uint8Array', bytes)
    const from = new ByteReader(bytes)
    const value = codecOf(schema, this.version, this.#flexible).read(from)
    if (from.remaining !== 0) throw new ProtocolError(`${from.remaining} bytes left over`)
    return value
  }
}

/** `new Version(0).marshal`: for schemas without versions. */
export function marshal<O, I>(schema: Schema<O, I>, value: I): Uint8Array {
  return new Version(0).marshal(schema, value)
}

/** `new Version(0).unmarshal`: for schemas without versions. */
export function unmarshal<O, I>(schema: Schema<O, I>, bytes: Uint8Array): O {
  return new Version(0).unmarshal(schema, bytes)
}
