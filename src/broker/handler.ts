import type { AnyApi, RequestOf, ResponseInput } from '../protocol/api.ts'
import type { Cluster } from './cluster.ts'
import type { Connection } from './connection.ts'
import type { Node } from './node.ts'

/** A request's circumstances. */
export interface RequestContext {
  readonly cluster: Cluster
  /** The broker that was asked. */
  readonly node: Node
  readonly connection: Connection
  readonly apiVersion: number
  readonly clientId: string | null
}

/** What a broker answers. Fields with a default may be left out, as may the time of throttling, which is put in afterwards. */
export type AnswerTo<A extends AnyApi> = Omit<ResponseInput<A>, 'throttleTimeMs'> & { readonly throttleTimeMs?: number }

/** One API's behaviour. */
export interface Handler<A extends AnyApi = AnyApi> {
  readonly api: A
  /** First and last version apiTable. */
  readonly versions: readonly [first: number, last: number]
  /** Answers the request; null for a request that gets no answer (Produce with acks 0). A promise holds up what is behind it on the connection. */
  handle(request: RequestOf<A>, context: RequestContext): AnswerTo<A> | null | Promise<AnswerTo<A> | null>
}

/** Declares the handler of an API. `versions` are those Kafka 4.4 has, within those the schema has. */
export function handler<A extends AnyApi>(
  api: A,
  versions: readonly [first: number, last: number],
  handle: Handler<A>['handle'],
): Handler<A> {
  return { api, versions, handle }
}
