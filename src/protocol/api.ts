import { ProtocolError } from '../base/errors.ts'
import { struct } from '../schema/combinators.ts'
import type { Codec, Fields, In, InOf, Out, OutOf, Schema } from '../schema/schema.ts'
import type { Lane, ListPathOf, Route } from './route.ts'

/** What may lower the version a request goes out in, besides what broker and client speak. */
export interface CapContext {
  /**
   * Finalised cluster features by name (`transaction.version` …), as the connection's broker told; empty when it told
   * none.
   */
  readonly features: ReadonlyMap<string, number>
}

/** One of Kafka's APIs: its key, the versions we speak, and both directions as schemas. */
export interface Api<Q extends Fields = Fields, R extends Fields = Fields> {
  /** Its number on the wire. */
  readonly key: number
  /** Its name, as Kafka's documentation has it. */
  readonly name: string
  /** The lowest version that we speak. */
  readonly minVersion: number
  /** The highest version that we speak. */
  readonly maxVersion: number
  /** First version with compact types and tagged fields; Infinity for none. */
  readonly flexibleSince: number
  /** What is asked. */
  readonly request: Schema<OutOf<Q>, InOf<Q>>
  /** What is answered. */
  readonly response: Schema<OutOf<R>, InOf<R>>
  /** Which brokers it is for. Undefined: any. */
  readonly route?: Route | undefined
  /** Which of a broker's connections it takes. Default `control`. */
  readonly lane?: Lane | undefined
  /** Sending it twice does no harm: it may be sent again when no answer came. */
  readonly repeatable?: boolean | undefined
  /**
   * Whether this request does nothing at a broker of another cluster, so that it may go out before who listens has said
   * which it is. Undefined: it may not.
   */
  ahead?(request: InOf<Q>, version: number): boolean
  /** The highest version that can carry this request. */
  cap?(request: InOf<Q>, context: CapContext): number
  /** Throws for a request that a broker of this version would take for another. */
  check?(request: InOf<Q>, version: number): void
}

/** Any of the APIs. */
// biome-ignore lint/suspicious/noExplicitAny: an API of whatever fields
export type AnyApi = Api<any, any>
/** What to give when sending a request: fields with a default may be left out. */
export type RequestInput<A> = A extends { request: infer S } ? In<S> : never
/** A request as a broker reads it: every field there. */
export type RequestOf<A> = A extends { request: infer S } ? Out<S> : never
/** A response as a client reads it: every field there. */
export type ResponseOf<A> = A extends { response: infer S } ? Out<S> : never
/** What a broker gives to answer. */
export type ResponseInput<A> = A extends { response: infer S } ? In<S> : never

/** Declares an API. `versions` are the first and last we speak, `flexible` the first flexible one. */
export function api<Q extends Fields, R extends Fields>(declared: {
  key: number
  name: string
  versions: readonly [first: number, last: number]
  flexible?: number
  request: Q
  response: R
  route?: Route<ListPathOf<OutOf<NoInfer<Q>>>, ListPathOf<OutOf<NoInfer<R>>>, keyof NoInfer<Q> & string>
  lane?: Lane
  repeatable?: boolean
  ahead?(request: InOf<Q>, version: number): boolean
  cap?(request: InOf<Q>, context: CapContext): number
  check?(request: InOf<Q>, version: number): void
}): Api<Q, R> {
  const { versions, flexible, ...rest } = declared
  return {
    ...rest,
    minVersion: versions[0],
    maxVersion: versions[1],
    flexibleSince: flexible ?? Number.POSITIVE_INFINITY,
    request: struct(declared.request),
    response: struct(declared.response),
  }
}

export function requestCodec<A extends AnyApi>(of: A, version: number): Codec<RequestOf<A>, RequestInput<A>> {
  return codecAt(of, of.request, version) as Codec<RequestOf<A>, RequestInput<A>>
}

export function responseCodec<A extends AnyApi>(of: A, version: number): Codec<ResponseOf<A>, ResponseInput<A>> {
  return codecAt(of, of.response, version) as Codec<ResponseOf<A>, ResponseInput<A>>
}

function codecAt<O, I>(of: AnyApi, schema: Schema<O, I>, version: number): Codec<O, I> {
  if (version < of.minVersion || version > of.maxVersion)
    throw new ProtocolError(`${of.name} has no version ${version} here (${of.minVersion}–${of.maxVersion})`)
  return schema.plain(version, version >= of.flexibleSince)
}
