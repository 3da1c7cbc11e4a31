// As much of a Worker's sockets as we use, declared by hand: no types of another runtime come with the package.
declare module 'cloudflare:sockets' {
  interface SocketOptions {
    secureTransport?: 'off' | 'on' | 'starttls'
    allowHalfOpen?: boolean
  }
  interface ByteReader {
    /** Fills the view's memory, which is lent meanwhile and comes back in the value. */
    read(into: Uint8Array<ArrayBuffer>): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> }>
    cancel(reason?: unknown): Promise<void>
  }
  interface ByteWriter {
    write(bytes: Uint8Array): Promise<void>
    close(): Promise<void>
  }
  export interface Socket {
    readonly readable: { getReader(options: { mode: 'byob' }): ByteReader }
    readonly writable: { getWriter(): ByteWriter }
    readonly opened: Promise<unknown>
    readonly closed: Promise<void>
    close(): Promise<void>
    startTls(options: { expectedServerHostname?: string }): Socket
  }
  export function connect(address: { hostname: string; port: number }, options: SocketOptions): Socket
}
