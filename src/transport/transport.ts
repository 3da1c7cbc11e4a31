import { adapter, natives } from '#adapter'
import type { AddressLike } from '../base/address.ts'
import { refuseMore, signalOf } from '../base/call-options.ts'
import { traced } from '../base/call-site.ts'
import { ConfigError } from '../base/errors.ts'
import { given, type SettingKinds, shown } from '../base/settings.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import { Cluster } from './cluster.ts'
import { settingsOf, type TransportConfig } from './config.ts'
import { Network } from './network.ts'
import type { RoundTripOptions, RoundTripper } from './round-tripper.ts'
import { Router } from './router.ts'

const roundTripSettings: SettingKinds<RoundTripOptions> = {
  signal: 'object',
  timeoutMs: 'number',
  waitsMs: 'number',
  brokerId: 'number',
}

/**
 * Connections to Kafka clusters, what is known of them, and the routing of requests. Share one between the Writers,
 * Readers and Clients of a program (in Workers: of one request); the one who made it closes it.
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
    ...extra: never[]
  ): Promise<ResponseOf<A>> {
    const { signal, ...rest } = given('roundTrip', options, roundTripSettings)
    // A bare signal is an object without settings.
    signalOf('roundTrip', 'aborted' in options ? options : signal && { signal }, extra)
    if (typeof api?.key !== 'number')
      throw new ConfigError(`roundTrip takes an API of isokafka/protocol, not ${shown(api)}`)
    if (typeof request !== 'object' || request === null)
      throw new ConfigError(`${api.name}: a request is an object, not ${shown(request)}`)
    return await traced(this.#router.send(this.cluster(addr), api, request, { ...rest, ...(signal && { signal }) }))
  }

  override closeIdleConnections(...extra: never[]): void {
    refuseMore('closeIdleConnections', extra)
    super.closeIdleConnections()
  }

  override async close(...extra: never[]): Promise<void> {
    refuseMore('close', extra)
    await super.close()
  }
}
