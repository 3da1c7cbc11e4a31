import type { Address } from '../base/address.ts'
import type { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import type { EventSink } from '../base/events.ts'
import { guardedLogger } from '../base/guard.ts'
import { consoleLogger, type Logger } from '../base/logger.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { Natives, SocketAdapter, TLSOptions } from '../socket/socket.ts'
import { type Detached, detachedClock, detachedOf } from './detached.ts'
import { Lifetime } from './lifetime.ts'
import type { Recall } from './recall.ts'

/** The addresses to dial for a broker, in the order to try them. */
export type LookUp = (broker: Address, signal: AbortSignal) => Promise<readonly string[]>

/**
 * Takes so many milliseconds at most; answers when to authenticate anew, by the monotonic clock; Infinity for never.
 */
export type Authenticate = (
  settings: Settings,
  broker: Address,
  connection: BrokerConnection,
  milliseconds: number,
) => Promise<number>

/** All that the parts of a transport go by, checked and complete. */
export interface Settings {
  readonly adapter: SocketAdapter
  readonly natives: Natives
  readonly detached: Detached
  readonly dialTimeout: number
  readonly idleTimeout: number
  readonly requestTimeout: number
  readonly metadataTtl: number
  /** Where that is less for all partitions in use together: so much for each, five minutes at most. */
  readonly metadataTtlPerPartition: number
  readonly metadataTopics: readonly string[]
  readonly clientId: string
  /** A function, for who holds a Transport and prints it not to print keys. */
  readonly tls: (() => TLSOptions) | undefined
  /** Why an address that a broker named is not to be dialed, beginning at these. */
  readonly guard: (host: string, seeds: readonly Address[]) => string | undefined
  readonly backoff: Backoff
  readonly maxResponseBytes: number
  readonly clock: Clock
  readonly logger: Logger
  readonly onEvent: EventSink | undefined
  /** Translates brokers' names, where the runtime's own resolution does not do. */
  readonly lookUp: LookUp | undefined
  /** What makes us known to a broker, each time a connection is opened and again before that runs out. */
  readonly authenticate: Authenticate | undefined
  /** Ends when the transport closes. */
  readonly lifetime: Lifetime
  /** What is remembered of clusters from before. */
  readonly recall: Recall | undefined
}

/** What can't be had by default. */
interface Surroundings {
  readonly adapter: SocketAdapter
  readonly natives: Natives
  readonly clock?: Clock | undefined
  readonly logger?: Logger | null | undefined
}

/**
 * The settings of who gives none. They are apart from what checks those that are given: a Writer without a transport
 * carries no more than this.
 */
export function defaultSettings({ adapter, natives, clock: given, logger }: Surroundings): Settings {
  const detached = detachedOf(natives)
  const clock = detachedClock(given, natives, detached)
  const guarded = guardedLogger(logger, consoleLogger(clock))
  return {
    adapter,
    natives,
    detached,
    dialTimeout: 5000,
    idleTimeout: 30_000,
    requestTimeout: 30_000,
    metadataTtl: 6000,
    metadataTtlPerPartition: 6,
    metadataTopics: [],
    clientId: 'isokafka',
    tls: undefined,
    backoff: { min: 50, max: 1000 },
    maxResponseBytes: 256 * 1024 * 1024,
    clock,
    logger: guarded,
    guard: (host, seeds) => adapter.guard?.(host, seeds, guarded),
    onEvent: undefined,
    lookUp: undefined,
    authenticate: undefined,
    lifetime: new Lifetime(clock, adapter.scope),
    recall: undefined,
  }
}
