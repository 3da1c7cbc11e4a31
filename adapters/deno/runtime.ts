import { ConfigError } from '../../src/base/errors.ts'

// As much of Deno as we use, declared by hand: no types of another runtime come with the package.

export interface Conn {
  /** Null at the end. */
  read(into: Uint8Array): Promise<number | null>
  /** How many it took: not always all. */
  write(bytes: Uint8Array): Promise<number>
  closeWrite(): Promise<void>
  close(): void
  ref(): void
  unref(): void
}

export interface TcpConn extends Conn {
  setNoDelay(on: boolean): void
  setKeepAlive(on: boolean): void
}

export interface TlsConn extends Conn {
  handshake(): Promise<unknown>
}

interface Deno {
  connect(options: { hostname: string; port: number; signal?: AbortSignal }): Promise<TcpConn>
  connectTls(options: {
    hostname: string
    port: number
    caCerts?: string[]
    cert?: string
    key?: string
  }): Promise<TlsConn>
  startTls(conn: TcpConn, options: { hostname: string; caCerts?: string[] }): Promise<TlsConn>
}

export function deno(): Deno {
  const found = (globalThis as { Deno?: Deno }).Deno
  if (found === undefined) throw new ConfigError('isokafka/deno works in Deno alone')
  return found
}
