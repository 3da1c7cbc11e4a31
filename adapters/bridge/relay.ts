import { messageOf, ProtocolError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { concat } from '../../src/bytes/writer.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { readRequest, readRequestHeader } from '../../src/protocol/headers.ts'
import { CloseCode } from '../shared/bridge-wire.ts'
import type { FrameError } from '../shared/frames.ts'
import type { Admission } from './admission.ts'
import { Answers } from './answers.ts'
import { refusalOf } from './api-policy.ts'
import type { Budget, Holder } from './budget.ts'
import { messageOverhead } from './budget.ts'
import type { Channel } from './channel.ts'
import { errorAnswer } from './error-answer.ts'
import { FloodMeter } from './flood.ts'
import type { Metrics } from './metrics.ts'
import { Requests } from './requests.ts'
import type { Settings } from './settings.ts'

// Before the broker ends a session it is left, so that what is under way can be answered: a tenth of it, ten seconds at
// most.
const sessionMargin = 10_000
const sessionShare = 0.1
/** How often deadlines are looked at, in milliseconds. */
export const tickInterval = 250
// Small messages that must wait are put together: each costs its owner as much as a large one. Those that need not may
// wait in the socket, of which it tells nothing but their bytes.
const gatheredBytes = 16 * 1024
const mostWrites = 256
// Questions of a client that wait for their answer.
const mostMarks = 64
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
  readonly #answers: Answers
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
  /** Messages that wait for the broker to take what came before, and what is to be done when it has. */
  readonly #queue: (Uint8Array | (() => void))[] = []
  /** Of the last one in the queue: memory of ours with room left, and how much of it is used. */
  #gathering: { readonly memory: Uint8Array; used: number } | undefined
  /** Questions of the client among them. */
  #marks = 0
  #queued = 0
  /** Writes since the socket was last seen empty. */
  #writes = 0
  #forwarding: Promise<void> | undefined
  /** Set while answers of the bridge's own are sent by themselves, and while the broker's are. */
  #telling: Promise<void> | undefined
  #delivering = false
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
    this.#flood = new FloodMeter(limits.framesPerSecond, now)
    this.#requests = new Requests(limits.requestBytes, admission.apis, {
      pass: bytes => this.#pass(bytes),
      refused: (api, frame) => this.#refuseRequest(api, frame),
    })
    this.#answers = new Answers(limits.responseBytes)
    this.#leaveAt = admission.sessionEnds - Math.min(sessionMargin, (admission.sessionEnds - now) * sessionShare)
    this.#goodUntil = (admission.identity.expires ?? Number.POSITIVE_INFINITY) + settings.tokenGrace
    this.openedAt = this.#aliveAt = this.#activeAt = now
    this.#tickLater()
    void this.#pump()
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
    if (this.#queue.length > 0) this.#forwarding ??= this.#forward()
    if (this.#queued > 4 * this.#settings.limits.messageBytes)
      this.#end(CloseCode.Overflow, 'the broker takes less than comes')
    if (this.#queued > gatheredBytes) this.#note()
  }

  /** A text message came, which Kafka knows none of. */
  text(): void {
    this.#end(CloseCode.TextMessage, 'binary messages are wanted')
  }

  /** Calls back once the broker has taken what came before: with channels that can't pause, clients ask for that. */
  mark(answer: () => void): void {
    if (!this.#frame(0)) return
    if (this.#forwarding === undefined) return answer()
    this.#gathering = undefined
    this.#queue.push(answer)
    if (++this.#marks > mostMarks) this.#end(CloseCode.Overflow, 'too many questions at a time')
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
    const marks = this.#marks * messageOverhead
    return this.#queued + marks + this.#answers.ownBytes + this.#heldBelow + (this.admission.socket.unsent ?? 0)
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
      await this.#forwarding
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
    const { length } = bytes
    this.#queued += length
    this.bytesUp += length
    this.#metrics.bytesUp += length
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

  /** To the broker, as fast as it takes. */
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
          this.#setPaused(true)
          await written
        }
        this.#queued -= next.length
        if (this.#noted) this.#note()
      }
      this.#setPaused(false)
    } catch {
      // Why is what the other direction tells.
    }
    this.#forwarding = undefined
    this.#endIfDrained()
  }

  /** The promise, if there is one, is to be waited for. */
  #write(bytes: Uint8Array): void | Promise<void> {
    const { socket } = this.admission
    if (socket.unsent === 0) this.#writes = 0
    const written = socket.write([bytes])
    if (++this.#writes < mostWrites || written !== undefined) return written
    this.#writes = 0
    return socket.flushed()
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
    const answer = frame === null ? undefined : answerTo(api, frame)
    if (answer === undefined) return this.#end(CloseCode.NotAllowed, refusalOf(api).message)
    this.#answers.add(this.#requests.answers, answer)
    if (this.#answers.waiting > mostRefusals || this.#answers.ownBytes > mostRefusalBytes)
      return this.#end(CloseCode.NotAllowed, 'too many requests that are not allowed')
    this.#telling ??= this.#tell()
  }

  /** Sends what is due of the bridge's own answers, while nothing of the broker's is being sent. */
  async #tell(): Promise<void> {
    // So that who starts this has its promise before the end clears it; and the broker's next answer can wait for it.
    await undefined
    if (!this.#delivering)
      for (let own = this.#answers.due(); own !== undefined; own = this.#answers.due()) await this.#send(own)
    this.#telling = undefined
    this.#endIfDrained()
  }

  /** To the client, as fast as it takes: nothing is read before the last is sent. */
  async #pump(): Promise<void> {
    const { socket } = this.admission
    try {
      for (;;) {
        const bytes = await socket.read()
        if (this.#telling !== undefined) await this.#telling
        if (bytes === null) {
          if (this.#answers.between) this.#end(CloseCode.BrokerClosed, 'the broker closed the connection')
          else this.#end(CloseCode.BrokerFailed, 'the broker closed the connection in the middle of an answer')
          return
        }
        this.#delivering = true
        const before = this.#answers.count
        if (!(await this.#deliver(bytes))) return
        this.#delivering = false
        this.#flood.answered(this.#answers.count - before)
        if (this.#answers.waiting > 0) this.#telling ??= this.#tell()
        this.alive()
        this.#activeAt = this.#aliveAt
        this.#endIfDrained()
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.#refuse(CloseCode.NotKafka, error)
      else this.#end(CloseCode.BrokerFailed, 'the connection to the broker failed')
    }
  }

  /** What the broker said. */
  #deliver(bytes: Uint8Array): Promise<boolean> {
    this.bytesDown += bytes.length
    this.#metrics.bytesDown += bytes.length
    if (this.#answers.waiting > 0) return this.#deliverBetween(bytes)
    this.#answers.follow(bytes)
    return this.#send(bytes)
  }

  /** And between its answers the bridge's own, in the order of the requests. */
  async #deliverBetween(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length; ) {
      const end = at + this.#answers.follow(at === 0 ? bytes : bytes.subarray(at))
      if (!(await this.#send(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end)))) return false
      at = end
      for (let own = this.#answers.due(); own !== undefined; own = this.#answers.due())
        if (!(await this.#send(own))) return false
    }
    return true
  }

  /** False once there is nobody to send to; that is told by `closed`. */
  async #send(bytes: Uint8Array): Promise<boolean> {
    try {
      const sent = this.#channel.send(bytes)
      if (bytes.length > gatheredBytes || this.#noted) this.#noteBelow()
      await sent
      if (this.#noted) this.#noteBelow()
      return true
    } catch {
      return false
    }
  }

  #endIfDrained(): void {
    if (
      this.#draining === undefined ||
      this.#forwarding !== undefined ||
      this.#telling !== undefined ||
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
    this.#closing = { code, until: this.#settings.clock.monotonic() + this.#settings.limits.closeTimeout }
    this.#queue.length = 0
    // A paused WebSocket would never see the client's half of the closing.
    this.#setPaused(false)
    this.#channel.close(code, reason)
    if (code === CloseCode.BrokerClosed || this.#draining !== undefined)
      void this.admission.socket.close().catch(() => {})
    else this.admission.socket.abort()
  }
}

/** What a request that is not passed on is answered with; undefined when it can't be read. */
function answerTo(api: AnyApi, frame: Uint8Array): Uint8Array | undefined {
  try {
    const from = new ByteReader(frame)
    const { apiVersion, correlationId } = readRequestHeader(from)
    const request = readRequest(api, apiVersion, from)
    // Nobody would read the answer to this one; a broker that denies it hangs up, too.
    if (request.acks === 0) return undefined
    const pieces = errorAnswer(api, apiVersion, correlationId, request, refusalOf(api))
    return concat(pieces)
  } catch {
    return undefined
  }
}
