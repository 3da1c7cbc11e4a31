import type { AddressLike } from '../../src/base/address.ts'
import type { Clock } from '../../src/base/clock.ts'
import type { Logger } from '../../src/base/logger.ts'
import type { SettingKinds } from '../../src/base/settings.ts'
import type { Mechanism } from '../../src/sasl/mechanism.ts'
import type { SocketAdapter, TLSOptions } from '../../src/socket/socket.ts'
import type { ApiPolicy } from './api-policy.ts'
import type { Resolve } from './guard.ts'

/** Who a client is. */
export interface Identity {
  /** Limits count by it, and logs name it. */
  readonly id: string
  /** Where it may go, of the bridge's own targets, one at least; all of them by default. */
  readonly targets?: readonly string[]
  /** What it may ask for, beside what the bridge's own policy allows all, and never what that denies. */
  readonly apis?: ApiPolicy
  /** Milliseconds since 1970 until when it is good: its connections end then, or `tokenGrace` later. Default: no end. */
  readonly expires?: number
  /** Asked a few times a second: its connections end when it is true. */
  readonly isRevoked?: () => boolean
}

/** What an authenticator may look at. */
export interface UpgradeQuestion {
  /** From the subprotocol. */
  readonly token: string | undefined
  /** The value of a cookie. */
  cookie(name: string): string | undefined
  /** The value of a header of the request, whatever its case; undefined for none. */
  header(name: string): string | undefined
  /** The page that asks, as its browser says; undefined for programs that are no browsers. */
  readonly origin: string | undefined
  /** The client's address, as far as `trustedProxies` lets it be told. */
  readonly remoteAddress: string
  /** host:port */
  readonly target: string
  /** Aborted when the client has gone, or there is no time left to decide. */
  readonly signal: AbortSignal
}

/** Says who asks, or null for nobody we know. One that throws refuses, too. */
export type Authenticator = (question: UpgradeQuestion) => Identity | null | Promise<Identity | null>

/** Bounds of one bridge. Times are milliseconds. */
export interface BridgeLimits {
  /** Connections at a time, those being opened included. Default 1,000. */
  readonly connections: number
  /** Of them, from one address. Default 200. */
  readonly connectionsPerAddress: number
  /** Of them, by one identity. Default 200. */
  readonly connectionsPerIdentity: number
  /**
   * Upgrades a second, from one address, and by one identity; ten times as many may come at once. A connection that is
   * ended as a flood costs both as many. Default 20.
   */
  readonly upgradesPerSecond: number
  /**
   * Frames of one client a second, beside those that bytes (one for each 512) and answers of the broker's (four for
   * each) pay for; one of less than 12 bytes counts for four. What is not used can be saved, up to four times as many.
   * All connections of an address, or of an identity, have ten times as many together: beyond, frames count for four
   * times as much. Default 500.
   */
  readonly framesPerSecond: number
  /**
   * Bytes that all connections hold together, as far as the bridge knows. Beyond, the newest that hold some are ended;
   * above nine tenths of it no new ones are let in. Default 1 GiB; in Workers 64 MiB.
   */
  readonly heldBytes: number
  /** Bytes of one WebSocket message. Default 1 MiB. */
  readonly messageBytes: number
  /** Bytes of one Kafka request. It is never held as a whole. Default 100 MiB, as brokers do. */
  readonly requestBytes: number
  /** Bytes of one Kafka response, likewise. Default 256 MiB: less than any four letters mean when taken for a size. */
  readonly responseBytes: number
  /**
   * Bytes sent that the client has not shown to have, where the runtime doesn't tell what waits (Deno, Workers).
   * Default 1 MiB.
   */
  readonly windowBytes: number
  /** Bytes of the headers of an upgrade. Default 16 KiB. */
  readonly headerBytes: number
  /** Until the headers are there. Default 5,000. */
  readonly headerTimeout: number
  /** For the authenticator. Default 5,000. */
  readonly authenticateTimeout: number
  /** For name lookup, connect, TLS and SASL to the broker. Default 10,000. */
  readonly dialTimeout: number
  /** Without a byte of Kafka's in either direction. Default 600,000, as brokers do. */
  readonly idleTimeout: number
  /** For a connection altogether. Default 86,400,000 (a day). */
  readonly lifetime: number
  /** Without a sign of life, after which the client is asked for one. Default 30,000. */
  readonly pingInterval: number
  /** For the answer. Default 15,000. */
  readonly pongTimeout: number
  /** For what is under way, when a connection is to end. Default 10,000. */
  readonly drainTimeout: number
  /** For the client's half of the closing handshake. Default 5,000. */
  readonly closeTimeout: number
}

export const defaultLimits: BridgeLimits = {
  connections: 1_000,
  connectionsPerAddress: 200,
  connectionsPerIdentity: 200,
  upgradesPerSecond: 20,
  framesPerSecond: 500,
  heldBytes: 1024 * 1024 * 1024,
  messageBytes: 1024 * 1024,
  requestBytes: 100 * 1024 * 1024,
  responseBytes: 256 * 1024 * 1024,
  windowBytes: 1024 * 1024,
  headerBytes: 16 * 1024,
  headerTimeout: 5_000,
  authenticateTimeout: 5_000,
  dialTimeout: 10_000,
  idleTimeout: 600_000,
  lifetime: 86_400_000,
  pingInterval: 30_000,
  pongTimeout: 15_000,
  drainTimeout: 10_000,
  closeTimeout: 5_000,
}

/** What a bridge allows. Without targets, an authenticator and origins there is no bridge: a ConfigError. */
export interface BridgePolicy {
  /**
   * Where connections may go: exactly these host:port. Every broker's advertised address must be among them, or be
   * learnt.
   */
  targets?: readonly string[]
  /** Learns targets from the metadata of the cluster that these addresses lead to; they are targets themselves. */
  learnTargets?: AddressLike
  /**
   * Ports that learnt targets may have: numbers, and ranges as '9092-9094'. Default: those of `learnTargets`. Nor is
   * anything learnt that is an address of its own and not public, unless `allowAddresses` lists it.
   */
  learnPorts?: readonly (number | string)[]
  /**
   * Addresses and ranges brokers may have though they are not public: `['10.1.0.0/16', '127.0.0.1']`. An address
   * written as a target is one.
   */
  allowAddresses?: readonly string[]
  /** Says who a client is, by its token or whatever else its request has. */
  authenticate: Authenticator
  /** Exactly these, as browsers send them: `https://app.example`. */
  origins?: readonly string[]
  /** Takes clients that send no Origin, too: programs outside of browsers. Default false. */
  allowNoOrigin?: boolean
  /** Milliseconds that a connection may outlive what it was opened with (`Identity.expires`). Default 0. */
  tokenGrace?: number
  /** The connections to the brokers speak TLS: `true` with the runtime's own certificates. */
  tls?: TLSOptions | boolean
  /** The connections to the brokers authenticate before a client has them. */
  sasl?: Mechanism
  /**
   * Which requests pass; a client is told of any other as a broker tells who may not. By default what Writers, Readers,
   * groups, transactions and metadata need, and no administration. With `sasl` clients act as the bridge's user: what
   * makes credentials then must be allowed by name, and SASL of a client's own never passes.
   */
  apis?: ApiPolicy
  /** Bounds that differ from the defaults. */
  limits?: Partial<BridgeLimits>
  /** What comes before the target in the path. Default '/'. */
  path?: string
  /** Answers 200, and 503 once the bridge is stopping. Default '/healthz'. */
  healthPath?: string
  /**
   * Addresses and ranges of the proxies in front, whose word on the client's address is taken: the last one in
   * `x-forwarded-for` that is none of theirs. Nobody else is asked. Default: none.
   */
  trustedProxies?: readonly string[]
  /** The client's address where one of `trustedProxies` asks, if it says so in another way. */
  remoteAddress?: (header: (name: string) => string | undefined, address: string) => string
  /** Default: silent. */
  logger?: Logger | null
  /** Time, and chance. Default: the system's. */
  clock?: Clock
}

/** A policy and what the runtime lends. */
export interface BridgeConfig extends BridgePolicy {
  /** Dials the brokers. */
  adapter: SocketAdapter
  /** Looks names up. Undefined where the platform alone can, as it dials. */
  resolve?: Resolve | undefined
  /** The subprotocol clients must offer. Default `isokafka`. */
  subprotocol?: string
  /** A connection may be touched only from within its own request, as in a Worker. Default false. */
  confined?: boolean
}

export const bridgeSettings: SettingKinds<BridgeConfig> = {
  targets: 'list',
  learnTargets: 'any',
  learnPorts: 'list',
  allowAddresses: 'list',
  authenticate: 'function!',
  origins: 'list',
  allowNoOrigin: 'boolean',
  tokenGrace: 'number',
  tls: 'any',
  sasl: 'object',
  apis: 'object',
  limits: 'object',
  path: 'string',
  healthPath: 'string',
  trustedProxies: 'list',
  remoteAddress: 'function',
  logger: 'any',
  clock: 'object',
  adapter: 'object!',
  resolve: 'function',
  subprotocol: 'string',
  confined: 'boolean',
}
