import type { AnyApi } from '../../src/protocol/api.ts'
import { responseFrame } from '../../src/protocol/headers.ts'
import { defaultOf } from '../../src/schema/defaults.ts'
import { type AnySchema, covers, type Fields, type ScalarName } from '../../src/schema/schema.ts'

/** Why a request is not done, as its answer says it. */
export interface AnswerError {
  readonly code: number
  readonly message: string
}

type Values = Readonly<Record<string, unknown>>

/**
 * The answer an API has for a request of which nothing is done: its error code, or where there is none for the whole,
 * that of each topic, partition, group or whatever else was asked for. It follows from the API's two schemas.
 */
export function errorAnswer(
  api: AnyApi,
  version: number,
  correlationId: number,
  request: Values,
  error: AnswerError,
): Uint8Array[] {
  const route = api.route as { request?: readonly string[] } | undefined
  const mirror = new Mirror(version, error, route?.request ?? [])
  const answer = mirror.struct(fieldsOf(api.response), request, fieldsOf(api.request), 0)
  return responseFrame(api, version, correlationId, answer)
}

class Mirror {
  readonly #version: number
  readonly #error: AnswerError
  /** The lists of the request that the answer's follow, from the outside in, where the API says so. */
  readonly #path: readonly string[]

  constructor(version: number, error: AnswerError, path: readonly string[]) {
    this.#version = version
    this.#error = error
    this.#path = path
  }

  /** A struct of the answer, for one of the request: what names it is taken over. */
  struct(fields: Fields, from: Values, fromFields: Fields, depth: number): Values {
    const here = Object.entries(fields).filter(([, field]) => this.#has(field))
    // What an element is named by may be called otherwise in the request.
    const naming = depth > 0 && here.find(([name, { shape }]) => !isError(name) && nameKinds.has(shape.kind))?.[0]
    const whole = 'errorCode' in fields && this.#has(fields['errorCode']!)
    return Object.fromEntries(
      here.map(([name, field]) => {
        if (codes.has(name)) return [name, this.#error.code]
        if (name === 'errorMessage') return [name, this.#error.message]
        const { shape } = field
        if (shape.kind === 'array' && !whole && tellsErrors(shape.element))
          return [name, this.#list(name, shape.element, from, fromFields, depth)]
        const same = name in from && fromFields[name]?.shape.kind === shape.kind && nameKinds.has(shape.kind)
        if (same) return [name, from[name]]
        const first = name === naming && Object.keys(from).find(key => fromFields[key]?.shape.kind === shape.kind)
        return [name, first ? from[first] : defaultOf(field)]
      }),
    )
  }

  #list(name: string, element: AnySchema, from: Values, fromFields: Fields, depth: number): unknown[] {
    const lists = Object.entries(fromFields).filter(([, field]) => field.shape.kind === 'array' && this.#has(field))
    const chosen = lists.filter(([each]) => each === name || each === this.#path[depth])
    return (chosen.length > 0 ? chosen : lists).flatMap(([each, { shape }]) => {
      const asked = (shape as { element: AnySchema }).element
      const values = (from[each] ?? []) as unknown[]
      // A bare name becomes a struct of its own.
      const structs = asked.shape.kind === 'struct' ? (values as Values[]) : values.map(value => ({ value }))
      const askedFields = asked.shape.kind === 'struct' ? asked.shape.fields : { value: asked }
      return structs.map(value => this.struct(fieldsOf(element), value, askedFields, depth + 1))
    })
  }

  #has({ traits }: AnySchema): boolean {
    return covers(traits.versions, this.#version)
  }
}

/** What topics, partitions and resources are named by. */
const nameKinds: ReadonlySet<string> = new Set<ScalarName>(['string', 'uuid', 'int8', 'int32'])

const codes: ReadonlySet<string> = new Set(['errorCode', 'partitionErrorCode'])

function isError(name: string): boolean {
  return codes.has(name) || name === 'errorMessage'
}

/** Whether there is a place for an error in it, however deep. */
function tellsErrors({ shape }: AnySchema): boolean {
  if (shape.kind === 'array') return tellsErrors(shape.element)
  if (shape.kind !== 'struct') return false
  return Object.entries(shape.fields).some(([name, field]) => codes.has(name) || tellsErrors(field))
}

function fieldsOf({ shape }: AnySchema): Fields {
  return shape.kind === 'struct' ? shape.fields : {}
}
