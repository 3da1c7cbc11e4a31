import { lengthOf, type MessageInput } from '../records/message-input.ts'

/** A message's size as kafka-go counts it: 22 bytes, key, value and headers, in bytes of UTF-8. */
export function messageSize({ key, value, headers }: MessageInput): number {
  let size = 22 + lengthOf(key) + lengthOf(value)
  for (const header of headers ?? []) size += lengthOf(header.key) + lengthOf(header.value)
  return size
}
