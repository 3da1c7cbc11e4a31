import type { CloseCode } from '../shared/bridge-wire.ts'

/** The bridge's end of a WebSocket, as each runtime has it. */
export interface Channel {
  /** Bytes of messages that wait here, or in the runtime as far as it tells, overhead included. */
  readonly held: number
  /**
   * Sends one message. The bytes are the bridge's again when the promise settles, or at once without one. Rejects once
   * it is closed.
   */
  send(bytes: Uint8Array): void | Promise<void>
  /** Asks for a sign of life, where the runtime lets one. */
  ping?(): void
  /** No messages until resume(), but for what has come already; where the runtime can. */
  pause?(): void
  resume?(): void
  /** Begins the closing handshake. */
  close(code: CloseCode, reason: string): void
  /** Gone at once. */
  terminate(): void
}
