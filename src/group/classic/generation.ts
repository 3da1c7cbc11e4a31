import { Condition } from '../../base/condition.ts'
import type { Heartbeats } from '../heartbeats.ts'

/** What is running in a generation. */
export interface Generation {
  readonly over: AbortController
  cause: unknown
  /** The place in the group is gone: the partitions may be another's. */
  lost: boolean
  heartbeats: Heartbeats | undefined
  /** Rings when it is over, and when something is to be given and taken anew. */
  readonly news: Condition
  /** All is to be given back and taken anew, which is nobody else's business. */
  renewal: { readonly cause: unknown } | undefined
}

export function newGeneration(): Generation {
  return {
    over: new AbortController(),
    cause: undefined,
    lost: false,
    heartbeats: undefined,
    news: new Condition(),
    renewal: undefined,
  }
}

export function end(generation: Generation, cause: unknown, lost = false): void {
  // A place that is lost is lost, whatever began to end it.
  if (!generation.over.signal.aborted || lost) generation.cause = cause
  generation.lost ||= lost
  generation.over.abort()
  generation.news.ring()
}
