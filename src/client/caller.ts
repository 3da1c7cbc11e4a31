import type { AddressLike } from '../base/address.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { ConfigError } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import { Codecs } from '../compression/codecs.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import { Metadata } from '../protocol/metadata.ts'
import type { Natives } from '../socket/socket.ts'
import type { RoundTripOptions, RoundTripper } from '../transport/round-tripper.ts'

/** What every request of a Client may carry. */
export interface Addressed {
  /** The cluster to ask; the client's own by default. */
  addr?: AddressLike
}

export interface SendOptions extends CallOptions {
  /** Milliseconds the broker may hold the answer back on purpose. Default 0. */
  waits?: number
  /** Sends it to this broker, wherever it would go by itself. */
  brokerId?: number
}

/** What a call of the Client needs of its client. */
export class Caller {
  readonly transport: RoundTripper
  readonly codecs: Codecs
  readonly natives: Natives
  readonly clock: Clock
  readonly #addr: AddressLike | undefined
  readonly #timeout: number

  constructor(transport: RoundTripper, addr: AddressLike | undefined, timeout: number) {
    this.transport = transport
    this.codecs = transport.codecs ?? new Codecs()
    this.natives = transport.natives ?? {}
    this.clock = transport.clock ?? systemClock
    this.#addr = addr
    this.#timeout = timeout
  }

  /** Sends a request in the wire's own words to the client's cluster. */
  async roundTrip<A extends AnyApi>(api: A, request: RequestInput<A>, options?: RoundTripOptions): Promise<unknown> {
    if (this.#addr === undefined) throw new ConfigError('roundTrip: give the Client an addr')
    return await this.transport.roundTrip(this.#addr, api, request, this.#bounded(options))
  }

  #bounded(options: RoundTripOptions | undefined): RoundTripOptions | undefined {
    // What are no options, a bare signal among them, is for the transport to refuse.
    const isPlain = options === undefined || Object.getPrototypeOf(Object(options)) === Object.prototype
    return this.#timeout > 0 && isPlain ? { timeoutMs: this.#timeout, ...options } : options
  }

  /** Sends a request where it belongs. */
  send<A extends AnyApi>(
    to: Addressed,
    api: A,
    request: RequestInput<A>,
    { signal, waits = 0, brokerId }: SendOptions,
  ): Promise<ResponseOf<A>> {
    const addr = to.addr ?? this.#addr
    if (addr === undefined) throw new ConfigError(`${api.name}: give the Client or the request an addr`)
    return this.transport.roundTrip(addr, api, request, {
      ...(signal && { signal }),
      ...(this.#timeout > 0 ? { timeoutMs: this.#timeout } : waits > 0 && { waitsMs: waits }),
      ...(brokerId !== undefined && { brokerId }),
    })
  }

  /** Sends a request to these brokers, or to every one of the cluster; answers who said what. Any failure fails all. */
  async sendToEach<A extends AnyApi>(
    to: Addressed,
    api: A,
    request: RequestInput<A>,
    options: SendOptions,
    brokerIds?: readonly number[],
  ): Promise<[brokerId: number, response: ResponseOf<A>][]> {
    const ids = brokerIds ?? (await this.#brokerIds(to, options))
    return Promise.all(
      ids.map(async brokerId => [brokerId, await this.send(to, api, request, { ...options, brokerId })] as const),
    ) as Promise<[number, ResponseOf<A>][]>
  }

  async #brokerIds(to: Addressed, options: SendOptions): Promise<number[]> {
    const { brokers } = await this.send(to, Metadata, { topics: [], allowAutoTopicCreation: false }, options)
    return brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b)
  }

  /** How long a call of several requests may go on trying, in milliseconds. */
  get patience(): number {
    return this.#timeout > 0 ? this.#timeout : 30_000
  }

  /**
   * How long the broker itself may work on a request: half of our own patience, so that its answer still finds us
   * waiting.
   */
  brokerTimeout(otherwise: number): number {
    return this.#timeout > 0 ? Math.ceil(this.#timeout / 2) : otherwise
  }
}
