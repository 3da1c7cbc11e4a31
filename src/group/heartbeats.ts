import { backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { isTemporary } from '../base/errors.ts'
import { onAbort } from '../base/signals.ts'
import { ErrorCode, hasCode } from '../protocol/errors.ts'

export interface HeartbeatParts {
  /** Sends one. */
  beat(signal: AbortSignal): Promise<void>
  /** The coordinator says that the generation is over, or was not heard of for a session. */
  ended(cause: unknown): void
  /** Until the next one, in milliseconds. */
  interval(): number
  readonly sessionTimeout: number
  readonly clock: Clock
}

/**
 * Heartbeats until `stop`, that is, until everything has been given back: while that is seen to after a rebalance was
 * called, the member must not lose its place.
 */
export class Heartbeats {
  readonly #parts: HeartbeatParts
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  /** Ends the wait for the next one. */
  #hasten: (() => void) | undefined
  #dueAt = 0
  /** One is wanted that begins after now. */
  #wanted = false

  constructor(parts: HeartbeatParts) {
    this.#parts = parts
    this.#running = this.#run(this.#stopping.signal)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /**
   * Sends the next one now if it is due: a hidden page's timers come late, while answers to its requests still come in
   * time.
   */
  pulse(): void {
    if (this.#parts.clock.monotonic() >= this.#dueAt) this.#hasten?.()
  }

  /** Sends the next one now, or as soon as the one under way is answered. */
  now(): void {
    this.#wanted = true
    this.#hasten?.()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { beat, ended, clock, sessionTimeout } = this.#parts
    let heard = clock.monotonic()
    let failures = 0
    for (;;) {
      const interval = this.#parts.interval()
      const delay =
        failures === 0 ? interval : Math.min(interval, backoffDelay(failures, { min: 100, max: 1_000 }, clock))
      if (!this.#wanted || failures > 0) await this.#wait(delay, signal)
      this.#wanted = false
      if (signal.aborted) return
      try {
        await beat(signal)
        heard = clock.monotonic()
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        const rebalancing = hasCode(error, ErrorCode.RebalanceInProgress)
        if (rebalancing) heard = clock.monotonic()
        // A coordinator that moves keeps the group: nothing is lost as long as one is found within the session.
        if (isTemporary(error) && clock.monotonic() - heard < sessionTimeout) {
          failures++
          continue
        }
        ended(error)
        if (!rebalancing) return
      }
    }
  }

  #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    this.#dueAt = clock.monotonic() + milliseconds
    return new Promise(resolve => {
      const over = (): void => {
        this.#hasten = undefined
        cancel()
        forget()
        resolve()
      }
      const cancel = clock.after(milliseconds, over)
      const forget = signal.aborted ? () => {} : onAbort(signal, over)
      this.#hasten = over
      if (signal.aborted) over()
    })
  }
}
