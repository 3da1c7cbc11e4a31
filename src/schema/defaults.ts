import { type Row, rowReader } from './row.ts'
import type { AnySchema } from './schema.ts'

/** The default of a field: a struct's is the struct of its fields' defaults. */
export function defaultOf(schema: AnySchema): unknown {
  return defaultMaker(schema)()
}

/** Makes a field's default, arrays and structs anew each time, since readers may change what they got. */
export function defaultMaker({ shape, traits }: AnySchema): () => unknown {
  const { defaultValue } = traits
  if (shape.kind === 'struct' && !traits.hasDefault) {
    return rowReader(Object.keys(shape.fields), Object.values(shape.fields).map(defaultMaker)) as () => Row
  }
  return Array.isArray(defaultValue) ? () => [...defaultValue] : () => defaultValue
}

/** Whether a value is the field's default, and so need not be sent. A struct is when all its fields are, given or not. */
export function isDefault(schema: AnySchema, value: unknown): boolean {
  const { shape, traits } = schema
  if (value === undefined) return true
  if (shape.kind === 'struct' && !traits.hasDefault) {
    return value !== null && Object.entries(shape.fields).every(([name, field]) => isDefault(field, (value as Row)[name]))
  }
  const expected = traits.defaultValue
  if (Array.isArray(value)) return Array.isArray(expected) && value.length === 0
  if (value instanceof Uint8Array) return expected instanceof Uint8Array && value.length === 0
  return value === expected
}
