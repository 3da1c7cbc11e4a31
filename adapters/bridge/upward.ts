import type { Socket } from '../../src/socket/socket.ts'
import { messageOverhead } from './budget.ts'

// Small messages that must wait are put together: each costs its owner as much as a large one. Those that need not may
// wait in the socket, of which it tells nothing but their bytes.
export const gatheredBytes = 16 * 1024
const mostWrites = 256
// Questions of a client that wait for their answer.
const mostMarks = 64

interface UpwardEvents {
  /** The client is to be held back, or not any more. */
  paused(paused: boolean): void
  /** The broker took something. */
  taken(): void
  /** It took all there was, or is gone. */
  done(): void
}

/** What a client sends, on its way to the broker: as fast as that takes it. */
export class Upward {
  /** Bytes that wait. */
  queued = 0
  readonly #socket: Socket
  readonly #events: UpwardEvents
  /** Messages that wait for the broker to take what came before, and what is to be done when it has. */
  readonly #queue: (Uint8Array | (() => void))[] = []
  /** Of the last one in the queue: memory of ours with room left, and how much of it is used. */
  #gathering: { readonly memory: Uint8Array; used: number } | undefined
  /** Questions of the client among them. */
  #marks = 0
  /** Writes since the socket was last seen empty. */
  #writes = 0
  #forwarding: Promise<void> | undefined

  constructor(socket: Socket, events: UpwardEvents) {
    this.#socket = socket
    this.#events = events
  }

  /** Bytes that wait, and what questions cost. */
  get held(): number {
    return this.queued + this.#marks * messageOverhead
  }

  /** Settles when nothing waits any more; undefined when nothing does. */
  get forwarding(): Promise<void> | undefined {
    return this.#forwarding
  }

  push(bytes: Uint8Array): void {
    const { length } = bytes
    this.queued += length
    if (length >= gatheredBytes || (this.#forwarding === undefined && this.#queue.length === 0)) {
      this.#gathering = undefined
      this.#queue.push(bytes)
      return
    }
    if (this.#gathering === undefined || this.#gathering.used + length > gatheredBytes) {
      this.#gathering = { memory: new Uint8Array(gatheredBytes), used: 0 }
      this.#queue.push(this.#gathering.memory.subarray(0, 0))
    }
    const { memory, used } = this.#gathering
    memory.set(bytes, used)
    this.#gathering.used += length
    this.#queue[this.#queue.length - 1] = memory.subarray(0, used + length)
  }

  /** Sends what waits. */
  go(): void {
    if (this.#queue.length > 0) this.#forwarding ??= this.#forward()
  }

  /** Calls back once the broker has taken what came before. False: too many wait for that. */
  mark(answer: () => void): boolean {
    if (this.#forwarding === undefined) {
      answer()
      return true
    }
    this.#gathering = undefined
    this.#queue.push(answer)
    return ++this.#marks <= mostMarks
  }

  /** Forgets what waits. */
  drop(): void {
    this.#queue.length = 0
  }

  async #forward(): Promise<void> {
    // So that who starts this has its promise before the end clears it.
    await undefined
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        // It may have been the last, and must not grow any more.
        if (this.#queue.length === 0) this.#gathering = undefined
        if (typeof next === 'function') {
          this.#marks--
          next()
          continue
        }
        const written = this.#write(next)
        if (written !== undefined) {
          this.#events.paused(true)
          await written
        }
        this.queued -= next.length
        this.#events.taken()
      }
      this.#events.paused(false)
    } catch {
      // Why is what the other direction tells.
    }
    this.#forwarding = undefined
    this.#events.done()
  }

  /** The promise, if there is one, is to be waited for. */
  #write(bytes: Uint8Array): void | Promise<void> {
    const socket = this.#socket
    if (socket.unsent === 0) this.#writes = 0
    const written = socket.write([bytes])
    if (++this.#writes < mostWrites || written !== undefined) return written
    this.#writes = 0
    return socket.flushed()
  }
}
