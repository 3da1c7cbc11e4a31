import type { AnyApi, RequestOf } from '../protocol/api.ts'
import type { AnswerTo } from './handler.ts'

/** What a control function knows of the request it was given. */
export interface ControlContext<A extends AnyApi> {
  /** The broker that was asked. */
  readonly brokerId: number
  /** Counts the cluster's connections from 1. */
  readonly connectionId: number
  /** The version of the API that the request came in. */
  readonly apiVersion: number
  /** The number of the request on its connection. */
  readonly correlationId: number
  /** What the client calls itself; null for nothing. */
  readonly clientId: string | null
  /**
   * Lets the broker handle the request now and answers what it would have said (null: nothing, acks none), to be
   * changed, delayed or lost.
   */
  apply(): Promise<AnswerTo<A> | null>
}

/** Drops the connection, or keeps it open and never answers. */
export type ControlVerdict = 'drop' | 'hang'

type ControlAnswer<A extends AnyApi> = AnswerTo<A> | ControlVerdict | null | undefined

/**
 * Decides on a request before the broker does: a response is sent as it is, 'drop' closes the connection, 'hang' never
 * answers, null sends nothing (acks none), and undefined lets the next control function or the broker itself handle it.
 * A promise holds up the requests behind it on that connection.
 */
export type Control<A extends AnyApi> = (
  request: RequestOf<A>,
  context: ControlContext<A>,
) => ControlAnswer<A> | Promise<ControlAnswer<A>>

/** The control functions in force, by API, oldest first. */
export class Controls {
  readonly #byKey = new Map<number, Control<AnyApi>[]>()

  /** Adds a function; the answer takes it away again. */
  add<A extends AnyApi>(api: A, control: Control<A>): () => void {
    // The same function may be given twice.
    const mine: Control<AnyApi> = (request, context) => (control as unknown as Control<AnyApi>)(request, context)
    const all = this.#byKey.get(api.key) ?? []
    this.#byKey.set(api.key, [...all, mine])
    return () => {
      this.#byKey.set(
        api.key,
        this.of(api).filter(each => each !== mine),
      )
    }
  }

  of(api: AnyApi): readonly Control<AnyApi>[] {
    return this.#byKey.get(api.key) ?? []
  }
}
