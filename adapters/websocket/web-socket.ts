/**
 * As much of a WebSocket as this adapter uses; that of a browser, of any server runtime, and of the `ws` package fit.
 */
export interface WebSocketLike {
  /** Set to 'arraybuffer'. */
  binaryType: string
  /** Bytes that send() took and that have not left yet. */
  readonly bufferedAmount?: number
  /** The subprotocol the server chose. */
  readonly protocol: string
  /** Sends a binary or a text message. */
  send(data: Uint8Array<ArrayBuffer> | string): void
  /** Closes the connection, with a code and a reason for the other end. */
  close(code?: number, reason?: string): void
  /** Has the listener told of what happens. */
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: WebSocketEvent) => void): void
  /** Where they exist (the `ws` package), a reader can be kept from being flooded, and a connection ended at once. */
  pause?(): void
  /** Reads on after `pause`. */
  resume?(): void
  /** Ends the connection without a closing handshake. */
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

/** The class of a WebSocket: the runtime's, or that of the `ws` package. */
// biome-ignore lint/suspicious/noExplicitAny: every runtime types its own constructor and events differently
export type WebSocketConstructor = new (url: string, protocols?: string[]) => any
