import {
  AuthenticationError,
  ConfigError,
  ConnectionError,
  messageOf,
  ProtocolError,
  TimeoutError,
} from '../base/errors.ts'
import { onAbort } from '../base/signals.ts'
import type { AnyApi } from '../protocol/api.ts'
import type { FramePool } from './frame-pool.ts'

/** What a flight settles with: a response, a response with its frame, or nothing where no answer comes. */
export type FlightResult = unknown

/** One request on its way: waiting to be written, written and unanswered, or settled. */
export class PendingRequest {
  readonly promise: Promise<FlightResult>
  readonly api: AnyApi
  readonly version: number
  readonly correlationId: number
  /** Let go of once written: the socket has them then. */
  pieces: readonly Uint8Array[]
  readonly sentBytes: number
  /** By the clock's `monotonic`. */
  readonly startedAt: number
  readonly timeoutMs: number
  /** From when on its answer is waited for, and how long: its caller's, until he goes away; then the connection's. */
  since: number
  patience: number
  /** Goes out even while others are held. */
  readonly inside: boolean
  readonly noResponse: boolean
  /** Whether the answer's frame is handed out with it. */
  readonly keepsFrame: boolean
  readonly pool: FramePool | null
  /** Given to the socket: from here on the broker may see it. */
  written = false
  /** Its caller has had his answer, or went away; the broker's may still come. */
  settled = false

  #resolve!: (result: FlightResult) => void
  #reject!: (error: unknown) => void
  #forget: (() => void) | undefined

  constructor(init: {
    api: AnyApi
    version: number
    correlationId: number
    pieces: readonly Uint8Array[]
    startedAt: number
    timeoutMs: number
    inside: boolean
    noResponse: boolean
    keepsFrame: boolean
    pool: FramePool | null
  }) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.api = init.api
    this.version = init.version
    this.correlationId = init.correlationId
    this.pieces = init.pieces
    this.sentBytes = lengthOf(init.pieces)
    this.startedAt = init.startedAt
    this.timeoutMs = init.timeoutMs
    this.since = init.startedAt
    this.patience = init.timeoutMs
    this.inside = init.inside
    this.noResponse = init.noResponse
    this.keepsFrame = init.keepsFrame
    this.pool = init.pool
  }

  get name(): string {
    return `${this.api.name} v${this.version}`
  }

  /** Calls `task` if the signal is aborted before the flight has settled. */
  watch(signal: AbortSignal, task: () => void): void {
    this.#forget = onAbort(signal, task)
  }

  succeed(result: FlightResult): void {
    this.#settle()
    this.#resolve(result)
  }

  fail(error: unknown): void {
    this.#settle()
    this.#reject(error)
  }

  #settle(): void {
    this.settled = true
    this.pieces = []
    this.#forget?.()
    this.#forget = undefined
  }

  timeoutError(broker: string): TimeoutError {
    const within = `within ${Math.round(this.timeoutMs)} ms`
    const state = this.written ? `no answer to ${this.name} ${within}` : `${this.name} could not be sent ${within}`
    return new TimeoutError(`${broker}: ${state}`, { sent: this.written })
  }

  /** Why this request failed when its connection ended for `reason`. */
  endError(broker: string, reason: unknown): unknown {
    if (reason instanceof ProtocolError || reason instanceof AuthenticationError || reason instanceof ConfigError)
      return reason
    const prefix = `${broker}: `
    const message = messageOf(reason)
    const what = message.startsWith(prefix) ? message.slice(prefix.length) : message
    return new ConnectionError(
      broker,
      `${what} (${this.name} was ${this.written ? 'sent and not answered' : 'not sent'})`,
      {
        cause: reason,
        sent: this.written,
      },
    )
  }
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0
  for (let i = 0; i < pieces.length; i++) length += pieces[i]!.length
  return length
}
