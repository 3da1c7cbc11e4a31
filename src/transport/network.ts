import { adapter, natives } from '#adapter'
import { type Address, type AddressLike, addressesOf, formatAddress } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import { ClosedError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import { Codecs } from '../compression/codecs.ts'
import type { Natives } from '../socket/socket.ts'
import { deferOf } from './defer.ts'
import type { Detached } from './detached.ts'
import { NetworkCluster } from './network-cluster.ts'
import { Pool } from './pool.ts'
import { defaultSettings, type Settings } from './settings.ts'

/** Makes what is known of a cluster. */
type ClusterClass<C> = new (settings: Settings, pool: Pool, seeds: readonly Address[]) => C

/**
 * Connections to Kafka clusters and what is known of them: a Transport without the routing of requests. It is apart
 * because a Writer finds its brokers itself: a bundle with nothing but a Writer carries no routing.
 */
export class Network<C extends NetworkCluster = NetworkCluster> {
  /** What the runtime lends. */
  readonly natives: Natives
  /** The codecs that Writers and Readers of this transport compress and decompress with; `codecs.set` replaces one. */
  readonly codecs: Codecs
  readonly clock: Clock
  /** The one given, guarded against throwing; by default warnings and errors go to the console. */
  readonly logger: Logger
  /** What brokers are told of who asks. */
  readonly clientId: string
  /** Told of what happens, as it does. */
  readonly onEvent: EventSink | undefined
  /** Runs a task once, after this turn's microtasks. */
  readonly defer: (task: () => void) => void
  /** Runs what goes on for long outside of the caller's asynchronous context. */
  readonly detached: Detached
  protected readonly settings: Settings
  readonly #pool: Pool
  readonly #clusterClass: ClusterClass<C>
  readonly #clusters = new Map<string, C>()

  /** Connects with the first request. */
  constructor(settings: Settings, clusterClass: ClusterClass<C>) {
    this.settings = settings
    this.natives = settings.natives
    this.codecs = new Codecs(settings.natives.codecs)
    this.clock = settings.clock
    this.logger = settings.logger
    this.clientId = settings.clientId
    this.onEvent = settings.onEvent
    this.detached = settings.detached
    const defer = deferOf(settings.natives)
    this.defer = task => settings.detached(() => defer(task))
    this.#pool = new Pool(settings)
    this.#clusterClass = clusterClass
  }

  /**
   * Throws where a call can only wait for ever: the transport is closed, or was made in another request of a Worker's.
   */
  enter(): void {
    this.settings.lifetime.enter()
  }

  /**
   * The cluster behind these addresses; the same object for the same list. Throws a ConfigError for addresses that
   * can't be.
   */
  cluster(addr: AddressLike): C {
    this.enter()
    const seeds = addressesOf(addr)
    const id = seeds.map(formatAddress).sort().join(',')
    let cluster = this.#clusters.get(id)
    if (cluster === undefined) {
      cluster = new this.#clusterClass(this.settings, this.#pool, seeds)
      this.#clusters.set(id, cluster)
    }
    return cluster
  }

  /** The same cluster as another class knows it, over the same connections. */
  clusterAs<D extends NetworkCluster>(addr: AddressLike, clusterClass: ClusterClass<D>): D {
    const known: NetworkCluster = this.cluster(addr)
    return known instanceof clusterClass ? known : new clusterClass(this.settings, this.#pool, addressesOf(addr))
  }

  /** Closes connections that no request uses, and those in use as soon as their requests are answered. */
  closeIdleConnections(): void {
    this.#pool.closeIdle()
  }

  /**
   * Ends everything: new requests are refused, those under way are answered for up to 5 s, and sockets have as long to
   * close.
   */
  async close(): Promise<void> {
    this.settings.lifetime.end(new ClosedError('the transport is closed'))
    await this.#pool.close()
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** What a Writer has that is given no transport. */
export function plainNetwork(logger: Logger | null | undefined): Network {
  return new Network(defaultSettings({ adapter, natives, logger }), NetworkCluster)
}
