import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../src/bytes/reader.ts'
import { ByteWriter } from '../../src/bytes/writer.ts'
import { requestCodec, responseCodec } from '../../src/protocol/api.ts'
import { apis } from '../../src/protocol/registry.ts'
import type { AnySchema } from '../../src/schema/schema.ts'

interface Vector {
  key: number
  version: number
  type: 'request' | 'response'
  /** As Kafka's JSON converters have it: bytes in base64. Tagged fields may be left out. */
  value: unknown
  /** What Kafka's own code makes of it (vectors/Encode.java), as hex. */
  bytes: string
}

const file = new URL('vectors/vectors.jsonl', import.meta.url)
const vectors = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Vector)

test('each API has a vector for every version, both ways', () => {
  const wanted = apis.flatMap(({ key, minVersion, maxVersion }) =>
    Array.from({ length: maxVersion - minVersion + 1 }, (_, at) => [
      `${key} v${minVersion + at} request`,
      `${key} v${minVersion + at} response`,
    ]).flat(),
  )
  expect(vectors.map(({ key, version, type }) => `${key} v${version} ${type}`)).toEqual(wanted)
})

describe.each(apis.map(api => ({ name: api.name, api })))("Kafka's own bytes: $name", ({ api }) => {
  test.each(vectors.filter(({ key }) => key === api.key))('$type v$version', ({ version, type, value, bytes }) => {
    const codec = (type === 'request' ? requestCodec : responseCodec)(api, version)
    const given = withBytes(api[type], value)
    const to = new ByteWriter()
    codec.write(to, given as never)
    expect(Buffer.from(to.done()).toString('hex')).toBe(bytes)
    const from = new ByteReader(new Uint8Array(Buffer.from(bytes, 'hex')))
    expect(codec.read(from)).toMatchObject(given as object)
    expect(from.remaining).toBe(0)
  })
})

/** The value with Uint8Arrays where JSON has base64, and bigints where we have them. */
function withBytes({ shape }: AnySchema, value: unknown): unknown {
  if (value === null) return null
  if (shape.kind === 'array') return (value as unknown[]).map(element => withBytes(shape.element, element))
  if (shape.kind === 'struct') {
    return Object.fromEntries(
      Object.entries(value as object).map(([name, field]) => [name, withBytes(shape.fields[name]!, field)]),
    )
  }
  if (shape.kind === 'bigInt64') return BigInt(value as number)
  return shape.kind === 'bytes' || shape.kind === 'records'
    ? new Uint8Array(Buffer.from(value as string, 'base64'))
    : value
}
