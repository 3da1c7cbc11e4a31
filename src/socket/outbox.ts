import type { Clock } from '../base/clock.ts'
import type { PendingRequest } from './pending-request.ts'
import { Queue } from './queue.ts'

/**
 * Decides when a request may be written: not while the socket's memory is full, the broker has asked for a pause
 * (KIP-219), or `hold` is on. What waits is not bounded here: each request is kept by a caller who waits for it, until
 * its deadline.
 */
export class Outbox {
  readonly #clock: Clock
  readonly #write: (flight: PendingRequest) => void
  readonly #waiting = new Queue<PendingRequest>()
  /** As `waiting`, for the one who holds. */
  readonly #inside = new Queue<PendingRequest>()
  #held = false
  #full = false
  #throttledUntil = 0
  #cancelThrottle: (() => void) | undefined
  #closed = false

  constructor(clock: Clock, write: (flight: PendingRequest) => void) {
    this.#clock = clock
    this.#write = write
  }

  get length(): number {
    return this.#waiting.length + this.#inside.length
  }

  /** Writes the flight now, or when its turn comes. */
  add(flight: PendingRequest): void {
    if (this.#full || this.#throttledUntil > 0 || (this.#held && !flight.inside)) this.#queueOf(flight).push(flight)
    else this.#write(flight)
  }

  /** Forgets a flight that waits. */
  remove(flight: PendingRequest): void {
    this.#queueOf(flight).remove(flight)
  }

  /** From now on only flights marked `inside` are written. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    this.#pump()
  }

  /** The socket's memory is full (true) or has room again (false). */
  setFull(full: boolean): void {
    this.#full = full
    this.#pump()
  }

  /** The broker would not read what we sent in the next so many milliseconds. */
  throttle(milliseconds: number): void {
    const until = this.#clock.monotonic() + milliseconds
    if (this.#closed || until <= this.#throttledUntil) return
    this.#cancelThrottle?.()
    this.#throttledUntil = until
    this.#cancelThrottle = this.#clock.after(milliseconds, () => {
      this.#throttledUntil = 0
      this.#pump()
    })
  }

  /** All that waits, without taking it out. */
  all(): PendingRequest[] {
    return [...this.#inside, ...this.#waiting]
  }

  /** Takes out all that waits; nothing is written any more. */
  close(): PendingRequest[] {
    this.#closed = true
    this.#cancelThrottle?.()
    return [...this.#inside.drain(), ...this.#waiting.drain()]
  }

  #queueOf({ inside }: PendingRequest): Queue<PendingRequest> {
    return inside ? this.#inside : this.#waiting
  }

  #pump(): void {
    while (!this.#full && this.#throttledUntil === 0) {
      const next = this.#inside.shift() ?? (this.#held ? undefined : this.#waiting.shift())
      if (next === undefined) return
      this.#write(next)
    }
  }
}
