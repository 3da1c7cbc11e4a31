import { adapter, natives } from '#adapter'
import type { Address } from '../base/address.ts'
import { messageOf } from '../base/errors.ts'
import { type CallOptions, onAbort } from '../base/signals.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { Socket, SocketAdapter } from '../socket/socket.ts'
import { Addresses } from './addresses.ts'
import { settingsOf, type TransportConfig } from './config.ts'
import { inBackground } from './detached.ts'
import { Lifetime } from './lifetime.ts'
import { type Opened, open } from './open.ts'
import type { LookUp, Settings } from './settings.ts'

/** How the runtime at hand opens sockets. */
export const runtimeAdapter: SocketAdapter = adapter

/** By what a connection goes that is no Transport's. Throws a ConfigError for settings that can't work. */
export function loneSettings(config: TransportConfig): Settings {
  return settingsOf(config, { adapter, natives })
}

export interface LoneOptions extends CallOptions {
  /** Bounds dialing, TLS, the exchange of versions and SASL together, in milliseconds. */
  readonly timeoutMs: number
  /** In place of the settings' own. */
  readonly lookUp?: LookUp | undefined
}

/** A connection to one broker outside of any pool: whoever opened it closes it. Authenticates anew by itself (KIP-368). */
export class LoneConnection {
  readonly connection: BrokerConnection
  /** For what only the runtime knows of it. */
  readonly socket: Socket | undefined
  readonly settings: Settings
  readonly address: Address
  #cancel: () => void = () => {}

  /** Rejects with what kept it from being opened, or the signal's reason; once open, the signal has no say any more. */
  static async open(
    given: Settings,
    address: Address,
    { signal, timeoutMs, lookUp = given.lookUp }: LoneOptions,
  ): Promise<LoneConnection> {
    signal?.throwIfAborted()
    const sockets = new Map<string, Socket>()
    const lifetime = new Lifetime(given.clock, given.adapter.scope && (() => given.adapter.scope!()))
    lifetime.enter()
    const settings: Settings = {
      ...given,
      adapter: noting(given.adapter, sockets),
      dialTimeout: timeoutMs,
      lifetime,
      lookUp,
    }
    const forget = signal && onAbort(signal, () => lifetime.end(signal.reason))
    try {
      const place = { address, lane: 'conn', peer: undefined }
      const opened = await settings.detached(() =>
        Promise.resolve().then(() => open(settings, new Addresses(settings), place)),
      )
      return new LoneConnection(settings, address, opened, sockets.get(opened.host))
    } finally {
      forget?.()
    }
  }

  private constructor(
    settings: Settings,
    address: Address,
    { connection, authenticateAt }: Opened,
    socket: Socket | undefined,
  ) {
    this.connection = connection
    this.socket = socket
    this.settings = settings
    this.address = address
    this.#authenticateAt(authenticateAt)
    void connection.onClose.then(() => this.#cancel())
  }

  /** Throws a ConfigError where the connection can't be used: in another request of a Worker's. */
  enter(): void {
    this.settings.lifetime.enter()
  }

  #authenticateAt(at: number): void {
    const { clock } = this.settings
    if (at === Number.POSITIVE_INFINITY || this.connection.closed) return
    this.#cancel = inBackground(clock, at - clock.monotonic(), () => {
      const { lastUsed } = this.connection
      // What the broker does not read would not be answered in time.
      if (lastUsed > clock.monotonic()) this.#authenticateAt(lastUsed)
      else this.#authenticate()
    })
  }

  #authenticate(): void {
    const { authenticate, logger, requestTimeout } = this.settings
    const { connection } = this
    authenticate!(this.settings, this.address, connection, requestTimeout).then(
      at => this.#authenticateAt(at),
      error => {
        logger.warn(`${connection.broker}: authenticating anew failed: ${messageOf(error)}`)
        connection.abort(error)
      },
    )
  }
}

/** The adapter, which tells what sockets it opened, by the host that was dialed. */
function noting(adapter: SocketAdapter, sockets: Map<string, Socket>): SocketAdapter {
  return {
    name: adapter.name,
    ...(adapter.limits && { limits: adapter.limits }),
    ...(adapter.resolve && { resolve: host => adapter.resolve!(host) }),
    async dial(address, options) {
      const socket = await adapter.dial(address, options)
      sockets.set(address.host, socket)
      return socket
    },
  }
}
