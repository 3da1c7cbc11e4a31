import { Condition } from '../../base/condition.ts'
import type { Heartbeats } from '../heartbeats.ts'

/** What is running in a generation. */
export interface Generation {
  readonly over: AbortController
  cause: unknown
  /** The place in the group is gone: the partitions may be another's. */
  lost: boolean
  heartbeats: Heartbeats | undefined
  /** Rings when it is over, and when all is to be given and taken anew. */
  readonly news: Condition
}

export function newGeneration(): Generation {
  return {
    over: new AbortController(),
    cause: undefined,
    lost: false,
    heartbeats: undefined,
    news: new Condition(),
  }
}

export function end(generation: Generation, cause: unknown, lost = false): void {
  // A place that is lost is lost, whatever began to end it.
  if (!generation.over.signal.aborted || lost) generation.cause = cause
  generation.lost ||= lost
  generation.over.abort()
  generation.news.ring()
}
