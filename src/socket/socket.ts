import type { Address } from '../base/address.ts'
import type { Logger } from '../base/logger.ts'
import type { SettingKinds } from '../base/settings.ts'
import type { NativeCodecs } from '../compression/codec.ts'

/**
 * TLS as an adapter's runtime can do it; what it can't is refused with a ConfigError, never ignored. PEM, as texts or
 * as files are read.
 */
export interface TLSOptions {
  /** Certificates to trust instead of the runtime's own. */
  ca?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** Our certificate and key, where the broker asks for one. */
  cert?: string | Uint8Array
  /** The key of `cert`. */
  key?: string | Uint8Array
  /** The two as PKCS#12 (`.p12`, `.pfx`) in their place, in Node. */
  pfx?: Uint8Array
  /** Opens an encrypted `key`, in Node and Bun, and a `pfx`. */
  passphrase?: string
  /** The name the broker's certificate must carry; the dialed host by default. */
  serverName?: string
  /** False accepts any certificate: for experiments on your own machine only. */
  rejectUnauthorized?: boolean
  /**
   * Whether to go on with a broker that shows this certificate, as for pinning: anything but true is a refusal, and so
   * is an error. It is asked besides the verification, and alone with `rejectUnauthorized: false`. In Node and Bun.
   */
  verifyPeerCertificate?: (certificate: PeerCertificate) => boolean
}

/** The certificate that a broker shows. */
export interface PeerCertificate {
  /** X.509, in DER. */
  readonly der: Uint8Array
  /** The SHA-256 of it, as OpenSSL prints that: `3A:0F:…`. */
  readonly fingerprint256: string
}

export const tlsSettings: SettingKinds<TLSOptions> = {
  ca: 'any',
  cert: 'any',
  key: 'any',
  pfx: 'any',
  passphrase: 'string',
  serverName: 'string',
  rejectUnauthorized: 'boolean',
  verifyPeerCertificate: 'function',
}

export type { Address }

/** A byte stream with one reader and one writer. */
export interface Socket {
  /** The next bytes, valid until the next read(); null at the end. Any size. */
  read(): Promise<Uint8Array | null>
  /**
   * Vectored; accepts all. A promise means: no further write until it settles. Late failures reject read().
   * The pieces stay untouched until their request is answered, flushed() settles or the socket ends.
   */
  write(pieces: readonly Uint8Array[]): void | Promise<void>
  /** Settles when all bytes accepted so far are out of our memory: for acks none, and before close. */
  flushed(): Promise<void>
  /** Flushes, then closes. */
  close(): Promise<void>
  /** At once; pending reads and writes reject with `reason`. */
  abort(reason?: unknown): void
  /**
   * Bytes accepted that have not left our memory yet. A request's patience begins when its own have, and lasts while
   * they do.
   */
  readonly unsent?: number
  /** True: nobody waits for an answer, and the program need not stay alive for this socket. False: it must again. */
  idle?(on: boolean): void
  /** Its two ends, where the runtime tells them. */
  readonly localAddress?: Address | undefined
  /** The other end. */
  readonly remoteAddress?: Address | undefined
}

/** How to open a socket, where a runtime leaves that to its user. */
export interface SocketOptions {
  /** The IP address of ours to dial from. */
  localAddr?: string
  /** Milliseconds without traffic before the peer is probed; 0 for never. */
  keepAlive?: number
  /** False: the first address of a name alone; true: one after another, each a little later (RFC 8305). */
  dualStack?: boolean
  /** How much later, in milliseconds. */
  fallbackDelay?: number
}

export interface DialOptions extends SocketOptions {
  /** Given: the connection is by TLS. */
  tls?: TLSOptions
  /** Gives the dial up. */
  signal?: AbortSignal
}

/** How a runtime opens sockets. */
export interface SocketAdapter {
  /** The runtime, as errors name it. */
  readonly name: string
  /**
   * What one scope may hold (a Workers request: 6 connections). Each Transport keeps to it, and knows of no other: a
   * scope has one.
   */
  readonly limits?: { readonly connections?: number }
  /**
   * Connects, TLS handshake included. Failures are ConnectionError, AuthenticationError (certificates) or the signal's
   * reason.
   */
  dial(address: Address, options: DialOptions): Promise<Socket>
  /** Of a socket's options those that `dial` heeds. Default: none, and it is given none. */
  readonly socketOptions?: readonly (keyof SocketOptions)[]
  /**
   * Marks the scope at hand, where the runtime ties sockets to one (a request of a Worker's): the answer tells whether
   * that is still the one at hand. Undefined where there is none.
   */
  scope?(): (() => boolean) | undefined
  /**
   * Why a host that a broker named is not to be dialed; undefined when it may be. `seeds` are the addresses the user
   * gave. What it doubts goes to the logger. A Transport's `allowAddress` takes its place.
   */
  guard?(host: string, seeds: readonly Address[], logger: Logger): string | undefined
  /** The addresses of a name, where the runtime tells them: tried one by one when dialing the name came to nothing. */
  resolve?(host: string): Promise<readonly string[]>
}

/** What a runtime lends; all optional. */
export interface Natives {
  /**
   * Runs the task once, after this turn's microtasks: setImmediate; else MessageChannel, closed when idle; else
   * setTimeout 0.
   */
  defer?(task: () => void): void
  /**
   * Runs the task outside of the caller's asynchronous context (AsyncLocalStorage), of which what goes on for long must
   * keep nothing.
   */
  detached?<T>(task: () => T): T
  /** A timer that the program does not stay alive for; the answer cancels it. */
  background?(milliseconds: number, task: () => void): () => void
  /** Compression it has built in; used before ours. */
  codecs?: NativeCodecs
  /**
   * Writes UTF-8 at `at`, quicker than TextEncoder; `into` has room for three bytes a UTF-16 unit. Answers the bytes
   * written.
   */
  writeUtf8?(into: Uint8Array, at: number, text: string): number
}

export const nativesSettings: SettingKinds<Natives> = {
  defer: 'function',
  detached: 'function',
  background: 'function',
  codecs: 'object',
  writeUtf8: 'function',
}
