import type { Clock } from '../base/clock.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import { ConnectionError, messageOf, ProtocolError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import { readResponse } from '../protocol/headers.ts'
import { Produce } from '../protocol/produce.ts'
import type { Flight } from './flight.ts'
import type { FramePool } from './frame-pool.ts'
import { FrameAssembler, type FrameSink } from './frames.ts'
import { Queue } from './queue.ts'
import type { Socket } from './socket.ts'
import { Sweep } from './sweep.ts'

export interface PipelineConfig {
  readonly broker: string
  readonly socket: Socket
  readonly maxResponseBytes: number
  readonly clock: Clock
  readonly onEvent: EventSink | undefined
}

/**
 * The requests of one connection in their order: those that wait to be written, those that wait for an answer. A broker answers in order,
 * so that the next answer is always for the oldest one; if it isn't, the stream is broken and ends.
 */
export class Pipeline implements FrameSink {
  private readonly broker: string
  private readonly socket: Socket
  private readonly clock: Clock
  private readonly onEvent: EventSink | undefined
  private readonly frames: FrameAssembler
  private readonly sweep: Sweep

  /** Not written yet: the socket's memory is full, the broker asked for a pause, or `hold` is on. Each is kept by a caller who waits. */
  private readonly waiting = new Queue<Flight>()
  /** As `waiting`, for the one who holds. */
  private readonly waitingInside = new Queue<Flight>()
  /** Written, the oldest first. One that is settled stays until its late answer has been skipped. */
  private readonly answering = new Queue<Flight>()
  /** Written, without an answer to come, not flushed yet. */
  private readonly flushing = new Set<Flight>()

  private writing = false
  private held = false
  private throttledUntil = 0
  private cancelThrottle: (() => void) | undefined
  private drained: Deferred<void> | undefined
  private readonly ending = deferred<unknown>()

  lastUsed: number
  ended = false

  constructor({ broker, socket, maxResponseBytes, clock, onEvent }: PipelineConfig) {
    this.broker = broker
    this.socket = socket
    this.clock = clock
    this.onEvent = onEvent
    this.lastUsed = clock.monotonic()
    this.frames = new FrameAssembler(broker, maxResponseBytes, this)
    this.sweep = new Sweep(clock, now => this.expire(now))
    void this.readAll()
  }

  /** Requests that are not through yet, also those whose caller went away. */
  get inFlight(): number {
    return this.waiting.length + this.waitingInside.length + this.answering.length + this.flushing.size
  }

  /** Resolves with the reason when the stream has ended. */
  get onEnd(): Promise<unknown> {
    return this.ending.promise
  }

  send(flight: Flight, signal: AbortSignal | undefined): void {
    if (signal !== undefined) flight.watch(signal, () => this.abandon(flight, signal.reason))
    this.lastUsed = flight.startedAt
    this.sweep.arm(flight.deadline)
    if (this.writing || this.throttledUntil > 0 || (this.held && !flight.inside))
      (flight.inside ? this.waitingInside : this.waiting).push(flight)
    else this.write(flight)
  }

  /** From now on only flights marked `inside` are written; resolves once all written before are answered. */
  hold(): Promise<void> {
    this.held = true
    return this.whenDrained()
  }

  release(): void {
    this.held = false
    this.pump()
  }

  /** Resolves once nothing written waits for its answer, or the stream has ended. */
  private whenDrained(): Promise<void> {
    return this.answering.length + this.flushing.size === 0 ? Promise.resolve() : this.nextDrained()
  }

  private nextDrained(): Promise<void> {
    this.drained ??= deferred()
    return this.drained.promise
  }

  /** Resolves once nothing is under way at all, or the stream has ended. */
  async whenEmpty(): Promise<void> {
    while (this.inFlight > 0 && !this.ended) await this.nextDrained()
  }

  /** Ends the stream at once: whatever is under way fails with `reason`. */
  end(reason: unknown): void {
    if (this.ended) return
    this.ended = true
    this.sweep.stop()
    this.cancelThrottle?.()
    this.socket.abort(reason)
    const all = [...this.answering.drain(), ...this.flushing, ...this.waitingInside.drain(), ...this.waiting.drain()]
    this.flushing.clear()
    for (const flight of all) if (!flight.settled) this.fail(flight, flight.endError(this.broker, reason))
    this.drained?.resolve()
    this.ending.resolve(reason)
  }

  private async readAll(): Promise<void> {
    try {
      for (;;) {
        const chunk = await this.socket.read()
        if (this.ended) return
        if (chunk === null) break
        this.frames.push(chunk)
      }
      const where = this.frames.between ? '' : `, after ${this.frames.progress}`
      this.end(new ConnectionError(this.broker, `the broker closed the connection${where}`))
    } catch (error) {
      this.end(error)
    }
  }

  private write(flight: Flight): void {
    flight.written = true
    if (flight.noResponse) this.flushing.add(flight)
    else this.answering.push(flight)
    const { pieces } = flight
    flight.pieces = []
    try {
      const pressure = this.socket.write(pieces)
      if (pressure !== undefined) this.pause(pressure)
      if (flight.noResponse) this.finishWhenFlushed(flight)
    } catch (error) {
      this.end(error)
    }
  }

  /** Holds further writes until the socket has room again. */
  private pause(pressure: Promise<void>): void {
    this.writing = true
    pressure.then(
      () => {
        this.writing = false
        this.pump()
      },
      error => this.end(error),
    )
  }

  private finishWhenFlushed(flight: Flight): void {
    this.socket.flushed().then(
      () => {
        if (!this.flushing.delete(flight)) return
        this.report(flight, 0)
        flight.succeed(undefined)
        this.checkDrained()
      },
      error => this.end(error),
    )
  }

  private pump(): void {
    while (!this.ended && !this.writing && this.throttledUntil === 0) {
      const next = this.waitingInside.shift() ?? (this.held ? undefined : this.waiting.shift())
      if (next === undefined) return
      this.write(next)
    }
  }

  /** The frame assembler asks where an answer's bytes go. */
  frameBegins(_size: number, correlationId: number): FramePool | null | false {
    const flight = this.answering.peek()
    if (flight === undefined) throw new ProtocolError(`${this.broker}: an answer (correlation id ${correlationId}) to no request`)
    if (flight.correlationId !== correlationId) {
      throw new ProtocolError(
        `${this.broker}: an answer with correlation id ${correlationId} where ${flight.name}'s, ${flight.correlationId}, was due`,
      )
    }
    return flight.settled ? false : flight.pool
  }

  /** The answer to the oldest request is here, or was skipped. */
  frameEnds(frame: Uint8Array | null): void {
    const flight = this.answering.shift()!
    this.lastUsed = this.clock.monotonic()
    if (frame !== null) {
      if (flight.settled) flight.pool?.give(frame)
      else this.settle(flight, frame)
    }
    this.checkDrained()
  }

  private settle(flight: Flight, frame: Uint8Array): void {
    let response: { throttleTimeMs?: number }
    try {
      response = readResponse(flight.api, flight.version, frame).response
    } catch (error) {
      // The frame was whole: the stream is still in step, and the other requests go on.
      flight.pool?.give(frame)
      return this.fail(flight, new ProtocolError(`${this.broker}: ${messageOf(error)}`, { cause: error }))
    }
    if (response.throttleTimeMs! > 0) this.throttle(response.throttleTimeMs!)
    this.report(flight, frame.length + 4)
    flight.succeed(flight.keepsFrame ? { response, frame } : response)
  }

  /** The broker asks for a pause (KIP-219): it would not read what we send meanwhile. */
  private throttle(milliseconds: number): void {
    const until = this.clock.monotonic() + milliseconds
    if (until <= this.throttledUntil) return
    this.cancelThrottle?.()
    this.throttledUntil = until
    this.cancelThrottle = this.clock.after(milliseconds, () => {
      this.throttledUntil = 0
      this.pump()
    })
  }

  /** The caller no longer waits. What is written stays until its answer has come, so that the stream keeps in step. */
  private abandon(flight: Flight, reason: unknown): void {
    this.fail(flight, reason)
    if (!flight.written) {
      ;(flight.inside ? this.waitingInside : this.waiting).remove(flight)
      return this.checkDrained()
    }
    // Its bytes may still lie with the socket while the caller reuses them, and a late append would overtake the retry.
    if (flight.api.key === Produce.key || flight.noResponse) return this.end(reason)
    // The answer is still due: with none at all the connection would stand still for ever.
    flight.deadline = Math.max(flight.deadline, this.clock.monotonic()) + flight.timeoutMs
    this.sweep.arm(flight.deadline)
  }

  /** Deals with every deadline up to `now`; answers the next. */
  private expire(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const queue of [this.waiting, this.waitingInside, this.flushing, this.answering]) {
      for (const flight of [...queue]) {
        if (flight.deadline <= now) this.giveUp(flight)
        if (this.ended) return Number.POSITIVE_INFINITY
        next = Math.min(next, flight.deadline)
      }
    }
    return next
  }

  private giveUp(flight: Flight): void {
    if (!flight.settled) return this.abandon(flight, flight.timeoutError(this.broker))
    this.end(new ConnectionError(this.broker, `no answer to ${flight.name}, long after its caller gave up`))
  }

  private checkDrained(): void {
    if (this.answering.length + this.flushing.size > 0) return
    this.drained?.resolve()
    this.drained = undefined
  }

  private fail(flight: Flight, error: unknown): void {
    this.report(flight, 0, error)
    flight.fail(error)
  }

  private report(flight: Flight, receivedBytes: number, error?: unknown): void {
    this.onEvent?.({
      type: 'request',
      broker: this.broker,
      api: flight.api.name,
      apiVersion: flight.version,
      durationMs: this.clock.monotonic() - flight.startedAt,
      sentBytes: flight.sentBytes,
      receivedBytes,
      ...(error === undefined ? {} : { error }),
    })
  }
}
