import { type Row, rowReader } from './row.ts'
import type { AnySchema } from './schema.ts'

/** The default of a field: a struct's is the struct of its fields' defaults. */
export function defaultOf(schema: AnySchema): unknown {
  return defaultMaker(schema)()
}

/** Makes a field's default; arrays, bytes and structs anew each time, since readers may change what they got. */
export function defaultMaker({ shape, traits }: AnySchema): () => unknown {
  const { defaultValue } = traits
  if (shape.kind === 'struct' && !traits.hasDefault) {
    return rowReader(Object.keys(shape.fields), Object.values(shape.fields).map(defaultMaker)) as () => Row
  }
  if (Array.isArray(defaultValue)) return () => [...defaultValue]
  if (defaultValue instanceof Uint8Array && defaultValue.length > 0) return () => new Uint8Array(defaultValue)
  return () => defaultValue
}

/**
 * Whether a value is the field's default, and so need not be sent. A struct is when all its fields are, given or not.
 */
export function isDefault(schema: AnySchema, value: unknown): boolean {
  const { shape, traits } = schema
  if (value === undefined) return true
  if (shape.kind === 'struct' && !traits.hasDefault) {
    return (
      value !== null && Object.entries(shape.fields).every(([name, field]) => isDefault(field, (value as Row)[name]))
    )
  }
  const expected = traits.defaultValue
  if (isList(value)) return isList(expected) && sameElements(value, expected)
  return value === expected
}

type List = readonly unknown[] | Uint8Array

function isList(value: unknown): value is List {
  return Array.isArray(value) || value instanceof Uint8Array
}

function sameElements(value: List, expected: List): boolean {
  return (
    Array.isArray(value) === Array.isArray(expected) &&
    value.length === expected.length &&
    value.every((each: unknown, at: number) => each === expected[at])
  )
}
