import type { Deadline } from '../base/deadline.ts'
import { ConnectionError, isTemporary, TimeoutError } from '../base/errors.ts'
import type { AnyApi } from '../protocol/api.ts'
import type { Cluster } from './cluster.ts'
import type { Rest, Whom } from './destination.ts'
import type { Row } from './shape.ts'

/** One call on its way. */
export interface RoutedCall {
  readonly cluster: Cluster
  readonly api: AnyApi
  readonly request: Row
  readonly deadline: Deadline
  readonly signal: AbortSignal | undefined
  /** What is left of its time, for a step of it. */
  readonly rest: Rest
}

/** Sends a request of the call to one broker. Undefined: there is no answer to it (acks 0). */
export type Exchange = (call: RoutedCall, broker: Whom, request: Row) => Promise<Row | undefined>

/** Whether a failed request may be sent again: the broker has not seen it, or seeing it twice does no harm. */
export function mayRepeat({ api }: RoutedCall, error: unknown): boolean {
  if (!isTemporary(error)) return false
  const sent = error instanceof ConnectionError || error instanceof TimeoutError ? error.sent : false
  return !sent || api.repeatable === true
}
