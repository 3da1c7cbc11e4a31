import type { CallOptions } from '../base/signals.ts'

/**
 * A broker answers one request per connection at a time, so what waits there holds up all behind it: long polls, group joins and produce
 * requests each have connections of their own.
 */
export type Lane = 'produce' | 'fetch' | 'group' | 'control'

export interface ConnectionOptions extends CallOptions {
  /** A connection of its own within the lane; the `group` lane is keyed by group id. */
  key?: string
  /** Bounds the wait for the connection, in milliseconds. Default: the transport's `dialTimeout`. */
  timeoutMs?: number
}
