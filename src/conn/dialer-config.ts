import { type Clock, systemClock } from '../base/clock.ts'
import { ConfigError, TimeoutError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import { given, type SettingKinds, shown } from '../base/settings.ts'
import type { Mechanism } from '../sasl/mechanism.ts'
import type { Natives, SocketAdapter, SocketOptions, TLSOptions } from '../socket/socket.ts'
import { BrokerResolver } from '../transport/broker-resolver.ts'
import type { TransportConfig } from '../transport/config.ts'
import type { Resolver } from '../transport/hosts.ts'
import { runtimeAdapter } from '../transport/lone-connection.ts'

/** Settings of a Dialer. All optional; times are milliseconds. */
export interface DialerConfig extends SocketOptions {
  /** Named in each request; brokers log it and set quotas by it. Default 'isokafka'. */
  clientId?: string
  /** Opens sockets in place of the adapter's own `dial`. Not with localAddr, dualStack, fallbackDelay and keepAlive. */
  dialFunc?: SocketAdapter['dial']
  /**
   * Bounds a dial with TLS, the exchange of versions and SASL, and after that the search for a partition. Default
   * 10,000; 0 for no bound.
   */
  timeout?: number
  /** A moment after which dials fail: a Date, or milliseconds since 1970. Default: none. */
  deadline?: Date | number
  /** Where the adapter at hand can do it (Node's): the IP address of ours to dial from. */
  localAddr?: string
  /**
   * Whether a name's addresses are tried one after another, each a little later than the one before (RFC 8305). All
   * adapters do; Node's need not. Default true.
   */
  dualStack?: boolean
  /** Where the adapter at hand can do it (Node's): how much later. Default 1,000. */
  fallbackDelay?: number
  /** Where the adapter at hand can do it (Node's): the silence after which a peer is probed; 0 for never. Default 60,000. */
  keepAlive?: number
  /**
   * Finds the hosts behind a name. What it answers is dialed in place of that, in this order; TLS still checks the name.
   * A port that it names is used where the address has none. Where it finds nothing the name is dialed.
   */
  resolver?: Resolver
  /** Given: connections use TLS. `true` takes the runtime's own certificates. */
  tls?: TLSOptions | boolean
  /** Given: connections authenticate, and do so again before the session's lifetime ends (KIP-368). */
  saslMechanism?: Mechanism
  /** Goes with each write of the Conns made; they write outside of transactions all the same. */
  transactionalId?: string
  /** Opens sockets. Default: the adapter of the runtime at hand. */
  adapter?: SocketAdapter
  /** What the runtime lends. Default: that of the runtime at hand. */
  natives?: Natives
  /** Longest response taken, in bytes. Default 256 MiB. */
  maxResponseBytes?: number
  /** Time and chance. Default: the system's. */
  clock?: Clock
  /** Default: warnings and errors go to the console; null is silence. */
  logger?: Logger | null
  /** Told of what happens, as it does. Default: nobody. */
  onEvent?: EventSink
}

const dialerSettings: SettingKinds<DialerConfig> = {
  clientId: 'string',
  dialFunc: 'function',
  timeout: 'number',
  deadline: 'any',
  localAddr: 'string',
  dualStack: 'boolean',
  fallbackDelay: 'number',
  keepAlive: 'number',
  resolver: 'object',
  tls: 'any',
  saslMechanism: 'object',
  transactionalId: 'string',
  adapter: 'object',
  natives: 'object',
  maxResponseBytes: 'number',
  clock: 'object',
  logger: 'any',
  onEvent: 'function',
}

/** The settings that were given; a ConfigError for those that can't work. */
export function dialerConfig(all: DialerConfig): DialerConfig {
  const config = given('a Dialer', all, dialerSettings)
  const { timeout = 0, deadline, dialFunc, fallbackDelay = 1, keepAlive = 0, resolver } = config
  const { adapter = runtimeAdapter } = config
  if (!(timeout >= 0)) throw new ConfigError(`Dialer: timeout must be milliseconds, 0 for none, not ${timeout}`)
  if (deadline !== undefined && !(deadline instanceof Date ? deadline.getTime() > 0 : deadline > 0))
    throw new ConfigError(`Dialer: deadline must be a Date or milliseconds since 1970, not ${shown(deadline)}`)
  if (!(fallbackDelay > 0) || !(keepAlive >= 0))
    throw new ConfigError('Dialer: fallbackDelay must be above 0 ms, keepAlive not below')
  if (resolver !== undefined && typeof resolver.lookupHost !== 'function')
    throw new ConfigError('Dialer: a resolver is an object with a function lookupHost')
  for (const name of Object.keys(socketOptionsOf(config)) as (keyof SocketOptions)[]) {
    if (dialFunc !== undefined) throw new ConfigError(`Dialer: with a dialFunc, ${name} is for that function to heed`)
    if (!adapter.socketOptions?.includes(name))
      throw new ConfigError(`Dialer: the ${adapter.name} adapter can't heed ${name}`)
  }
  return config
}

/** What sockets are to be opened with. To try all addresses of a name needs no word: every adapter does. */
function socketOptionsOf({ localAddr, dualStack, fallbackDelay, keepAlive }: DialerConfig): SocketOptions {
  return {
    ...(localAddr !== undefined && { localAddr }),
    ...(dualStack === false && { dualStack }),
    ...(fallbackDelay !== undefined && { fallbackDelay }),
    ...(keepAlive !== undefined && { keepAlive }),
  }
}

/** As long as a timer can be. */
const longest = 0x7fffffff

/** How long a dial may take from now on, in milliseconds. Throws a TimeoutError once the deadline has passed. */
export function dialTimeoutOf({ timeout = 10_000, deadline, clock = systemClock }: DialerConfig): number {
  const left = deadline === undefined ? longest : Number(deadline) - clock.now()
  if (left <= 0) throw new TimeoutError("the dialer's deadline has passed")
  return Math.min(timeout === 0 ? longest : timeout, left)
}

/** The same settings as a Transport has them. */
export function transportConfigOf(config: DialerConfig): TransportConfig {
  const { clientId, timeout = 10_000, resolver, tls, saslMechanism, natives } = config
  const { maxResponseBytes, clock, logger, onEvent } = config
  return {
    adapter: adapterOf(config),
    dialTimeout: timeout === 0 ? longest : timeout,
    ...(natives && { natives }),
    ...(clientId !== undefined && { clientId }),
    ...(resolver && { resolver: new BrokerResolver(resolver) }),
    ...(tls !== undefined && { tls }),
    ...(saslMechanism && { sasl: saslMechanism }),
    ...(maxResponseBytes !== undefined && { maxResponseBytes }),
    ...(clock && { clock }),
    ...(logger !== undefined && { logger }),
    ...(onEvent && { onEvent }),
  }
}

/** The adapter, as this dialer opens sockets with it. */
function adapterOf(config: DialerConfig): SocketAdapter {
  const { adapter = runtimeAdapter, dialFunc } = config
  const options = socketOptionsOf(config)
  const open = dialFunc ?? ((address, asked) => adapter.dial(address, { ...asked, ...options }))
  return {
    name: adapter.name,
    ...(adapter.limits && { limits: adapter.limits }),
    ...(adapter.scope && { scope: () => adapter.scope!() }),
    // A function of the user's own may know names alone.
    ...(adapter.resolve && dialFunc === undefined && { resolve: host => adapter.resolve!(host) }),
    async dial(address, asked) {
      dialTimeoutOf(config)
      return open(address, asked)
    },
  }
}
