import { ByteWriter } from '../bytes/writer.ts'
import type { AnyApi } from '../protocol/api.ts'
import { responseFrame } from '../protocol/headers.ts'
import { defaultOf } from '../schema/defaults.ts'
import { codecOf, covers, type Fields } from '../schema/schema.ts'
import type { Turns } from './turns.ts'

// Shorter lists are written at once.
const longList = 500
// What an element of an answer takes to be written, in the units of turns.
const unitsPerElement = 0.5

/**
 * An answer as it goes out, its size in front. One with a long list is written in several turns; the list may not
 * change meanwhile.
 */
export function answerFrame(
  api: AnyApi,
  version: number,
  correlationId: number,
  answer: object,
  turns: Turns,
): Uint8Array[] | Promise<Uint8Array[]> {
  const list = longListOf(api, version, answer)
  if (list === undefined) return responseFrame(api, version, correlationId, answer as never)
  return writeInTurns(api, version, correlationId, answer as Record<string, unknown>, list, turns)
}

/** The field of a long list, where the answer's other fields are such as can be written one after the other. */
function longListOf(api: AnyApi, version: number, answer: object): string | undefined {
  let found: string | undefined
  for (const [name, value] of Object.entries(answer)) if (Array.isArray(value) && value.length > longList) found = name
  if (found === undefined) return undefined
  const fields = fieldsOf(api)
  const { versions } = fields[found]!.traits
  const isTagged = Object.values(fields).some(
    ({ traits }) => traits.tag !== undefined && covers(traits.versions, version),
  )
  return covers(versions, version) && !isTagged ? found : undefined
}

function fieldsOf({ response: { shape } }: AnyApi): Fields {
  return shape.kind === 'struct' ? shape.fields : {}
}

async function writeInTurns(
  api: AnyApi,
  version: number,
  correlationId: number,
  answer: Readonly<Record<string, unknown>>,
  list: string,
  turns: Turns,
): Promise<Uint8Array[]> {
  const flexible = version >= api.flexibleSince
  const to = new ByteWriter()
  to.int32(0)
  to.int32(correlationId)
  if (flexible) to.unsignedVarint(0)
  for (const [name, schema] of Object.entries(fieldsOf(api))) {
    if (!covers(schema.traits.versions, version) || schema.traits.tag !== undefined) continue
    const { shape } = schema
    if (name !== list || shape.kind !== 'array') {
      codecOf(schema, version, flexible).write(to, answer[name] ?? defaultOf(schema))
      continue
    }
    const elements = answer[name] as unknown[]
    if (flexible) to.unsignedVarint(elements.length + 1)
    else to.int32(elements.length)
    const element = codecOf(shape.element, version, flexible)
    await turns.map(elements, each => element.write(to, each), unitsPerElement)
  }
  if (flexible) to.unsignedVarint(0)
  to.patchInt32(0, to.length - 4)
  return to.pieces()
}
