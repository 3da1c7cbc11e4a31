/**
 * As much of a WebSocket as this adapter uses; that of a browser, of any server runtime, and of the `ws` package fit.
 */
export interface WebSocketLike {
  binaryType: string
  /** Bytes that send() took and that have not left yet. */
  readonly bufferedAmount?: number
  /** The subprotocol the server chose. */
  readonly protocol: string
  send(data: Uint8Array<ArrayBuffer> | string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: WebSocketEvent) => void): void
  /** Where they exist (the `ws` package), a reader can be kept from being flooded, and a connection ended at once. */
  pause?(): void
  resume?(): void
  terminate?(): void
}

/** An event of any of the four kinds. */
export interface WebSocketEvent {
  readonly data?: unknown
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly error?: unknown
}

// biome-ignore lint/suspicious/noExplicitAny: every runtime types its own constructor and events differently
export type WebSocketConstructor = new (url: string, protocols?: string[]) => any
