import { adapter, natives } from '#adapter'
import { type AddressLike, addressesOf, formatAddress } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import { ClosedError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import { Codecs } from '../compression/codecs.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import type { Natives } from '../socket/socket.ts'
import { Cluster } from './cluster.ts'
import { type Settings, settingsOf, type TransportConfig } from './config.ts'
import { deferOf } from './defer.ts'
import { Pool } from './pool.ts'
import type { RoundTripOptions, RoundTripper } from './round-tripper.ts'
import { Router } from './router.ts'

/**
 * Connections to Kafka clusters, what is known of them, and the routing of requests. Share one between the Writers, Readers and Clients of a
 * program (in Workers: of one request); the one who made it closes it.
 */
export class Transport implements RoundTripper {
  readonly natives: Natives
  readonly codecs: Codecs
  readonly clock: Clock
  readonly logger: Logger
  readonly clientId: string
  readonly onEvent: EventSink | undefined
  /** Runs a task once, after this turn's microtasks. */
  readonly defer: (task: () => void) => void
  private readonly settings: Settings
  private readonly pool: Pool
  private readonly clusters = new Map<string, Cluster>()
  private readonly router: Router

  constructor(config: TransportConfig = {}) {
    const settings = settingsOf(config, { adapter, natives })
    this.settings = settings
    this.natives = settings.natives
    this.codecs = new Codecs(settings.natives.codecs)
    this.clock = settings.clock
    this.logger = settings.logger
    this.clientId = settings.clientId
    this.onEvent = settings.onEvent
    this.defer = deferOf(settings.natives)
    this.pool = new Pool(settings)
    this.router = new Router(settings)
  }

  async roundTrip<A extends AnyApi>(
    addr: AddressLike,
    api: A,
    request: RequestInput<A>,
    options: RoundTripOptions = {},
  ): Promise<ResponseOf<A>> {
    return this.router.send(this.cluster(addr), api, request, options)
  }

  /** The cluster behind these addresses; the same object for the same list. Throws a ConfigError for addresses that can't be. */
  cluster(addr: AddressLike): Cluster {
    this.settings.lifetime.throwIfEnded()
    const seeds = addressesOf(addr)
    const id = seeds.map(formatAddress).sort().join(',')
    let cluster = this.clusters.get(id)
    if (cluster === undefined) {
      cluster = new Cluster(this.settings, this.pool, seeds)
      this.clusters.set(id, cluster)
    }
    return cluster
  }

  /** Closes connections that no request uses, and those in use as soon as their requests are answered. */
  closeIdleConnections(): void {
    this.pool.closeIdle()
  }

  /** Ends everything: new requests are refused, those under way are answered for up to 5 s, and sockets have as long to close. */
  async close(): Promise<void> {
    this.settings.lifetime.end(new ClosedError('the transport is closed'))
    await this.pool.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
