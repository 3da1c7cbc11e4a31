import type { ListPath } from '../protocol/route.ts'
import { defaultOf } from '../schema/defaults.ts'
import type { AnySchema, Fields } from '../schema/schema.ts'

// biome-ignore lint/suspicious/noExplicitAny: requests and responses of every API
export type Row = Record<string, any>

/** One of the lists that lead to the partitions of a request or response. */
export interface Level {
  readonly list: string
  /** The field that tells the list's structs apart, by name or number; undefined for a list of plain numbers. */
  readonly id: string | undefined
  /** A struct of the list with all its fields at their defaults. */
  blank(): Row
}

/**
 * What topics and partitions are called by in Kafka's definitions, and what groups, transactions, markers and resources
 * are told apart by.
 */
const ids: readonly string[] = [
  'name',
  'topic',
  'topicName',
  'topicId',
  'index',
  'partitionIndex',
  'partition',
  'groupId',
  'transactionalId',
  'producerId',
  'resourceName',
]

/** The levels of a path, outermost first. */
export function levelsOf(schema: AnySchema, path: ListPath): readonly Level[] {
  let at = schema
  return path.map(list => {
    const element = elementOf(at, list)
    at = element
    const id = element.shape.kind === 'struct' ? idIn(element.shape.fields) : undefined
    return { list, id, blank: () => defaultOf(element) as Row }
  })
}

export function blank(schema: AnySchema): Row {
  return defaultOf(schema) as Row
}

function elementOf({ shape }: AnySchema, list: string): AnySchema {
  const inner = shape.kind === 'struct' ? shape.fields[list]?.shape : undefined
  if (inner?.kind !== 'array') throw new TypeError(`${list} is no list of a ${shape.kind}`)
  return inner.element
}

function idIn(fields: Fields): string {
  const id = ids.find(name => name in fields)
  if (id === undefined) throw new TypeError(`nothing tells these apart: ${Object.keys(fields).join(', ')}`)
  return id
}
