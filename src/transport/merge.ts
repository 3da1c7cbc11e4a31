import { zeroUuid } from '../bytes/reader.ts'
import type { AnyApi } from '../protocol/api.ts'
import { defaultOf } from '../schema/defaults.ts'
import type { AnySchema } from '../schema/schema.ts'
import type { Item } from './partition-fanout.ts'
import type { PartitionShape, Row } from './routes.ts'

/** The longest throttle, the first error, and the rest of the first response; lists end to end. */
export function concatenated(responses: readonly Row[]): Row {
  const merged: Row = { ...responses[0] }
  for (const response of responses.slice(1)) {
    for (const [field, value] of Object.entries(response)) {
      if (Array.isArray(value)) merged[field] = [...merged[field], ...value]
      else if (field === 'throttleTimeMs') merged[field] = Math.max(merged[field], value)
      else if (field === 'errorCode') merged[field] ||= value
    }
  }
  return merged
}

/** One response out of those of several leaders, its partitions in the order of the request. */
export function assembled(api: AnyApi, shape: PartitionShape, responses: readonly Row[], answers: ReadonlyMap<Item, Row | number>): Row {
  const response = concatenated([blank(api.response), ...responses])
  const topics = new Map<Row, Row>()
  for (const [{ topic, name, index }, answer] of answers) {
    let row = topics.get(topic)
    if (row === undefined) {
      row = { ...blank(api.response, shape.topics), [shape.name]: name, topicId: topic['topicId'] ?? zeroUuid, [shape.partitions]: [] }
      topics.set(topic, row)
    }
    row[shape.partitions].push(
      typeof answer === 'number'
        ? { ...blank(api.response, shape.topics, shape.partitions), [shape.index]: index, errorCode: answer }
        : answer,
    )
  }
  return { ...response, [shape.topics]: [...topics.values()] }
}

/** A struct within a schema with all its fields at their defaults; `path` leads there through lists. */
function blank(schema: AnySchema, ...path: readonly string[]): Row {
  let at = schema
  for (const field of path) {
    const { shape } = at
    const inner = shape.kind === 'struct' ? shape.fields[field]?.shape : undefined
    if (inner?.kind !== 'array') throw new TypeError(`${field} is no list of a ${shape.kind}`)
    at = inner.element
  }
  return defaultOf(at) as Row
}
