import { adapter, natives } from '#adapter'
import type { AddressLike } from '../base/address.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import { Cluster } from './cluster.ts'
import { settingsOf, type TransportConfig } from './config.ts'
import { Network } from './network.ts'
import type { RoundTripOptions, RoundTripper } from './round-tripper.ts'
import { Router } from './router.ts'

/**
 * Connections to Kafka clusters, what is known of them, and the routing of requests. Share one between the Writers, Readers and Clients of a
 * program (in Workers: of one request); the one who made it closes it.
 */
export class Transport extends Network<Cluster> implements RoundTripper {
  readonly #router: Router

  /** Throws a ConfigError for settings that can't work. Connects with the first request. */
  constructor(config: TransportConfig = {}) {
    super(settingsOf(config, { adapter, natives }), Cluster)
    this.#router = new Router(this.settings)
  }

  async roundTrip<A extends AnyApi>(
    addr: AddressLike,
    api: A,
    request: RequestInput<A>,
    options: RoundTripOptions = {},
  ): Promise<ResponseOf<A>> {
    return this.#router.send(this.cluster(addr), api, request, options)
  }
}
