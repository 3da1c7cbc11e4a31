import { type Deferred, deferred } from '../base/deferred.ts'
import { ClosedError, messageOf } from '../base/errors.ts'
import type { Socket } from '../socket/socket.ts'
import { Login } from './access/login.ts'
import type { Cluster } from './cluster.ts'
import type { Dispatcher } from './dispatch.ts'
import { FrameReader } from './frame-reader.ts'
import type { ClientConnection, ClientSoftware } from './handler.ts'
import type { Listener } from './listener.ts'
import type { Node } from './node.ts'

// What serving a request takes besides what its handler counts, and how many bytes of it take as long as a unit.
const unitsPerRequest = 4
const bytesPerUnit = 4096

/** How long a client may take to read the answer behind which it is hung up on, in milliseconds. */
const lastAnswerPatience = 5_000

/**
 * One client's connection to one broker. Requests are served one at a time, as Kafka does: what is behind a waiting
 * Fetch or JoinGroup waits too. At most one request, one read and one answer are held.
 */
export class Connection implements ClientConnection {
  readonly id: number
  readonly listener: Listener
  readonly clientHost: string
  software: ClientSoftware = { name: 'unknown', version: 'unknown' }
  readonly login: Login
  readonly #node: Node
  readonly #socket: Socket
  readonly #cluster: Cluster
  readonly #dispatcher: Dispatcher
  readonly #listeners = new Set<() => void>()
  #ended = false
  #isLast = false
  /** Since when no request is under way; Infinity while one is. */
  #idleSince = Number.POSITIVE_INFINITY
  #cancelIdleness: () => void = () => {}

  constructor(
    id: number,
    node: Node,
    socket: Socket,
    listener: Listener,
    clientHost: string,
    principal: string | undefined,
    cluster: Cluster,
    dispatcher: Dispatcher,
  ) {
    this.id = id
    this.#node = node
    this.listener = listener
    this.clientHost = clientHost
    this.login = new Login(listener.sasl ?? cluster.sasl !== undefined, principal)
    this.#socket = socket
    this.#cluster = cluster
    this.#dispatcher = dispatcher
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Serves until either side ends it. Never rejects: what goes wrong closes the connection and is logged. */
  async serve(): Promise<void> {
    const { logger, configs, pending, turns } = this.#cluster
    const frames = new FrameReader(this.#socket, configs.number('socket.request.max.bytes'), pending)
    this.#node.connections.add(this)
    this.#watchIdleness()
    try {
      for (;;) {
        this.#idleSince = this.#cluster.clock.monotonic()
        const frame = await frames.next()
        this.#idleSince = Number.POSITIVE_INFINITY
        if (frame === null || this.#ended) break
        turns.spend(unitsPerRequest + frame.length / bytesPerUnit)
        if (turns.isOver) await turns.pause()
        const answer = this.#dispatcher.dispatch(frame, this.#node, this)
        const outcome = answer instanceof Promise ? await this.#unlessEnded(answer, frames) : answer
        if (outcome === 'drop' || this.#ended) break
        if (outcome.pieces.length > 0) await this.#socket.write(outcome.pieces)
        if (this.#isLast) {
          await Promise.race([this.#socket.flushed(), this.sleep(lastAnswerPatience)])
          break
        }
        if (outcome.muteMs > 0) await this.#unlessEnded(this.sleep(outcome.muteMs), frames)
      }
      if (!this.#ended) await this.#socket.close()
    } catch (error) {
      // Whoever listens for us has closed the socket: nothing went wrong.
      if (!this.#ended && !(error instanceof ClosedError))
        logger.warn(`broker ${this.#node.id}: connection ${this.id} closed: ${messageOf(error)}`)
    } finally {
      frames.close()
      this.#cancelIdleness()
      this.#node.connections.delete(this)
      this.end(new Error('the broker closed the connection'))
    }
  }

  /** Waits for an answer, but not longer than the client stays. */
  async #unlessEnded<T>(answer: Promise<T>, frames: FrameReader): Promise<T | 'drop'> {
    const first: Deferred<T | 'drop'> = deferred()
    const forget = this.onEnd(() => first.resolve('drop'))
    answer.then(first.resolve, first.reject)
    frames.watch().then(
      seen => seen === 'end' && this.end(),
      error => this.end(error),
    )
    try {
      return await first.promise
    } finally {
      forget()
    }
  }

  sleep(milliseconds: number): Promise<void> {
    const done: Deferred<void> = deferred()
    const cancel = this.#cluster.clock.after(milliseconds, done.resolve)
    const forget = this.onEnd(done.resolve)
    return done.promise.finally(() => {
      cancel()
      forget()
    })
  }

  /** How long the client has had nothing to ask, in milliseconds. */
  get idleFor(): number {
    return this.#cluster.clock.monotonic() - this.#idleSince
  }

  /** Ends the connection when it was idle for long: where the runtime has timers that keep no program alive. */
  #watchIdleness(): void {
    const { clock, configs } = this.#cluster
    const most = configs.number('connections.max.idle.ms')
    const wait = (milliseconds: number): void => {
      this.#cancelIdleness =
        clock.background?.(milliseconds, () => {
          if (this.idleFor >= most) this.end(new Error(`the connection was idle for ${most} ms`))
          else wait(Math.max(1, Math.min(most, most - this.idleFor)))
        }) ?? this.#cancelIdleness
    }
    wait(most)
  }

  endBehindAnswer(): void {
    this.#isLast = true
  }

  onEnd(task: () => void): () => void {
    this.#listeners.add(task)
    return () => this.#listeners.delete(task)
  }

  /** Ends it now. */
  end(reason?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#socket.abort(reason)
    for (const task of [...this.#listeners]) task()
    this.#listeners.clear()
  }
}
