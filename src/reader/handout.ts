import { atCaller } from '../base/call-site.ts'
import type { Condition } from '../base/condition.ts'
import { ConfigError } from '../base/errors.ts'
import { FifoLock } from '../base/fifo-lock.ts'
import type { CallOptions } from '../base/signals.ts'
import { type Message, originOf } from '../records/message.ts'
import type { Transport } from '../transport/transport.ts'
import type { Fetcher } from './fetcher.ts'
import type { GroupSession } from './group-session.ts'
import type { MessageSource } from './message-source.ts'
import type { ReaderMetrics } from './metrics.ts'
import type { Position } from './position.ts'
import type { Work, Worked } from './work.ts'

/** What may keep partitions from being read for good. */
interface Failing {
  throwFailure(): void
}

export interface HandoutParts {
  readonly transport: Transport
  readonly fetcher: Fetcher
  readonly source: MessageSource
  readonly counters: ReaderMetrics
  /** Told when the application asks for more: that it is done with the last. Undefined without a group. */
  readonly session: GroupSession | undefined
  readonly failing: readonly Failing[]
  /** Throws once the reader is closing. */
  ensureOpen(): void
  /** Begins to read, if that has not been done. */
  start(): void
}

/** Hands what was fetched to those who read: one after the other, in the order they came. */
export class Handout {
  readonly #parts: HandoutParts
  readonly #source: MessageSource
  /** Rings when a waiting read may find something. */
  readonly #news: Condition
  readonly #turns = new FifoLock()
  /** The application was handed something and has not asked for more. */
  #busy = false
  /** Partitions, by name, of several messages that were handed out at once. */
  #inHand = new Set<string>()
  /** Knows better what is in hand, as long as it is at it. */
  #work: Work | undefined

  constructor(parts: HandoutParts, news: Condition) {
    this.#parts = parts
    this.#source = parts.source
    this.#news = news
  }

  /** The next message if it is at hand and nobody waits for one. */
  quick(automatic: boolean): Message | undefined {
    if (this.#turns.count > 0) return undefined
    const message = this.#source.quick(automatic)
    if (message !== undefined) this.#busy = true
    return message
  }

  /** The next message, waited for. */
  slow(automatic: boolean, options: CallOptions = {}): Promise<Message> {
    return this.obtain(automatic, () => (this.#source.ready() ? this.#source.quick(automatic) : undefined), options)
  }

  /** Up to so many messages: the first is waited for, and more for so long, in milliseconds, after it. */
  async gather(most: number, within: number, options: CallOptions): Promise<Message[]> {
    const messages = [await this.slow(false, options)]
    const { clock } = this.#parts.transport
    let late = within === 0
    const cancel = late
      ? undefined
      : clock.after(within, () => {
          late = true
          this.#news.ring()
        })
    try {
      await this.#turns.take(options, async () => {
        for (; ; await this.#news.wait(options)) {
          while (messages.length < most && this.#source.ready('silent')) messages.push(this.#source.quick(false)!)
          if (messages.length >= most || late) return
          this.#parts.ensureOpen()
        }
      })
    } catch {
      // Its signal, or that the reader closes: these are not to be lost.
    }
    cancel?.()
    this.#busy = true
    for (const { topic, partition } of messages) this.#inHand.add(`${topic}/${partition}`)
    return messages
  }

  /** Whether a read waits. */
  get isAsked(): boolean {
    return this.#turns.count > 0
  }

  /** Whether the application has a message of one of these that it did not say to be done with, by asking for more. */
  isBusyWith(positions: readonly Position[]): boolean {
    const work = this.#work
    if (work !== undefined) return positions.some(position => work.isBusyWith(position))
    return this.#busy && (this.#source.isOf(positions) || positions.some(({ name }) => this.#inHand.has(name)))
  }

  /** Has `work` say what is in hand. */
  workedBy(work: Work): Worked {
    if (this.#work !== undefined) throw new ConfigError('run: the reader is being run already')
    const { session, fetcher } = this.#parts
    this.#work = work
    return {
      holds: message =>
        session === undefined ||
        fetcher.position(message.topic, message.partition)?.reading === (originOf(message) ?? undefined),
      done: messages => session?.done(messages),
      changed: () => session?.idle(),
      flush: async () => session?.flush(),
      end: () => {
        this.#work = undefined
        this.idle()
      },
    }
  }

  /** Waits its turn, then until there is something to take. */
  async obtain<T>(automatic: boolean, take: () => T | undefined, options: CallOptions): Promise<T> {
    const { transport, session, counters, failing, ensureOpen, start } = this.#parts
    ensureOpen()
    transport.enter()
    const { clock } = transport
    const turn = this.#turns.take(options, async () => {
      // Asking is what says that the last is done with, whatever becomes of it.
      if (this.#source.begin()) session?.poke()
      this.idle()
      options.signal?.throwIfAborted()
      start()
      session?.asked()
      for (const since = clock.monotonic(); ; await this.#news.wait(options)) {
        ensureOpen()
        for (const each of failing) each.throwFailure()
        const taken = this.#telling(take)
        if (taken === undefined) continue
        this.#busy = true
        this.#source.automatic = automatic
        if (automatic) session?.poke()
        counters.waitTime.observe(clock.monotonic() - since)
        return taken
      }
    })
    try {
      return await turn
    } catch (error) {
      return await atCaller(() => error)
    }
  }

  /** The application works on nothing that it was handed. */
  idle(): void {
    this.#busy = false
    if (this.#inHand.size > 0) this.#inHand = new Set()
    this.#parts.session?.idle()
  }

  /** A member that was told of a partition it can't go on with joins anew: the group may know better where to begin. */
  #telling<T>(take: () => T): T {
    try {
      return take()
    } catch (error) {
      const { fetcher, session } = this.#parts
      for (const { state } of fetcher.positions) if (state === 'failed') session?.renew(error)
      throw error
    }
  }
}
