import type { PendingRequest } from './pending-request.ts'
import type { Socket } from './socket.ts'

// What the kernel has taken goes out unseen, on a line of 1 Mbit/s perhaps: in bytes a millisecond, and how much of a
// request it may hold. What is smaller than the first figure is gone soon enough.
const slowest = 125
const leastUnseen = 64 * 1024
const mostUnseen = 4 * 1024 * 1024
/** A broker's pauses end within its quota window; what goes beyond this is no honest wish, in milliseconds. */
export const longestPause = 300_000

/**
 * How long the requests of one connection wait for their answers. A broker answers in order, so that a request's time
 * begins when it was made or, if that is later, at the last sign of life: an answer, the end of a pause the broker
 * asked for, or bytes that move. Each byte buys a millisecond, so that a line of 8 kbit/s is waited for, and a peer
 * that sends a byte now and then is not.
 */
export class Patience {
  readonly #socket: Socket
  #alive: number
  #given = 0
  #gone = 0
  #came = 0
  #seen = 0

  constructor(socket: Socket, now: number) {
    this.#socket = socket
    this.#alive = now
  }

  /** Nothing was under way until now. */
  begin(now: number): void {
    this.#alive = Math.max(this.#alive, now)
  }

  /** Bytes were given to the socket. What it passes on at once is no movement to see later. */
  sent(bytes: number): void {
    const all = this.#gone === this.#given
    this.#given += bytes
    if (all && (this.#socket.unsent ?? 0) === 0) this.#gone = this.#given
  }

  received(bytes: number): void {
    this.#came += bytes
  }

  answered(now: number): void {
    this.#seen = this.#came
    this.begin(now)
  }

  /** The broker reads nothing until then (KIP-219), or an answer is not owed before. */
  pause(until: number): void {
    this.begin(until)
  }

  /** Sees what has moved since the last look. */
  look(now: number): void {
    const gone = this.#given - (this.#socket.unsent ?? 0)
    const moved = gone - this.#gone + this.#came - this.#seen
    this.#gone = gone
    this.#seen = this.#came
    if (moved > 0) this.begin(Math.min(now, this.#alive + moved))
  }

  deadlineOf({ since, patience, sentBytes, written }: PendingRequest): number {
    const unseen = written && sentBytes > leastUnseen ? Math.min(sentBytes, mostUnseen) : 0
    return Math.max(since, this.#alive) + patience + unseen / slowest
  }
}
