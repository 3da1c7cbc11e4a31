import { messageOf } from '../../src/base/errors.ts'
import type { MessageInput } from '../../src/records/message-input.ts'
import { UsageError } from './command.ts'
import type { Place, Printed } from './record-format.ts'

// A record as a line of JSON, by kcat's names. Bytes that are no UTF-8 are { "base64": … }, so that what was read can be
// written again as it was.

type Part = string | { readonly base64: string } | null

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function partOf(bytes: Uint8Array | null): Part {
  if (bytes === null) return null
  try {
    return decoder.decode(bytes)
  } catch {
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') }
  }
}

/** One line, without its end. */
export function recordToJson(record: Printed, { topic, partition }: Place): string {
  const { offset, timestamp, headers, key, value } = record
  return JSON.stringify({
    topic,
    partition,
    offset,
    ts: timestamp,
    headers: headers.flatMap(header => [header.key, partOf(header.value)]),
    key: partOf(key),
    payload: partOf(value),
  })
}

/** What a line says. Of where a record was, `keepsPlace` keeps the partition. Throws a UsageError that says what is wrong. */
export function recordFromJson(line: string, keepsPlace: boolean): MessageInput {
  let record: Record<string, unknown>
  try {
    record = JSON.parse(line)
  } catch (error) {
    throw new UsageError(`no JSON: ${messageOf(error)}`, { cause: error })
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw new UsageError('a record is an object, as { "key": …, "payload": … }')
  const { key = null, payload = record['value'] ?? null, headers = [], ts, partition } = record
  if (!Array.isArray(headers) || headers.length % 2 !== 0)
    throw new UsageError('"headers" is a list of names and values in turn')
  const message: MessageInput = { key: bytesOf('key', key), value: bytesOf('payload', payload) }
  if (headers.length > 0)
    message.headers = Array.from({ length: headers.length / 2 }, (_, i) => ({
      key: String(headers[2 * i]),
      value: bytesOf('headers', headers[2 * i + 1]),
    }))
  if (typeof ts === 'number' && ts >= 0) message.timestamp = ts
  if (keepsPlace && typeof partition === 'number') message.partition = partition
  return message
}

function bytesOf(name: string, part: unknown): string | Uint8Array | null {
  if (part === null || typeof part === 'string') return part
  if (typeof part === 'object' && 'base64' in part && typeof part.base64 === 'string')
    return new Uint8Array(Buffer.from(part.base64, 'base64'))
  // What is no text is written as it stands, so that lines of other programs need no quoting twice.
  if (part !== undefined && name === 'payload') return JSON.stringify(part)
  throw new UsageError(`"${name}" is a text, { "base64": … } or null`)
}
