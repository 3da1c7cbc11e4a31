import { utf8Length } from '../bytes/utf8.ts'
import type { MessageInput } from '../records/message-input.ts'

/** A message's size as kafka-go counts it: 22 bytes, key, value and headers, in bytes of UTF-8. */
export function messageSize({ key, value, headers }: MessageInput): number {
  let size = 22 + lengthOf(key) + lengthOf(value)
  for (const header of headers ?? []) size += lengthOf(header.key) + lengthOf(header.value)
  return size
}

function lengthOf(part: string | Uint8Array | null | undefined): number {
  if (part === null || part === undefined) return 0
  return typeof part === 'string' ? utf8Length(part) : part.length
}
