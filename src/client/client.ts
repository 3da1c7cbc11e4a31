import type { AddressLike } from '../base/address.ts'
import { optionsOf, refuseMore } from '../base/call-options.ts'
import { traced } from '../base/call-site.ts'
import { ClosedError, ConfigError } from '../base/errors.ts'
import { given, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import { ofTransport } from '../transport/config.ts'
import { requireTransport } from '../transport/require-transport.ts'
import type { RoundTripOptions, RoundTripper } from '../transport/round-tripper.ts'
import { Transport } from '../transport/transport.ts'
import type { AnyCall } from './call.ts'
import { Caller } from './caller.ts'
import { families, type Methods } from './families.ts'

/** Settings of a Client. All optional; times are milliseconds. */
export interface ClientConfig {
  /** The cluster that requests without an `addr` of their own go to. */
  addr?: AddressLike
  /**
   * Time limit of each call, in milliseconds; begins anew with each sign of life of a connection that its request waits on.
   * Default 0: only the transport's own.
   */
  timeout?: number
  /** A given transport stays open; without one the client makes and closes its own. */
  transport?: RoundTripper
}

const clientSettings: SettingKinds<ClientConfig> = { addr: 'any', timeout: 'number', transport: 'object' }

/**
 * Kafka's APIs as typed calls, as in kafka-go. Each goes to the broker it concerns, is tried again while that may help,
 * and rejects when there is no answer; errors of single items are in the response.
 */
export interface Client extends Methods {
  /**
   * Sends any of `isokafka/protocol`'s APIs in its own words, to whom it concerns or to `brokerId`, and gives the
   * answer as it is.
   */
  roundTrip<A extends AnyApi>(
    api: A,
    request: RequestInput<A>,
    options?: RoundTripOptions,
    ...extra: never[]
  ): Promise<ResponseOf<A>>
  /** Closes the transport if it is the client's own; further calls reject with a ClosedError. */
  close(...extra: never[]): Promise<void>
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}

export interface ClientConstructor {
  /** Throws a ConfigError for settings that can't work. Connects with the first call. */
  new (config?: ClientConfig): Client
  readonly prototype: Client
}

// A call, and so one that bundlers drop when nobody wants it: methods put on a class as a module loads would stay.
export const Client: ClientConstructor = /* @__PURE__ */ makeClient()

function makeClient(): ClientConstructor {
  class Client {
    readonly #caller: Caller
    readonly #own: Transport | undefined
    #closed = false

    constructor(config: ClientConfig = {}) {
      const { addr, timeout = 0, transport } = given('a Client', config, clientSettings, '', ofTransport)
      if (!(timeout >= 0)) throw new ConfigError(`Client: timeout must be milliseconds, 0 for none, not ${timeout}`)
      this.#own = transport ? undefined : new Transport()
      this.#caller = new Caller(this.#own ?? requireTransport(transport!, 'roundTrip'), addr, timeout)
    }

    async roundTrip<A extends AnyApi>(
      api: A,
      request: RequestInput<A>,
      options?: RoundTripOptions,
      ...extra: never[]
    ): Promise<unknown> {
      refuseMore('roundTrip', extra)
      this.#check()
      return await traced(this.#caller.roundTrip(api, request, options))
    }

    #check(): void {
      if (this.#closed) throw new ClosedError('the client is closed')
    }

    async close(...extra: never[]): Promise<void> {
      refuseMore('close', extra)
      this.#closed = true
      await this.#own?.close()
    }

    async [Symbol.asyncDispose](): Promise<void> {
      await this.close()
    }

    static add(name: string, { fields, run }: AnyCall): void {
      const { [name]: method } = {
        async [name](this: Client, request: object = {}, options?: CallOptions, ...extra: never[]): Promise<unknown> {
          const checked = optionsOf(`${name}()`, options, extra)
          const asked = given(`${name}()`, request, fields)
          this.#check()
          return await traced(run(this.#caller, asked as never, checked))
        },
      }
      Object.defineProperty(Client.prototype, name, { value: method, writable: true, configurable: true })
    }
  }
  for (const family of families()) for (const [name, call] of Object.entries(family)) Client.add(name, call)
  return Client as unknown as ClientConstructor
}
