import { ConfigError } from '../base/errors.ts'
import { utf8Length } from '../bytes/utf8.ts'

/** What keys, values and header values are given as: strings are written as UTF-8. */
export type Bytes = string | Uint8Array

/**
 * What a Writer takes; a Message read elsewhere fits too. Strings are written as UTF-8; null and undefined are both
 * Kafka's null.
 */
export interface MessageInput {
  /** Where to, if the Writer has no topic of its own. */
  topic?: string
  /**
   * Where to within the topic; without it the Writer's balancer chooses. Of a message that was read (it has an offset)
   * it says nothing.
   */
  partition?: number
  /** What the partition is chosen by. Default null. */
  key?: Bytes | null
  /** The content. Default null, which deletes the key in a compacted topic. */
  value?: Bytes | null
  /** Default: none. */
  headers?: readonly HeaderInput[]
  /**
   * When it happened; `timestamp` (milliseconds since 1970) is the same without an object. Neither: the time of the
   * write.
   */
  time?: Date
  /** Milliseconds since 1970. */
  timestamp?: number
  /** Yours: handed back with the message by the Writer's completion callback, never sent. */
  writerData?: unknown
}

/** A header to write. Keys may repeat. */
export interface HeaderInput {
  /** The header's name. */
  key: string
  /** The header's value. */
  value: Bytes | null
}

/** When the message happened, in milliseconds: its own time, else `now`. */
export function timestampOf({ timestamp, time }: MessageInput, now: number): number {
  const own = timestamp ?? (time ? Number(time) : now)
  // -1 is Kafka's "none", as in a message read from an old topic.
  if (own === -1) return now
  if (!Number.isSafeInteger(own) || own < 0)
    throw new ConfigError(`a message's time must be a moment since 1970 in milliseconds, not ${own}`)
  return own
}

/** Bytes that a part of a message takes; none for null. */
export function lengthOf(part: Bytes | null | undefined): number {
  if (part === null || part === undefined) return 0
  return typeof part === 'string' ? utf8Length(part) : part.length
}
