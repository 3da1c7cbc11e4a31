import type { AnyApi, RequestOf, ResponseInput } from '../protocol/api.ts'
import type { Access } from './access/access.ts'
import type { Login } from './access/login.ts'
import type { AnswerRoom } from './allowance.ts'
import type { Cluster } from './cluster.ts'
import type { Listener } from './listener.ts'
import type { Node } from './node.ts'

/** A client's software, as it told. */
export interface ClientSoftware {
  readonly name: string
  readonly version: string
}

/** A client's connection, as the handlers of its requests see it. */
export interface ClientConnection {
  /** Counts the cluster's connections from 1. */
  readonly id: number
  readonly listener: Listener
  /** Where the client is, as DescribeGroups tells. */
  readonly clientHost: string
  /** What the client calls itself (KIP-511). */
  software: ClientSoftware
  /** Who the client is. */
  readonly login: Login
  /** The next answer is the last: the connection is closed behind it. */
  endBehindAnswer(): void
  /** Waits on the cluster's clock, or until the connection ends. */
  sleep(milliseconds: number): Promise<void>
  /** Calls `task` when the connection ends, if it has not; the answer takes it back. */
  onEnd(task: () => void): () => void
}

/** An API, and the first and last version of it that is told and taken. */
export interface ServedApi<A extends AnyApi = AnyApi> {
  readonly api: A
  readonly versions: readonly [first: number, last: number]
}

/** A request's circumstances. */
export interface RequestContext {
  readonly cluster: Cluster
  /** The broker that was asked. */
  readonly node: Node
  readonly connection: ClientConnection
  /** What the client may do; undefined where it may do everything. */
  readonly access: Access | undefined
  /** All APIs of this broker. */
  readonly served: readonly ServedApi[]
  /** To be taken of for what an answer repeats. */
  readonly room: AnswerRoom
  readonly apiVersion: number
  readonly clientId: string | null
}

/**
 * What a broker answers. Fields with a default may be left out, as may the time of throttling, which is put in
 * afterwards.
 */
export type AnswerTo<A extends AnyApi> = Omit<ResponseInput<A>, 'throttleTimeMs'> & { readonly throttleTimeMs?: number }

/** One API's behaviour. */
export interface Handler<A extends AnyApi = AnyApi> extends ServedApi<A> {
  /**
   * Answers the request; null for a request that gets no answer (Produce with acks 0). A promise holds up what is
   * behind it on the connection.
   */
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
