import { messageOf } from '../../src/base/errors.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { CloseCode } from '../shared/bridge-wire.ts'
import type { FrameError } from '../shared/frames.ts'
import type { Admission } from './admission.ts'
import { Answers } from './answers.ts'
import { refusalOf, refusalTo } from './api-policy.ts'
import type { Budget, Holder } from './budget.ts'
import type { Channel } from './channel.ts'
import { Downward } from './downward.ts'
import { FloodMeter } from './flood.ts'
import type { Metrics } from './metrics.ts'
import { Requests } from './requests.ts'
import type { Settings } from './settings.ts'
import { gatheredBytes, Upward } from './upward.ts'

// Before the broker ends a session it is left, so that what is under way can be answered: a tenth of it, ten seconds at
// most.
const sessionMargin = 10_000
const sessionShare = 0.1
/** How often deadlines are looked at, in milliseconds. */
export const tickInterval = 250
// Refusals of the bridge's own that wait for their turn, or for the client to read: in number and in bytes.
const mostRefusals = 256
const mostRefusalBytes = 1024 * 1024

/** What all relays of a bridge share. */
export interface Surroundings {
  readonly settings: Settings
  readonly metrics: Metrics
  readonly budget: Budget
  /** Whether the bridge is. */
  readonly stopping: () => boolean
}

/** One client and one broker. Whoever has the WebSocket tells what comes from it. */
export class Relay implements Holder {
  readonly admission: Admission
  readonly openedAt: number
  /** Bytes from the client, and to it. */
  bytesUp = 0
  bytesDown = 0

  readonly #settings: Settings
  readonly #channel: Channel
  readonly #metrics: Metrics
  readonly #requests: Requests
  readonly #upward: Upward
  readonly #answers: Answers
  readonly #downward: Downward
  readonly #flood: FloodMeter
  readonly #budget: Budget
  /** The budget knows of something that it holds. */
  #noted = false
  /** What the channel held when it was last asked. */
  #heldBelow = 0
  readonly #leaveAt: number
  /** Milliseconds since 1970. */
  readonly #goodUntil: number
  readonly #stopping: () => boolean
  #paused = false
  /** The client's last sign of life, and Kafka's last byte in either direction. */
  #aliveAt: number
  #activeAt: number
  #pingedAt: number | undefined
  /** Once it is to end: why, and until when there is patience. */
  #draining: { readonly code: CloseCode; readonly reason: string; readonly until: number } | undefined
  #closing: { readonly code: CloseCode; readonly until: number } | undefined
  #gone = false
  #forgetTick = (): void => {}

  constructor(admission: Admission, channel: Channel, { settings, metrics, budget, stopping }: Surroundings) {
    const { clock, limits } = settings
    const now = clock.monotonic()
    this.admission = admission
    this.#settings = settings
    this.#channel = channel
    this.#metrics = metrics
    this.#stopping = stopping
    this.#budget = budget
    this.#flood = new FloodMeter(
      limits.framesPerSecond,
      now,
      admission.places.map(({ frames }) => frames),
    )
    this.#upward = new Upward(admission.socket, {
      paused: paused => this.#setPaused(paused),
      taken: () => {
        if (this.#noted) this.#note()
      },
      done: () => this.#endIfDrained(),
    })
    this.#requests = new Requests(limits.requestBytes, admission.apis, {
      pass: bytes => this.#pass(bytes),
      refused: (api, frame) => this.#refuseRequest(api, frame),
    })
    this.#answers = new Answers(limits.responseBytes)
    this.#leaveAt = admission.sessionEnds - Math.min(sessionMargin, (admission.sessionEnds - now) * sessionShare)
    this.#goodUntil = (admission.identity.expires ?? Number.POSITIVE_INFINITY) + settings.tokenGrace
    this.openedAt = this.#aliveAt = this.#activeAt = now
    this.#tickLater()
    this.#downward = new Downward(admission.socket, channel, this.#answers, {
      said: bytes => {
        this.bytesDown += bytes
        this.#metrics.bytesDown += bytes
      },
      sent: bytes => {
        if (bytes > gatheredBytes || this.#noted) this.#noteBelow()
      },
      delivered: answers => {
        this.#flood.answered(answers)
        this.alive()
        this.#activeAt = this.#aliveAt
        this.#endIfDrained()
      },
      told: () => this.#endIfDrained(),
      over: (code, reason) => this.#end(code, reason),
      broken: error => this.#refuse(CloseCode.NotKafka, error),
    })
  }

  /** Why it ended. */
  get code(): CloseCode {
    return this.#closing?.code ?? CloseCode.Abnormal
  }

  /** A message came. */
  message(bytes: Uint8Array): void {
    if (!this.#frame(bytes.length)) return
    // Not only at the next tick: a broker ends connections whose next request comes after the session.
    if (this.#aliveAt > this.#leaveAt) this.#leave()
    if (bytes.length === 0) return
    this.#activeAt = this.#aliveAt
    try {
      this.#requests.push(bytes, this.#draining !== undefined)
    } catch (error) {
      return this.#refuse(CloseCode.NotKafka, error)
    }
    this.#upward.go()
    if (this.#upward.queued > 4 * this.#settings.limits.messageBytes)
      this.#end(CloseCode.Overflow, 'the broker takes less than comes')
    if (this.#upward.queued > gatheredBytes) this.#note()
  }

  /** A text message came, which Kafka knows none of. */
  text(): void {
    this.#end(CloseCode.TextMessage, 'binary messages are wanted')
  }

  /** Calls back once the broker has taken what came before: with channels that can't pause, clients ask for that. */
  mark(answer: () => void): void {
    if (!this.#frame(0)) return
    if (!this.#upward.mark(answer)) this.#end(CloseCode.Overflow, 'too many questions at a time')
  }

  /** A message larger than one may be came. */
  oversized(): void {
    this.#end(CloseCode.MessageTooBig, `messages have ${this.#settings.limits.messageBytes} bytes at most`)
  }

  /** A ping or a pong of so many bytes came. */
  ping(bytes: number): void {
    this.#frame(bytes)
  }

  /** Of the client's, of the broker's and of our own that is on its way, where this end can tell. */
  get held(): number {
    if (this.#gone) return 0
    return this.#upward.held + this.#answers.ownBytes + this.#heldBelow + (this.admission.socket.unsent ?? 0)
  }

  /** For the budget, which is told of no trifles: looking costs as much as passing a small message on. */
  #note(): void {
    this.#budget.note(this)
    this.#noted = this.held > 0
  }

  /** The same, when what the channel holds may have changed: not every runtime tells that for nothing. */
  #noteBelow(): void {
    this.#heldBelow = this.#channel.held
    this.#note()
  }

  /** Others need the memory. */
  release(): void {
    this.#end(CloseCode.NoMemory, 'the bridge is short of memory: dial again')
    this.#channel.terminate()
  }

  /** The client is there: it answered a ping, or took bytes. */
  alive(): void {
    this.#aliveAt = this.#settings.clock.monotonic()
    this.#pingedAt = undefined
  }

  /** The client broke the WebSocket protocol, and is to be told so. */
  broken(error: FrameError): void {
    this.failed(error)
    this.#end(error.code as CloseCode, error.message)
  }

  /** The WebSocket failed; what the client is told, the runtime has seen to. */
  failed(error: unknown): void {
    this.#settings.logger.warn('WebSocket failed', {
      target: this.admission.target,
      id: this.admission.identity.id,
      error: messageOf(error),
    })
  }

  /** The WebSocket has ended; `code` is the client's. */
  async closed(code: number): Promise<void> {
    this.#gone = true
    this.#forgetTick()
    const orderly = this.#closing === undefined && code !== CloseCode.Abnormal
    this.#closing ??= { code: code as CloseCode, until: 0 }
    const { socket } = this.admission
    if (orderly) {
      // What the client sent before it closed goes to the broker. (A WebSocket has no half-close: the answers have
      // nowhere to go.)
      const cancel = this.#settings.clock.after(this.#settings.limits.drainTimeout, () => socket.abort())
      await this.#upward.forwarding
      await socket.close().catch(() => {})
      cancel()
    } else socket.abort()
    this.#budget.forget(this)
  }

  /** Takes no further request, waits for the answers to those under way, and closes. */
  drain(code: CloseCode, reason: string): void {
    if (this.#draining !== undefined || this.#closing !== undefined) return
    this.#draining = { code, reason, until: this.#settings.clock.monotonic() + this.#settings.limits.drainTimeout }
    this.#endIfDrained()
  }

  // Each has a timer of its own: in a Worker it may touch nothing of another request's.
  #tickLater(): void {
    const { clock } = this.#settings
    this.#forgetTick = clock.after(tickInterval, () => {
      this.#tickLater()
      this.#tick(clock.monotonic())
    })
  }

  #tick(now: number): void {
    const { limits } = this.#settings
    if (this.#noted) this.#noteBelow()
    if (this.#stopping()) this.drain(CloseCode.GoingAway, 'the bridge is stopping')
    if (this.#closing !== undefined) {
      if (!this.#gone && now > this.#closing.until) this.#channel.terminate()
    } else if (this.#isRevoked()) this.#end(CloseCode.TokenEnded, 'the token was revoked')
    else if (this.#draining !== undefined && now > this.#draining.until)
      this.#end(this.#draining.code, this.#draining.reason)
    else if (now > this.#leaveAt) this.#leave()
    else if (this.#settings.clock.now() > this.#goodUntil)
      this.drain(CloseCode.TokenEnded, 'the token is over: dial again')
    else if (now - this.openedAt > limits.lifetime)
      this.drain(CloseCode.Lifetime, 'open for as long as a connection may be: dial again')
    else if (now - this.#activeAt > limits.idleTimeout) this.drain(CloseCode.Idle, 'nothing happened for too long')
    else this.#askForLife(now)
  }

  /** A frame came. False: it is not looked at, for there is an end. */
  #frame(bytes: number): boolean {
    this.alive()
    if (this.#closing !== undefined) return false
    if (this.#flood.frame(bytes, this.#aliveAt)) return true
    for (const place of this.admission.places) place.flooded(this.#aliveAt)
    this.#end(CloseCode.Flood, 'more messages than anybody needs')
    return false
  }

  /** One that can't be asked is taken to be. */
  #isRevoked(): boolean {
    try {
      return this.admission.identity.isRevoked?.() ?? false
    } catch (error) {
      this.failed(error)
      return true
    }
  }

  #leave(): void {
    this.drain(CloseCode.SessionExpired, 'the session with the broker ends: dial again')
  }

  #askForLife(now: number): void {
    const { pingInterval, pongTimeout } = this.#settings.limits
    // Held back by us it can't answer.
    if (this.#paused || this.#channel.ping === undefined) return
    if (this.#pingedAt !== undefined) {
      if (now - this.#pingedAt > pongTimeout) this.#channel.terminate()
    } else if (now - this.#aliveAt > pingInterval) {
      this.#pingedAt = now
      this.#channel.ping()
    }
  }

  #pass(bytes: Uint8Array): void {
    this.#upward.push(bytes)
    this.bytesUp += bytes.length
    this.#metrics.bytesUp += bytes.length
  }

  #setPaused(paused: boolean): void {
    if (this.#paused === paused) return
    this.#paused = paused
    if (paused) this.#channel.pause?.()
    else {
      this.alive()
      this.#channel.resume?.()
    }
  }

  /** The client asks for what it may not have: it is told so when the answers to what it asked for before are out. */
  #refuseRequest(api: AnyApi, frame: Uint8Array | null): void {
    this.#metrics.refuseApi(api.name)
    const { target, identity } = this.admission
    this.#settings.logger.warn('request refused', { target, id: identity.id, api: api.name })
    const answer = frame === null ? undefined : refusalTo(api, frame)
    if (answer === undefined) return this.#end(CloseCode.NotAllowed, refusalOf(api).message)
    this.#answers.add(this.#requests.answers, answer)
    if (this.#answers.waiting > mostRefusals || this.#answers.ownBytes > mostRefusalBytes)
      return this.#end(CloseCode.NotAllowed, 'too many requests that are not allowed')
    this.#downward.tell()
  }

  #endIfDrained(): void {
    if (
      this.#draining === undefined ||
      this.#upward.forwarding !== undefined ||
      this.#downward.telling ||
      !this.#requests.between ||
      !this.#answers.between
    )
      return
    // Brokers answer in order. A Fetch may wait for long, and is asked again by whoever waits for it.
    if (this.#answers.count >= this.#requests.owed) this.#end(this.#draining.code, this.#draining.reason)
  }

  #refuse(code: CloseCode, error: unknown): void {
    this.#settings.logger.warn('not Kafka', {
      target: this.admission.target,
      id: this.admission.identity.id,
      error: messageOf(error),
    })
    this.#end(code, messageOf(error))
  }

  #end(code: CloseCode, reason: string): void {
    if (this.#closing !== undefined) return
    const now = this.#settings.clock.monotonic()
    // Nobody waits for one that floods.
    this.#closing = { code, until: code === CloseCode.Flood ? now : now + this.#settings.limits.closeTimeout }
    this.#upward.drop()
    // A paused WebSocket would never see the client's half of the closing.
    this.#setPaused(false)
    this.#channel.close(code, reason)
    if (code === CloseCode.BrokerClosed || this.#draining !== undefined)
      void this.admission.socket.close().catch(() => {})
    else this.admission.socket.abort()
  }
}
