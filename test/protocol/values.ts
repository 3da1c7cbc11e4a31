import fc from 'fast-check'
import { uuidText, zeroUuid } from '../../src/bytes/reader.ts'
import { defaultOf } from '../../src/schema/defaults.ts'
import { type AnySchema, covers } from '../../src/schema/schema.ts'

const safe = fc.maxSafeInteger()
// The extremes that sizes and timestamps take for "none" and "no limit".
const wide = fc.oneof(safe, fc.constantFrom(2 ** 63, -(2 ** 63)))

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  boolean: fc.boolean(),
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 0xffffffff }),
  int64: safe,
  bigInt64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  timestamp: wide,
  size64: wide,
  float64: fc.double({ noNaN: true }),
  varint: fc.integer(),
  varlong: safe,
  uuid: fc.oneof(
    fc.constant(zeroUuid),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => uuidText(bytes, 0)),
  ),
  string: fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 40 })),
  bytes: fc.uint8Array({ maxLength: 24 }),
  records: fc.oneof(
    { weight: 9, arbitrary: fc.uint8Array({ maxLength: 24 }) },
    { weight: 1, arbitrary: fc.constant(new Uint8Array(5000).fill(7)) },
  ),
}

/**
 * Values of a schema at a version, every field given: as reading gives them. Fields the version lacks have their
 * defaults.
 */
export function generated(schema: AnySchema, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  const value = nonNull(schema, version, flexible)
  return covers(schema.traits.nullable, version) ? fc.option(value, { nil: null }) : value
}

function nonNull({ shape }: AnySchema, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  if (shape.kind === 'array') return fc.array(generated(shape.element, version, flexible), { maxLength: 3 })
  if (shape.kind !== 'struct') return scalars[shape.kind]!
  return fc.record(
    Object.fromEntries(
      Object.entries(shape.fields).map(([name, field]) => {
        const { versions, tag } = field.traits
        const isThere = covers(versions, version) && (tag === undefined || flexible)
        return [name, isThere ? generated(field, version, flexible) : fc.constant(null).map(() => defaultOf(field))]
      }),
    ),
  )
}
