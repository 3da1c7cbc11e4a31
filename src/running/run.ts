import { backoffDelay } from '../base/backoff.ts'
import { refuseMore } from '../base/call-options.ts'
import { systemClock } from '../base/clock.ts'
import { Condition } from '../base/condition.ts'
import { ClosedError, ConfigError, isTemporary } from '../base/errors.ts'
import { linkSignals, sleep } from '../base/signals.ts'
import type { Reader } from '../reader/reader.ts'
import { type Worked, workOn } from '../reader/work.ts'
import type { Message } from '../records/message.ts'
import { deadLetter } from './dead-letter.ts'
import { InHand, type PartitionInHand, type Taken } from './in-hand.ts'
import { Lanes } from './lanes.ts'
import { type MessageHandler, type RunOptions, type RunSettings, runSettings } from './options.ts'

/** What a run has done. */
export interface Run {
  /** Messages that a handler has dealt with. */
  handled: number
  /** Times that a handler failed. */
  failures: number
  /** Messages that were written where failed ones go. */
  deadLetters: number
}

// While others could be handled, a partition that has as much in hand as it may is paused after so long, in
// milliseconds: handlers that take a moment need no pause, which costs a fetch.
const stall = 50

/**
 * Reads messages and gives them to a handler, `concurrency` at a time: in order within each partition (or key), and
 * several of them beside each other. At least once: in a group those that are done with, along with all before them in
 * their partition, are committed every 100 ms or `commitInterval`, and what was in hand when a process died is read
 * again. Partitions that go to another member go once what is in hand of them is done with, or after half the
 * `rebalanceTimeout`.
 *
 * Runs until the signal aborts: then what handlers are at is finished and committed, and it resolves. Rejects with what a
 * handler throws (after `maxAttempts`, and without `deadLetters`), with what keeps dead letters from being written, and
 * with what can't pass by itself. Closing the reader ends it, too: with a ClosedError if anything was in hand, which is
 * read again. In each case the other handlers are waited for. The reader stays open, and goes on from what was not dealt with.
 */
export async function run(
  reader: Reader,
  handler: MessageHandler,
  options: RunOptions = {},
  ...more: never[]
): Promise<Run> {
  refuseMore('run', more)
  if (typeof handler !== 'function') throw new ConfigError('run takes a function, as in async message => { … }')
  return await new Running(reader, handler, runSettings(options)).run()
}

class Running {
  readonly #reader: Reader
  readonly #handler: MessageHandler
  readonly #settings: RunSettings
  readonly #done: Run = { handled: 0, failures: 0, deadLetters: 0 }
  readonly #inHand = new InHand()
  readonly #lanes: Lanes<Taken>
  readonly #worked: Worked
  /** Rings when there may be room for more. */
  readonly #news = new Condition()
  /** Aborted when nothing more is to be begun. */
  readonly #stopping: ReturnType<typeof linkSignals>
  /** Aborted when what handlers do counts for nothing. */
  readonly #inVain = new AbortController()
  #failure: { readonly error: unknown } | undefined

  constructor(reader: Reader, handler: MessageHandler, settings: RunSettings) {
    this.#reader = reader
    this.#handler = handler
    this.#settings = settings
    this.#lanes = new Lanes(settings.concurrency, taken => this.#work(taken))
    this.#stopping = linkSignals(settings.signal)
    this.#worked = workOn(reader, {
      isBusyWith: ({ topic, partition }) => this.#inHand.isBusyWith(topic, partition),
    })
  }

  async run(): Promise<Run> {
    const { signal } = this.#stopping
    let closed: ClosedError | undefined
    try {
      for (let failures = 0; !signal.aborted; ) {
        await this.#room()
        if (signal.aborted) break
        try {
          const messages = await this.#reader.fetchMessages(this.#most(), { within: 0, signal })
          for (const message of messages) this.#add(message)
          failures = 0
        } catch (error) {
          if (signal.aborted) break
          if (error instanceof ClosedError) {
            closed = error
            break
          }
          if (!isTemporary(error)) throw error
          await sleep(backoffDelay(++failures, this.#settings.backoff, systemClock), { signal }).catch(() => {})
        }
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#stopping.controller.abort()
    const wasBusy = this.#inHand.open > 0
    if (closed !== undefined) this.#inVain.abort(closed)
    this.#lanes.drop()
    await this.#lanes.idle()
    this.#stopping.release()
    if (closed === undefined) {
      await this.#worked.flush().catch(error => this.#fail(error))
      this.#putBack()
    }
    this.#worked.end()
    if (this.#failure !== undefined) throw this.#failure.error
    if (closed !== undefined && wasBusy) throw closed
    return this.#done
  }

  /** How many more may be taken at once: they may all be of the partition that has most in hand. */
  #most(): number {
    let most = 0
    for (const { open, isPaused } of this.#inHand.partitions) if (!isPaused) most = Math.max(most, open)
    return Math.max(1, Math.min(this.#settings.maxInHand - most, 10_000))
  }

  /** Waits until more may be taken: half of what one partition may have in hand at a time, not one by one. */
  async #room(): Promise<void> {
    const { maxInHand, concurrency } = this.#settings
    const { signal } = this.#stopping
    for (let late = false; !signal.aborted; ) {
      const full = [...this.#inHand.partitions].filter(({ open, isPaused }) => !isPaused && open > maxInHand / 2)
      const fits = this.#inHand.open < maxInHand * concurrency
      if (full.length === 0 && fits) return
      if (late && fits && this.#lanes.hasIdle) {
        for (const each of full) this.#pause(each)
        return
      }
      const cancel = systemClock.after(stall, () => {
        late = true
        this.#news.ring()
      })
      await this.#news.wait({ signal }).catch(() => {})
      cancel()
    }
  }

  #pause(partition: PartitionInHand): void {
    partition.isPaused = true
    this.#unlessGone(() => this.#reader.pause([partition]))
  }

  /** What a partition that this reader has no more is told is of no interest. */
  #unlessGone(task: () => void): void {
    try {
      task()
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof ClosedError)) throw error
    }
  }

  #add(message: Message): void {
    const { topic, partition, key } = message
    const name = `${topic}/${partition}`
    const lane = this.#settings.byKey ? key && `${name}/${textOf(key)}` : name
    this.#lanes.add(lane ?? undefined, this.#inHand.take(message))
  }

  /** Has the reader go on from what was taken and not dealt with. */
  #putBack(): void {
    for (const each of this.#inHand.partitions) {
      if (each.isPaused) this.#unlessGone(() => this.#reader.resume([each]))
      const { first, topic, partition } = each
      if (first !== undefined && this.#worked.holds(first))
        this.#unlessGone(() => this.#reader.seek(topic, partition, first.offset))
    }
  }

  async #work(taken: Taken): Promise<void> {
    const { message, of } = taken
    const { signal } = this.#stopping
    if (!signal.aborted && this.#worked.holds(message)) {
      of.running++
      try {
        taken.isDone = await this.#handle(message)
      } catch (error) {
        this.#fail(error)
      }
      of.running--
      const finished = of.finished()
      if (finished !== undefined) this.#note(finished)
      this.#worked.changed()
    }
    // What is not dealt with at the end the reader is to hand out again.
    if (signal.aborted && !taken.isDone) return
    this.#inHand.close(taken)
    const { maxInHand, concurrency } = this.#settings
    if (of.isPaused && of.open <= maxInHand / 4) {
      of.isPaused = false
      this.#unlessGone(() => this.#reader.resume([of]))
    }
    if (of.open === Math.floor(maxInHand / 2) || this.#inHand.open === maxInHand * concurrency - 1) this.#news.ring()
  }

  #note(finished: Message): void {
    try {
      this.#worked.done([finished])
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Whether the message is dealt with; false when it is not and nobody will any more. */
  async #handle(message: Message): Promise<boolean> {
    const { maxAttempts, backoff, onFailure, deadLetters } = this.#settings
    const { signal } = this.#stopping
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#handler(message, { signal: this.#inVain.signal })
        this.#done.handled++
        return true
      } catch (error) {
        this.#done.failures++
        onFailure?.(error, message, attempt)
        if (attempt >= maxAttempts) {
          if (deadLetters === undefined) throw error
          const { groupId } = this.#reader.config()
          const { writer, ...to } = deadLetters
          await writer.writeMessages(deadLetter(message, { error, attempts: attempt, groupId, ...to }))
          this.#done.deadLetters++
          return true
        }
      }
      await sleep(backoffDelay(attempt, backoff, systemClock), { signal }).catch(() => {})
      if (signal.aborted || !this.#worked.holds(message)) return false
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#inVain.abort(error)
    this.#stopping.controller.abort(error)
  }
}

/** Bytes as a text of as many characters. */
function textOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
