import { ConfigError } from '../../src/base/errors.ts'
import type { TLSTexts } from '../shared/tls.ts'

// As much of Bun as we use, declared by hand: no types of another runtime come with the package.

export interface BunSocket {
  /** How many bytes it took, less than all when the kernel is full; -1 once closed. */
  write(bytes: Uint8Array): number
  shutdown(): void
  /** At once. */
  terminate(): void
  pause(): void
  resume(): void
  ref(): void
  unref(): void
  /** Of a TLS connection, once it has shaken hands. */
  getPeerCertificate(): { raw: Uint8Array; fingerprint256: string }
  setNoDelay(on: boolean): void
  setKeepAlive(on: boolean, initialDelay: number): void
}

export interface Handlers {
  binaryType: 'uint8array'
  open(socket: BunSocket): void
  handshake(socket: BunSocket, success: boolean, error: Error | null): void
  data(socket: BunSocket, bytes: Uint8Array): void
  drain(): void
  end(): void
  close(socket: BunSocket, error?: Error): void
  error(socket: BunSocket, error: Error): void
  connectError(socket: BunSocket, error: Error): void
}

interface Bun {
  connect(options: { hostname: string; port: number; tls?: TLSTexts; socket: Handlers }): Promise<BunSocket>
}

export function bun(): Bun {
  const found = (globalThis as { Bun?: Bun }).Bun
  if (found === undefined) throw new ConfigError('isokafka/bun works in Bun alone')
  return found
}
