import { ByteReader } from '../../src/bytes/reader.ts'
import { ByteWriter } from '../../src/bytes/writer.ts'
import { codecOf, type Schema } from '../../src/schema/schema.ts'

export interface Form {
  version?: number
  flexible?: boolean
}

/** The bytes of a value, as hex. */
export function encode<O, I>(schema: Schema<O, I>, value: I, { version = 0, flexible = false }: Form = {}): string {
  const to = new ByteWriter()
  codecOf(schema, version, flexible).write(to, value)
  return Buffer.from(to.done()).toString('hex')
}

/** The value of bytes given as hex; all of them must be taken. */
export function decode<O, I>(schema: Schema<O, I>, hex: string, { version = 0, flexible = false }: Form = {}): O {
  const from = new ByteReader(new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex')))
  const value = codecOf(schema, version, flexible).read(from)
  if (from.remaining !== 0) throw new Error(`${from.remaining} bytes left over`)
  return value
}
