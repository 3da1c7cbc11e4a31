import { Backlog } from './backlog.ts'

// More untaken bytes than this, and write() asks for a pause. The kernel's own buffers keep the line busy meanwhile.
const highWater = 1024 * 1024
// Smaller pieces are gathered: copying them costs less than a call of the runtime for each.
const gathered = 64 * 1024

/** Bytes on their way to a runtime that takes them piece by piece: at least one a call, and as many as it answers. */
export class Sender {
  readonly #take: (bytes: Uint8Array) => number | Promise<number>
  readonly #failed: (error: unknown) => void
  #queue: Uint8Array[] = []
  #next = 0
  /** What is offered now. */
  #current: Uint8Array | undefined
  #scratch: Uint8Array | undefined
  #held = 0
  #pumping = false
  readonly #backlog = new Backlog()

  /** `failed` hears of the error that `take` ended with. */
  constructor(take: (bytes: Uint8Array) => number | Promise<number>, failed: (error: unknown) => void) {
    this.#take = take
    this.#failed = failed
  }

  /** Accepts all; a promise when there is more than should wait. After a failure the bytes are dropped. */
  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    if (this.#backlog.failure !== undefined) return
    for (const piece of pieces) {
      if (piece.length === 0) continue
      this.#queue.push(piece)
      this.#held += piece.length
    }
    if (!this.#pumping) void this.#pump()
    return this.#backlog.pressure(this.#held > highWater)
  }

  /** Settles when everything is taken. */
  flushed(): Promise<void> {
    return this.#backlog.flushed(this.#held === 0)
  }

  /** Bytes that are not taken yet. */
  get unsent(): number {
    return this.#held
  }

  /** Drops what is left; who waits is told. */
  fail(error: unknown): void {
    if (this.#backlog.failure !== undefined) return
    this.#queue = []
    this.#current = undefined
    this.#held = 0
    this.#backlog.fail(error)
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    try {
      while (this.#held > 0) {
        this.#current ??= this.#gather()
        const taken = this.#take(this.#current)
        const count = typeof taken === 'number' ? taken : await taken
        if (this.#backlog.failure === undefined) this.#taken(count)
      }
    } catch (error) {
      if (this.#backlog.failure === undefined) this.#failed(error)
    }
    this.#pumping = false
  }

  #taken(count: number): void {
    const current = this.#current
    this.#current = count < current!.length ? current!.subarray(count) : undefined
    this.#held -= count
    this.#backlog.changed(this.#held > highWater, this.#held === 0)
  }

  /** The next piece as it is if it is large or alone, else as many small ones as go into a buffer of ours. */
  #gather(): Uint8Array {
    const queue = this.#queue
    const first = queue[this.#next++]!
    let length = first.length
    if (this.#next < queue.length && length + queue[this.#next]!.length <= gathered) {
      this.#scratch ??= new Uint8Array(gathered)
      this.#scratch.set(first)
      while (this.#next < queue.length && length + queue[this.#next]!.length <= gathered) {
        const piece = queue[this.#next++]!
        this.#scratch.set(piece, length)
        length += piece.length
      }
    }
    const chunk = length === first.length ? first : this.#scratch!.subarray(0, length)
    if (this.#next === queue.length) {
      this.#queue = []
      this.#next = 0
    }
    return chunk
  }
}
