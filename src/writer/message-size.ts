import { ConfigError } from '../base/errors.ts'
import { utf8Length } from '../bytes/utf8.ts'
import type { MessageInput } from '../records/message.ts'

/** A message's size as kafka-go counts it: 22 bytes, key, value and headers, in bytes of UTF-8. */
export function messageSize({ key, value, headers }: MessageInput): number {
  let size = 22 + lengthOf(key) + lengthOf(value)
  for (const header of headers ?? []) size += lengthOf(header.key) + lengthOf(header.value)
  return size
}

/** When the message happened, in milliseconds: its own time, else `now`. */
export function timestampOf({ timestamp, time }: MessageInput, now: number): number {
  const own = timestamp ?? time?.getTime() ?? now
  // -1 is Kafka's "none", as in a message read from an old topic.
  if (own === -1) return now
  if (!Number.isSafeInteger(own) || own < 0)
    throw new ConfigError(`a message's time must be a moment since 1970 in milliseconds, not ${own}`)
  return own
}

function lengthOf(part: string | Uint8Array | null | undefined): number {
  if (part === null || part === undefined) return 0
  return typeof part === 'string' ? utf8Length(part) : part.length
}
