import { messageOf, ProtocolError } from '../base/errors.ts'
import { readUtf8 } from '../bytes/utf8.ts'

/** A record's header as read. Keys may repeat. */
export interface Header {
  /** The header's name. */
  key: string
  /** The header's value: a view, as the message's own. */
  value: Uint8Array | null
}

/** Shared by all messages without headers. */
export const noHeaders: readonly Header[] = Object.freeze([])

/** What a message was read from; null for one that was not, or is only like one. Not for users. */
export let originOf: (message: object) => object | null

/**
 * A record as read from a partition.
 *
 * `key`, `value` and header values are views into the batch the record came in (up to 1 MB by the broker's default), so one kept message keeps
 * that whole batch in memory. `copy()` makes one that stands alone.
 */
export class Message {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** Its place in the partition. */
  offset: number
  /** Milliseconds since 1970; -1 where the record has none. */
  timestamp: number
  /** Null and empty are different things to Kafka. */
  key: Uint8Array | null
  /** Null is a tombstone in a compacted topic. */
  value: Uint8Array | null
  /** In the order they were written. */
  headers: readonly Header[]
  /** The partition's high water mark when the record was fetched: the offset after the last one readable. */
  highWaterMark: number
  /** Epoch of the leader that appended it; -1 where the format has none. */
  leaderEpoch: number
  /** Not there unless set: a field of every message read would cost memory. */
  declare writerData?: unknown
  /** What it was read from: tells messages of one place apart that were read in different lives of it. Never shown. */
  #origin: object | null

  constructor(
    topic: string,
    partition: number,
    offset: number,
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly Header[] = noHeaders,
    highWaterMark = -1,
    leaderEpoch = -1,
    origin: object | null = null,
  ) {
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.timestamp = timestamp
    this.key = key
    this.value = value
    this.headers = headers
    this.highWaterMark = highWaterMark
    this.leaderEpoch = leaderEpoch
    this.#origin = origin
  }

  static {
    originOf = message => (#origin in message ? message.#origin : null)
  }

  /** `timestamp` as a Date. */
  get time(): Date {
    return new Date(this.timestamp)
  }

  /** The value as UTF-8 text; '' for null. */
  text(): string {
    return this.value === null ? '' : readUtf8(this.value, 0, this.value.length)
  }

  /** The key as UTF-8 text; '' for null. */
  keyText(): string {
    return this.key === null ? '' : readUtf8(this.key, 0, this.key.length)
  }

  /** The value read as JSON; null for a null value. A ProtocolError that says which message where it is none. */
  json<T = unknown>(): T {
    if (this.value === null) return null as T
    try {
      return JSON.parse(this.text()) as T
    } catch (error) {
      const { topic, partition, offset } = this
      throw new ProtocolError(
        `the message at offset ${offset} of ${topic}/${partition} is no JSON: ${messageOf(error)}`,
        { cause: error },
      )
    }
  }

  /** The value of the last header of that name, which may be null; undefined where there is none. */
  header(name: string): Uint8Array | null | undefined {
    for (let i = this.headers.length - 1; i >= 0; i--) if (this.headers[i]!.key === name) return this.headers[i]!.value
    return undefined
  }

  /** The same as UTF-8 text; '' for null. */
  headerText(name: string): string | undefined {
    const value = this.header(name)
    return value === null ? '' : value && readUtf8(value, 0, value.length)
  }

  /** The same message in memory of its own: keeping it keeps nothing else. */
  copy(): Message {
    const headers =
      this.headers.length === 0
        ? noHeaders
        : this.headers.map(({ key, value }) => ({ key, value: value === null ? null : new Uint8Array(value) }))
    const key = this.key === null ? null : new Uint8Array(this.key)
    const value = this.value === null ? null : new Uint8Array(this.value)
    const made = new Message(
      this.topic,
      this.partition,
      this.offset,
      this.timestamp,
      key,
      value,
      headers,
      this.highWaterMark,
      this.leaderEpoch,
      this.#origin,
    )
    if (this.writerData !== undefined) made.writerData = this.writerData
    return made
  }
}
