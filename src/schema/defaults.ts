import type { Row } from './row.ts'
import type { AnySchema } from './schema.ts'

/** The default of a field: a struct's is the struct of its fields' defaults. Fresh each time, since readers may change what they got. */
export function defaultOf(schema: AnySchema): unknown {
  const { shape, traits } = schema
  if (!traits.hasDefault && shape.kind === 'struct') {
    const row: Row = {}
    for (const [name, field] of Object.entries(shape.fields)) row[name] = defaultOf(field)
    return row
  }
  return Array.isArray(traits.defaultValue) ? [...traits.defaultValue] : traits.defaultValue
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
