import { Backlog } from '../../adapters/shared/backlog.ts'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ClosedError } from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'
import type { WorldClock } from './clock.ts'

export type End = 'client' | 'broker'

export interface LineRules {
  /** Milliseconds on the way. */
  delay(): number
  /** Bytes a millisecond. */
  bandwidth(): number
  isCut(): boolean
  /** Whether the one who reads is asleep or dead. */
  isAsleep(): boolean
  /** How long what is sent may wait for a cut line, in milliseconds; then the sender is told so. */
  readonly patience: number
  lost(): unknown
}

/** What kernels hold of one direction before the writer is asked to wait. */
const highWater = 256 * 1024

/** One direction of a connection. */
export class Line {
  readonly #clock: WorldClock
  readonly #rules: LineRules
  readonly #backlog = new Backlog()
  /** Sent, and not there yet; null is the end. */
  readonly #moving: { readonly at: number; readonly piece: Uint8Array | null }[] = []
  readonly #arrived: (Uint8Array | null)[] = []
  #held = 0
  #freeAt = 0
  #waiting = false
  #reader: Deferred<Uint8Array | null> | undefined
  /** The reader hears nothing any more, not even of the end. */
  #deaf = false
  /** Called when the sender gives up. */
  onLost: ((error: unknown) => void) | undefined

  constructor(clock: WorldClock, rules: LineRules) {
    this.#clock = clock
    this.#rules = rules
  }

  get held(): number {
    return this.#held
  }

  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    if (this.#backlog.failure !== undefined) return
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const whole = new Uint8Array(length)
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    this.#held += length
    this.#send(whole)
    return this.#backlog.pressure(this.#held > highWater)
  }

  end(): void {
    if (this.#backlog.failure === undefined) this.#send(null)
  }

  read(): Promise<Uint8Array | null> {
    const { failure } = this.#backlog
    if (failure !== undefined) return Promise.reject(failure.error)
    if (this.#arrived.length > 0 && !this.#rules.isAsleep()) return Promise.resolve(this.#take())
    this.#reader = deferred()
    return this.#reader.promise
  }

  flushed(): Promise<void> {
    return this.#backlog.flushed(this.#held === 0)
  }

  fail(error: unknown): void {
    if (this.#backlog.failure !== undefined) return
    this.#moving.length = this.#arrived.length = this.#held = 0
    this.#backlog.fail(error)
    this.#reader?.promise.catch(() => {})
    this.#reader?.reject(error)
    this.#reader = undefined
  }

  /** Whoever reads here hears nothing any more. */
  cut(): void {
    this.#deaf = true
  }

  /** What a cut line or a sleeping reader held up goes on. */
  go(): void {
    this.#wake()
    if (this.#moving.length > 0 && !this.#waiting) this.#carry()
  }

  /** The writer is gone for good. The reader hears of it unless the line is cut. */
  abort(error: unknown): void {
    if (this.#rules.isCut()) {
      this.#moving.length = 0
      this.#deaf = true
    } else this.#clock.after(this.#rules.delay(), () => this.fail(error))
  }

  #wake(): void {
    if (this.#reader === undefined || this.#arrived.length === 0 || this.#rules.isAsleep()) return
    const reader = this.#reader
    this.#reader = undefined
    reader.resolve(this.#take())
  }

  #send(piece: Uint8Array | null): void {
    const now = this.#clock.monotonic()
    this.#freeAt = Math.max(this.#freeAt, now) + (piece?.length ?? 0) / this.#rules.bandwidth()
    const before = this.#moving.at(-1)?.at ?? 0
    this.#moving.push({ at: Math.max(before, this.#freeAt + this.#rules.delay()), piece })
    if (!this.#waiting) this.#carry()
  }

  #carry(): void {
    const [next] = this.#moving
    if (next === undefined) return
    this.#waiting = true
    this.#clock.after(next.at - this.#clock.monotonic(), () => {
      this.#waiting = false
      if (this.#moving[0] !== next) return this.#carry()
      if (this.#rules.isCut()) return this.#holdUp()
      this.#moving.shift()
      if (!this.#deaf) this.#arrived.push(next.piece)
      this.#wake()
      this.#carry()
    })
  }

  #holdUp(): void {
    const since = this.#moving[0]
    this.#clock.after(this.#rules.patience, () => {
      if (since === undefined || this.#moving[0] !== since || !this.#rules.isCut()) return
      const error = this.#rules.lost()
      this.onLost?.(error)
      this.fail(error)
    })
  }

  #take(): Uint8Array | null {
    // The end stays the end, however often it is read.
    if (this.#arrived[0] === null) return null
    const piece = this.#arrived.shift()!
    this.#held -= piece!.length
    this.#backlog.changed(this.#held > highWater, this.#held === 0)
    return piece
  }
}

/** One end of a connection. */
export class LineSocket implements Socket {
  readonly #name: string
  readonly #incoming: Line
  readonly #outgoing: Line
  readonly #reset: unknown
  onEnd: (() => void) | undefined

  /** `reset`: what the other end is told when this one aborts. */
  constructor(name: string, incoming: Line, outgoing: Line, reset: unknown) {
    this.#name = name
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#reset = reset
    outgoing.onLost = error => this.break(error)
  }

  read(): Promise<Uint8Array | null> {
    return this.#incoming.read()
  }

  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    return this.#outgoing.write(pieces)
  }

  flushed(): Promise<void> {
    return this.#outgoing.flushed()
  }

  get unsent(): number {
    return this.#outgoing.held
  }

  async close(): Promise<void> {
    this.#outgoing.end()
    this.#incoming.fail(new ClosedError(`${this.#name}: the socket was closed`))
    this.onEnd?.()
  }

  abort(reason: unknown = new ClosedError(`${this.#name}: the socket was aborted`)): void {
    this.#incoming.fail(reason)
    this.#outgoing.abort(this.#reset)
    this.onEnd?.()
  }

  /** Lost: this end is told, the other is not. */
  break(error: unknown): void {
    this.#incoming.fail(error)
    this.#outgoing.cut()
    this.onEnd?.()
  }
}
