/**
 * A broker answers one request per connection at a time, so what waits there holds up all behind it: long polls, group
 * joins and produce requests each have connections of their own.
 */
export type Lane = 'produce' | 'fetch' | 'group' | 'control'

/** What a coordinator is found by: a group id, a transactional id, or a share group's partition. */
export type CoordinatorKind = 'group' | 'transaction' | 'share'

/** Names of lists, each within the elements of the one before. */
export type ListPath = readonly [string, ...string[]]

/** The list paths of a request or response. */
export type ListPathOf<T> = T extends object
  ? {
      [K in keyof T & string]: NonNullable<T[K]> extends readonly (infer E)[]
        ? readonly [K] | readonly [K, ...ListPathOf<E>]
        : never
    }[keyof T & string]
  : never

export interface PlainRoute {
  readonly to: 'any' | 'controller' | 'every'
}

export interface PartitionRoute<Q = ListPath, R = ListPath> {
  readonly to: 'leaders' | 'shareCoordinators'
  readonly request: Q
  readonly response: R
}

export interface CoordinatorRoute<Q = ListPath, R = ListPath, F = string> {
  readonly to: 'coordinator'
  readonly kind: 'group' | 'transaction'
  /** Names a single one. */
  readonly field?: F | undefined
  readonly lists?: { readonly request: Q; readonly response: R } | undefined
}

export interface BrokerRoute<Q = ListPath, R = ListPath> {
  readonly to: 'broker'
  readonly resources?: { readonly request: Q; readonly response: R; readonly otherwise: PlainRoute }
}

/** Which brokers a request is for, as plain data: what an API declares, and `Transport.roundTrip` goes by. */
export type Route<Q = ListPath, R = ListPath, F = string> =
  | PlainRoute
  | PartitionRoute<Q, R>
  | CoordinatorRoute<Q, R, F>
  | BrokerRoute<Q, R>

/** Any broker answers. */
export const toAny: PlainRoute = { to: 'any' }

/** The controller does it. With KRaft any broker passes it on. */
export const toController: PlainRoute = { to: 'controller' }

/** Each broker knows a part of the answer: all are asked, and their lists put together. */
export const toEvery: PlainRoute = { to: 'every' }

/**
 * Each partition is its leader's business. The paths lead to the partitions, through their topics; what names these is
 * found in the schema.
 */
export function toLeaders<const Q extends ListPath, const R extends ListPath = Q>(
  request: Q,
  response?: R,
): PartitionRoute<Q, R> {
  return { to: 'leaders', request, response: response ?? (request as unknown as R) }
}

/** The same by the share coordinator that keeps a partition's state for the request's group (KIP-932). */
export function toShareCoordinators<const Q extends ListPath, const R extends ListPath>(
  request: Q,
  response: R,
): PartitionRoute<Q, R> {
  return { to: 'shareCoordinators', request, response }
}

/** The coordinator of the group or transaction that this field names. When it is empty any broker will do. */
export function toCoordinator<const F extends string>(
  kind: 'group' | 'transaction',
  field: F,
): CoordinatorRoute<never, never, F> {
  return { to: 'coordinator', kind, field }
}

/**
 * The coordinators of the groups or transactions in a list, by id or in structs with their ids, each for its own; that
 * of the one that `field` names if it does. When nothing is named any broker will do.
 */
export function toCoordinators<const Q extends ListPath, const R extends ListPath, const F extends string = never>(
  kind: 'group' | 'transaction',
  request: Q,
  response: R,
  field?: F,
): CoordinatorRoute<Q, R, NoInfer<F>> {
  return { to: 'coordinator', kind, field, lists: { request, response } }
}

/**
 * The broker that the caller names, with `brokerId`. Given the path of a list of resources: each of a broker's own
 * resources goes to that broker, the others `otherwise`.
 */
export function toBroker<const Q extends ListPath = never, const R extends ListPath = never>(
  request?: Q,
  response?: R,
  otherwise: PlainRoute = toAny,
): BrokerRoute<Q, R> {
  if (request === undefined || response === undefined) return { to: 'broker' }
  return { to: 'broker', resources: { request, response, otherwise } }
}
