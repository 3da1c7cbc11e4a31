import { defaultOf } from '../../src/schema/defaults.ts'
import { type AnySchema, covers, type Fields } from '../../src/schema/schema.ts'
import { kafkaJars } from '../kafka/install.ts'
import { messageDefinitions } from '../kafka/jar.ts'

/** A field of one of Kafka's message definitions, as it stands in the JSON. */
export interface JsonField {
  name: string
  type: string
  versions: string
  nullableVersions?: string
  taggedVersions?: string
  tag?: number
  default?: string | number | boolean
  ignorable?: boolean | string
  fields?: JsonField[]
}

export interface Definition {
  apiKey: number
  type: 'request' | 'response' | 'data' | 'header'
  name: string
  listeners?: string[]
  validVersions: string
  flexibleVersions?: string
  latestVersionUnstable?: boolean | undefined
  fields: JsonField[]
  commonStructs?: { name: string; fields: JsonField[] }[]
}

// Renamed by a later release; the bytes are the same.
const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  TxnOffsetCommitRequest: { GenerationId: 'GenerationIdOrMemberEpoch' },
  ListClientMetricsResourcesResponse: { ClientMetricsResources: 'ConfigResources', Name: 'ResourceName' },
}

/** Kafka's definitions by name, out of the jars of one release; fields under their newest names. */
export async function definitionsOf(release: string): Promise<ReadonlyMap<string, Definition>> {
  const all = [...messageDefinitions(await kafkaJars(release)).values()] as Definition[]
  for (const { name, fields = [] } of all) rename(fields, renamed[name] ?? {})
  const byName = new Map(all.map(definition => [definition.name, definition]))
  // Said of the request alone, and meant of both.
  for (const response of all)
    response.latestVersionUnstable ??= byName.get(response.name.replace(/Response$/, 'Request'))?.latestVersionUnstable
  return byName
}

function rename(fields: JsonField[], names: Readonly<Record<string, string>>): void {
  for (const field of fields) {
    field.name = names[field.name] ?? field.name
    rename(field.fields ?? [], names)
  }
}

/** "3-5", "3+", "3" or "none"; undefined for none. */
export function rangeOf(text: string | undefined): readonly [first: number, last: number] | undefined {
  if (text === undefined || text === 'none') return undefined
  const [first, last = first] = text.split('-')
  return text.endsWith('+') ? [Number.parseInt(text, 10), Number.POSITIVE_INFINITY] : [Number(first), Number(last)]
}

/** The versions of a definition, one by one. */
export function versionsOf({ validVersions }: Definition): number[] {
  const range = rangeOf(validVersions)
  return range === undefined ? [] : Array.from({ length: range[1] - range[0] + 1 }, (_, at) => range[0] + at)
}

/** What a field is at one version: the form in which a definition and one of our schemas are compared. */
export interface FieldView {
  name: string
  type: string
  nullable: boolean
  tag: number | undefined
  fields: FieldView[] | undefined
}

/** The fields a definition has at a version, in order. */
export function viewOfDefinition(definition: Definition, version: number, fields = definition.fields): FieldView[] {
  return fields
    .filter(field => covers(rangeOf(field.versions), version))
    .map(field => {
      const element = field.type.replace('[]', '')
      const nested = field.fields ?? definition.commonStructs?.find(({ name }) => name === element)?.fields
      return {
        name: camel(field.name),
        type: nested === undefined ? field.type : field.type.replace(element, 'struct'),
        nullable: covers(rangeOf(field.nullableVersions), version),
        tag: covers(rangeOf(field.taggedVersions), version) ? field.tag : undefined,
        fields: nested && viewOfDefinition(definition, version, nested),
      }
    })
}

// Names of ours for the same bytes.
const kafkaTypes: Readonly<Record<string, string>> = {
  boolean: 'bool',
  bigInt64: 'int64',
  timestamp: 'int64',
  size64: 'int64',
}

/** The fields one of our schemas has at a version, in order. */
export function viewOfFields(fields: Fields, version: number): FieldView[] {
  return Object.entries(fields)
    .filter(([, schema]) => covers(schema.traits.versions, version))
    .map(([name, schema]) => {
      const { shape, traits } = schema
      const element = shape.kind === 'array' ? shape.element.shape : shape
      const type = element.kind === 'struct' ? 'struct' : (kafkaTypes[element.kind] ?? element.kind)
      return {
        name,
        type: shape.kind === 'array' ? `[]${type}` : type,
        nullable: covers(traits.nullable, version),
        tag: traits.tag,
        fields: element.kind === 'struct' ? viewOfFields(element.fields, version) : undefined,
      }
    })
}

/** What a field is in every version: its default, and whether it may be dropped in silence. */
export interface FieldMarks {
  default: unknown
  ignorable: boolean
}

/** The marks of every field by path; those that no version of the definition has are left out. */
export function marksOfDefinition(definition: Definition): Map<string, FieldMarks> {
  const marks = new Map<string, FieldMarks>()
  const versions = versionsOf(definition)
  const walk = (fields: readonly JsonField[], prefix: string, of: readonly number[]): void => {
    for (const field of fields) {
      const having = of.filter(version => covers(rangeOf(field.versions), version))
      if (having.length === 0) continue
      const path = `${prefix}${camel(field.name)}`
      marks.set(path, { default: defaultIn(field), ignorable: String(field.ignorable) === 'true' })
      const element = field.type.replace('[]', '')
      const nested = field.fields ?? definition.commonStructs?.find(({ name }) => name === element)?.fields
      if (nested !== undefined) walk(nested, `${path}.`, having)
    }
  }
  walk(definition.fields, '', versions)
  return marks
}

/**
 * As `marksOfDefinition`, of one of our schemas. A field with `beside` is listed in `pairs` instead of being called
 * ignorable.
 */
export function marksOfFields(fields: Fields, pairs: Map<string, string>, prefix = ''): Map<string, FieldMarks> {
  const marks = new Map<string, FieldMarks>()
  for (const [name, schema] of Object.entries(fields)) {
    const { shape, traits } = schema
    const path = `${prefix}${name}`
    if (traits.beside !== undefined) pairs.set(path, `${prefix}${traits.beside}`)
    marks.set(path, {
      default: defaultIsStruct(schema) ? undefined : plain(defaultOf(schema)),
      ignorable: traits.ignorable,
    })
    const element = shape.kind === 'array' ? shape.element.shape : shape
    if (element.kind === 'struct')
      for (const [nested, mark] of marksOfFields(element.fields, pairs, `${path}.`)) marks.set(nested, mark)
  }
  return marks
}

/** Definitions have no bigints. */
function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

function defaultIsStruct(schema: AnySchema): boolean {
  return schema.shape.kind === 'struct' && !schema.traits.hasDefault
}

const zeroes: Readonly<Record<string, unknown>> = {
  bool: false,
  string: '',
  uuid: 'AAAAAAAAAAAAAAAAAAAAAA',
  bytes: new Uint8Array(0),
  records: new Uint8Array(0),
}

function defaultIn({ type, default: given, nullableVersions }: JsonField): unknown {
  if (given === 'null' && nullableVersions !== undefined) return null
  if (type.startsWith('[]')) return []
  if (type in zeroes) return given === undefined ? zeroes[type] : type === 'bool' ? String(given) === 'true' : given
  if (/^(u?int|float)/.test(type)) return Number(given ?? 0)
  return undefined
}

function camel(name: string): string {
  return name[0]!.toLowerCase() + name.slice(1)
}
