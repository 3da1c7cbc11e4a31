import { Condition } from '../../base/condition.ts'
import type { Assignment } from './assignment.ts'

/** Partitions that are being begun with. */
interface Coming {
  readonly partitions: Assignment
  readonly stop: AbortController
}

/** From joining until everything has been given back. */
export interface Life {
  readonly over: AbortController
  cause: unknown
  /** The place in the group is gone: the partitions may be another's. */
  lost: boolean
  /** Something is to be given, taken or ended. */
  readonly news: Condition
  coming: Coming | undefined
  /** Everything is to be given back and taken anew, which is nobody else's business. */
  renewal: { readonly cause: unknown } | undefined
}

export function newLife(): Life {
  return {
    over: new AbortController(),
    cause: undefined,
    lost: false,
    news: new Condition(),
    coming: undefined,
    renewal: undefined,
  }
}

export function end(life: Life, cause: unknown, lost = false): void {
  // A place that is lost is lost, whatever began to end it.
  if (!life.over.signal.aborted || lost) life.cause = cause
  life.lost ||= lost
  life.coming?.stop.abort(cause)
  life.over.abort()
  life.news.ring()
}
