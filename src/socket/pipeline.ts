import type { Clock } from '../base/clock.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import { ConnectionError, HungUpError, kindOf, messageOf, ProtocolError } from '../base/errors.ts'
import type { EventSink } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import { ApiVersions } from '../protocol/api-versions.ts'
import { readResponse } from '../protocol/headers.ts'
import { Produce } from '../protocol/produce.ts'
import { brokenWord, endSocket } from './dial.ts'
import type { FramePool } from './frame-pool.ts'
import { FrameAssembler, type FrameSink } from './frames.ts'
import { Outbox } from './outbox.ts'
import { longestPause, Patience } from './patience.ts'
import type { PendingRequest } from './pending-request.ts'
import { Queue } from './queue.ts'
import type { Socket } from './socket.ts'
import { Sweep } from './sweep.ts'

/** So many reads without a byte, one after another, come from a socket that will never give any. */
const mostEmpty = 1_000
/** How often to see whether bytes move, and whether anything is under way at all, in milliseconds. */
const lookInterval = 500

export interface PipelineConfig {
  readonly broker: string
  readonly socket: Socket
  readonly maxResponseBytes: number
  /**
   * How long an answer that nobody waits for may stay away, in milliseconds, before the connection is taken for dead.
   */
  readonly lateAnswer: number
  readonly clock: Clock
  readonly logger: Logger
  readonly onEvent: EventSink | undefined
}

/**
 * The requests of one connection in their order. A broker answers in order too, so that the next answer is always for
 * the oldest one written; if it isn't, the stream is broken and ends.
 */
export class Pipeline implements FrameSink {
  readonly #broker: string
  readonly #socket: Socket
  readonly #patience: Patience
  readonly #lateAnswer: number
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #onEvent: EventSink | undefined
  readonly #frames: FrameAssembler
  readonly #sweep: Sweep

  /** Not written yet. */
  readonly #outbox: Outbox
  /** Written, the oldest first. One that is settled stays until its late answer has been skipped. */
  readonly #answering = new Queue<PendingRequest>()
  /** Written, without an answer to come, not flushed yet. */
  readonly #flushing = new Set<PendingRequest>()

  #change: Deferred<void> | undefined
  readonly #ending = deferred<unknown>()
  /** Nothing is under way, and the socket knows. */
  #idle = false
  /** Something other than ApiVersions was. */
  answered = false
  ended = false
  /** By the clock's `monotonic`. */
  lastUsed: number

  constructor({ broker, socket, maxResponseBytes, lateAnswer, clock, logger, onEvent }: PipelineConfig) {
    this.#broker = broker
    this.#socket = socket
    this.#lateAnswer = lateAnswer
    this.#clock = clock
    this.#logger = logger
    this.#onEvent = onEvent
    this.lastUsed = clock.monotonic()
    this.#patience = new Patience(socket, this.lastUsed)
    this.#frames = new FrameAssembler(broker, maxResponseBytes, this)
    this.#outbox = new Outbox(clock, flight => this.#write(flight))
    this.#sweep = new Sweep(clock, now => this.#expire(now))
    void this.#readAll()
  }

  /** Requests that are not through yet, also those whose caller went away. */
  get inFlight(): number {
    return this.#outbox.length + this.#unanswered
  }

  /** Resolves with the reason when the stream has ended. */
  get onEnd(): Promise<unknown> {
    return this.#ending.promise
  }

  send(flight: PendingRequest, signal: AbortSignal | undefined): void {
    if (signal !== undefined) flight.watch(signal, () => this.#abandon(flight, signal.reason))
    this.lastUsed = Math.max(this.lastUsed, flight.startedAt)
    if (this.inFlight === 0) this.#begin(flight.startedAt)
    this.#sweep.arm(flight.startedAt + Math.min(flight.timeoutMs, lookInterval))
    this.#outbox.add(flight)
  }

  /** From now on only flights marked `inside` are written. */
  hold(): void {
    this.#outbox.hold()
  }

  release(): void {
    if (!this.ended) this.#outbox.release()
  }

  /** Resolves once every request written is answered, or the stream has ended. */
  async whenAnswered(): Promise<void> {
    while (this.#unanswered > 0 && !this.ended) await this.#nextChange()
  }

  /** Resolves once nobody waits for anything, or the stream has ended. */
  async whenSettled(): Promise<void> {
    while (
      !this.ended &&
      (this.#outbox.length + this.#flushing.size > 0 || [...this.#answering].some(({ settled }) => !settled))
    ) {
      await this.#nextChange()
    }
  }

  /** Ends the stream at once: whatever is under way fails with `reason`. */
  abort(reason: unknown): void {
    if (this.ended) return
    this.#finish(reason)
    endSocket(this.#socket, reason)
  }

  /** Ends the stream; resolves once the socket has flushed and closed. */
  async close(reason: unknown): Promise<void> {
    if (this.ended) return
    this.#finish(reason)
    await this.#socket.close()
  }

  #finish(reason: unknown): void {
    this.ended = true
    this.#sweep.stop()
    const all = [...this.#answering.drain(), ...this.#flushing, ...this.#outbox.close()]
    this.#flushing.clear()
    for (const flight of all) if (!flight.settled) this.#fail(flight, flight.endError(this.#broker, reason))
    this.#changed()
    this.#ending.resolve(reason)
  }

  get #unanswered(): number {
    return this.#answering.length + this.#flushing.size
  }

  #nextChange(): Promise<void> {
    this.#change ??= deferred()
    return this.#change.promise
  }

  /** A request is through: whoever waits for that may look again. */
  #changed(): void {
    this.#change?.resolve()
    this.#change = undefined
  }

  async #readAll(): Promise<void> {
    try {
      for (let empty = 0; ; ) {
        const chunk = await this.#socket.read()
        if (this.ended) return
        if (chunk === null) break
        if (!isBytes(chunk))
          throw brokenWord(this.#broker, `read() must answer a Uint8Array or null; it answered ${kindOf(chunk)}`)
        this.#patience.received(chunk.length)
        empty = chunk.length > 0 ? 0 : empty + 1
        // Answered at once each time, they would leave nobody else a turn.
        if (empty === mostEmpty) throw new ConnectionError(this.#broker, `no bytes in ${mostEmpty} reads, and no end`)
        this.#frames.push(chunk)
      }
      this.abort(this.#closedByPeer())
    } catch (error) {
      this.abort(error)
    }
  }

  #closedByPeer(): ConnectionError {
    const closed = 'the broker closed the connection'
    if (!this.#frames.between) return new ConnectionError(this.#broker, `${closed}, after ${this.#frames.progress}`)
    const first = this.#answering.peek()
    if (this.answered || first === undefined || first.api.key === ApiVersions.key)
      return new ConnectionError(this.#broker, closed)
    return new HungUpError(this.#broker, `${closed} at the first request; does this listener want SASL?`)
  }

  #begin(now: number): void {
    this.#patience.begin(now)
    if (this.#idle) this.#socket.idle?.(false)
    this.#idle = false
  }

  #write(flight: PendingRequest): void {
    const { pieces } = flight
    flight.pieces = []
    flight.written = true
    if (flight.noResponse) this.#flushing.add(flight)
    else this.#answering.push(flight)
    try {
      const pressure = this.#socket.write(pieces)
      this.#patience.sent(flight.sentBytes)
      if (pressure !== undefined) this.#waitForRoom(pressure)
      if (flight.noResponse) this.#settleWhenFlushed(flight)
    } catch (error) {
      this.abort(error)
    }
  }

  #waitForRoom(pressure: Promise<void>): void {
    // A boolean, as Node's own sockets answer, would say nothing of when there is room again.
    if (typeof pressure?.then !== 'function')
      throw brokenWord(this.#broker, `write() must answer nothing or a promise; it answered ${kindOf(pressure)}`)
    this.#outbox.setFull(true)
    pressure.then(
      () => {
        if (!this.ended) this.#patience.begin(this.#clock.monotonic())
        this.#outbox.setFull(false)
      },
      error => this.abort(error),
    )
  }

  #settleWhenFlushed(flight: PendingRequest): void {
    Promise.resolve(this.#socket.flushed()).then(
      () => {
        if (!this.#flushing.delete(flight)) return
        flight.succeed(undefined)
        this.#report(flight, 0)
        this.#changed()
      },
      error => this.abort(error),
    )
  }

  /** The frame assembler asks where an answer's bytes go. */
  frameBegins(correlationId: number): FramePool | null | false {
    const flight = this.#answering.peek()
    if (flight === undefined)
      throw new ProtocolError(`${this.#broker}: an answer (correlation id ${correlationId}) to no request`)
    if (flight.correlationId === correlationId) return flight.settled ? false : flight.pool
    throw new ProtocolError(
      `${this.#broker}: an answer with correlation id ${correlationId} where ${flight.name}'s, ${flight.correlationId}, was due`,
    )
  }

  /** The answer to the oldest request is here, or was skipped. */
  frameEnds(frame: Uint8Array | null): void {
    const flight = this.#answering.shift()!
    const now = this.#clock.monotonic()
    this.lastUsed = Math.max(this.lastUsed, now)
    this.#patience.answered(now)
    if (frame !== null) {
      // Given up while its answer came in.
      if (flight.settled) flight.pool?.give(frame)
      else this.#answer(flight, frame)
    }
    this.#changed()
  }

  #answer(flight: PendingRequest, frame: Uint8Array): void {
    let response: { throttleTimeMs?: number }
    try {
      response = readResponse(flight.api, flight.version, frame).response
    } catch (error) {
      // The frame was whole: the stream is still in step, and the other requests go on.
      flight.pool?.give(frame)
      this.#fail(flight, new ProtocolError(`${this.#broker}: ${messageOf(error)}`, { cause: error }))
      return
    }
    if (flight.api.key !== ApiVersions.key) this.answered = true
    if (response.throttleTimeMs! > 0) this.#pause(flight, response.throttleTimeMs!)
    flight.succeed(flight.keepsFrame ? { response, frame } : response)
    this.#report(flight, frame.length + 4)
  }

  /**
   * The broker reads nothing of this connection for so long (KIP-219): what waits meanwhile does so outside of its
   * time.
   */
  #pause({ name }: PendingRequest, asked: number): void {
    const milliseconds = Math.min(asked, longestPause)
    if (asked > longestPause)
      this.#logger.warn(
        `${this.#broker}: the broker asks to pause for ${asked} ms (${name}); we do for ${milliseconds}`,
      )
    const until = this.#clock.monotonic() + milliseconds
    this.lastUsed = Math.max(this.lastUsed, until)
    this.#patience.pause(until)
    this.#outbox.throttle(milliseconds)
  }

  /** The caller no longer waits. What is written stays until its answer has come, so that the stream keeps in step. */
  #abandon(flight: PendingRequest, reason: unknown): void {
    this.#fail(flight, reason)
    if (!flight.written) {
      this.#outbox.remove(flight)
    } else if (flight.api.key === Produce.key) {
      // Its bytes may still lie with the socket while the caller reuses them, and a late append would overtake the
      // retry.
      this.abort(reason)
    } else {
      // The answer is still due. Sweeps go on until it is here.
      flight.since = this.#clock.monotonic()
      flight.patience = Math.max(flight.timeoutMs, this.#lateAnswer)
    }
  }

  /** Deals with every deadline up to `now`; answers the next. */
  #expire(now: number): number {
    if (this.inFlight === 0) {
      this.#idle = true
      this.#socket.idle?.(true)
      return Number.POSITIVE_INFINITY
    }
    this.#patience.look(now)
    let next = now + lookInterval
    for (const flight of [...this.#outbox.all(), ...this.#flushing, ...this.#answering]) {
      if (this.#patience.deadlineOf(flight) <= now) {
        if (flight.settled) this.#checkOverdue(flight, now)
        else this.#abandon(flight, flight.timeoutError(this.#broker))
      }
      if (this.ended) return Number.POSITIVE_INFINITY
      next = Math.min(next, this.#patience.deadlineOf(flight))
    }
    return next
  }

  /**
   * The answer to a request given up stays away. While others are answered, or one before it is waited for, that is no
   * harm.
   */
  #checkOverdue(flight: PendingRequest, now: number): void {
    if (flight !== this.#answering.peek()) flight.since = now
    else this.abort(new ConnectionError(this.#broker, `no answer to ${flight.name}, long after its caller gave up`))
  }

  #fail(flight: PendingRequest, error: unknown): void {
    flight.fail(error)
    this.#report(flight, 0, error)
    this.#changed()
  }

  #report(flight: PendingRequest, receivedBytes: number, error?: unknown): void {
    this.#onEvent?.({
      type: 'request',
      broker: this.#broker,
      api: flight.api.name,
      apiVersion: flight.version,
      durationMs: this.#clock.monotonic() - flight.startedAt,
      sentBytes: flight.sentBytes,
      receivedBytes,
      ...(error === undefined ? {} : { error }),
    })
  }
}

/** Not instanceof: test runners and iframes have Uint8Arrays of their own. */
function isBytes(chunk: unknown): boolean {
  return ArrayBuffer.isView(chunk) && (chunk as Uint8Array).BYTES_PER_ELEMENT === 1
}
