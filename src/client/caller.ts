import type { AddressLike } from '../base/address.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { ConfigError } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import { Codecs } from '../compression/codecs.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import type { Natives } from '../socket/socket.ts'
import type { RoundTripper } from '../transport/round-tripper.ts'

/** What every request of a Client may carry. */
export interface Addressed {
  /** The cluster to ask; the client's own by default. */
  addr?: AddressLike
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

  /** Sends a request where it belongs. `waits`: milliseconds the broker may hold the answer back on purpose. */
  send<A extends AnyApi>(
    to: Addressed,
    api: A,
    request: RequestInput<A>,
    { signal }: CallOptions,
    waits = 0,
  ): Promise<ResponseOf<A>> {
    const addr = to.addr ?? this.#addr
    if (addr === undefined) throw new ConfigError(`${api.name}: give the Client or the request an addr`)
    return this.transport.roundTrip(addr, api, request, {
      ...(signal && { signal }),
      ...(this.#timeout > 0 ? { timeoutMs: this.#timeout } : waits > 0 && { waitsMs: waits }),
    })
  }

  /**
   * How long the broker itself may work on a request: half of our own patience, so that its answer still finds us
   * waiting.
   */
  brokerTimeout(otherwise: number): number {
    return this.#timeout > 0 ? Math.ceil(this.#timeout / 2) : otherwise
  }
}
