import type { AnyApi } from '../protocol/api.ts'
import { type Part, regrouped } from './parts.ts'
import { blank, type Level, type Row } from './shape.ts'

/** The longest throttle, the first error, and the rest of the first response; lists end to end. */
export function concatenated(responses: readonly Row[]): Row {
  const merged: Row = { ...responses[0] }
  for (const response of responses.slice(1)) {
    for (const [field, value] of Object.entries(response)) {
      if (Array.isArray(value)) merged[field] = [...(merged[field] ?? []), ...value]
      else if (field === 'throttleTimeMs') merged[field] = Math.max(merged[field], value)
      else if (field === 'errorCode') merged[field] ||= value
    }
  }
  return merged
}

/** The levels of a request's lists and of its response's. */
export interface Shapes {
  readonly request: readonly Level[]
  readonly response: readonly Level[]
}

/**
 * One response out of those of several brokers, its partitions in the order of the request; a number is an error code
 * of our own.
 */
export function assembled(
  api: AnyApi,
  shapes: Shapes,
  responses: readonly Row[],
  answers: ReadonlyMap<Part, Row | number>,
): Row {
  const { request, response } = shapes
  const last = response.at(-1)!
  return regrouped(concatenated([blank(api.response), ...responses]), response, answers.keys(), {
    row(row, depth, { topic, topicId }) {
      const { id, blank } = response[depth]!
      const own =
        depth === response.length - 2
          ? { topicId, ...(id !== 'topicId' && { [id!]: topic }) }
          : { [id!]: row[request[depth]!.id!] }
      return { ...blank(), ...own }
    },
    leaf(part) {
      const answer = answers.get(part)!
      return typeof answer === 'number' ? { ...last.blank(), [last.id!]: part.index, errorCode: answer } : answer
    },
  })
}
