import { Condition } from '../../../src/base/condition.ts'
import { PollWatch } from '../../../src/reader/poll-watch.ts'
import type { Retrier } from '../retry.ts'
import { kafkaJSError } from '../translate.ts'
import type { Logger, RetryOptions } from '../types/common.ts'
import type { ConsumerRunConfig } from '../types/consumer.ts'
import type { Chunk } from './chunk.ts'
import type { TopicCommits } from './commits.ts'
import { failureOf, isRebalancing } from './failures.ts'
import { Group, type GroupParts } from './group.ts'
import { Handlers, type RunSettings, runSettings } from './handlers.ts'
import type { Link } from './link.ts'
import { Waits } from './waits.ts'

export interface RunnerParts extends Omit<GroupParts, 'isRunning' | 'onNews' | 'failed' | 'autoCommit'> {
  readonly link: Link
  /** As given, with its handlers as they are now. */
  readonly run: ConsumerRunConfig
  readonly retry: RetryOptions
  /** Ended by what can't be gone on with; to be stopped. */
  onCrash(error: Error): Promise<void>
}

/** From one start to the next stop or crash: hands what is fetched to the user's handler. */
export class Runner {
  readonly group: Group
  readonly #parts: RunnerParts
  readonly #settings: RunSettings
  readonly #logger: Logger
  readonly #handlers: Handlers
  /** Rings when there may be something to hand out, or an end to it. */
  readonly #news = new Condition()
  #watch: PollWatch | undefined
  /** Over when it is stopped. */
  readonly #waits = new Waits()
  #isRunning = true
  #loop: Promise<void> = Promise.resolve()
  /** What ends the round: a handler's failure, or what keeps partitions from being read. */
  #failure: { readonly error: unknown } | undefined
  /** What ends it all. */
  #crash: { readonly error: Error } | undefined
  #committing: Promise<void> = Promise.resolve()
  /** Chunks that a handler works on. */
  #inHand = 0
  /** Where a handler failed last. */
  #failedAt = ''

  constructor(parts: RunnerParts) {
    const { run, logger } = parts
    this.#parts = parts
    this.#settings = runSettings(run)
    this.#logger = logger.namespace('Runner')
    this.group = new Group({
      ...parts,
      autoCommit: this.#settings.autoCommit,
      isRunning: () => this.#isRunning,
      onNews: () => this.#news.ring(),
      failed: error => this.#fail(error),
    })
    this.#handlers = new Handlers({
      settings: this.#settings,
      group: this.group,
      events: parts.events,
      logger: this.#logger,
      clock: () => this.#waits.clock,
      isRunning: () => this.#isRunning,
    })
  }

  /** Resolves once it has joined; what comes in the way is a crash. */
  async start(): Promise<void> {
    const { link, events, onCrash } = this.#parts
    try {
      const connection = await link.connect()
      events.emit('consumer.connect')
      if (!this.#isRunning) return
      this.#waits.clock = connection.transport.clock
      await this.group.join(connection)
    } catch (error) {
      this.#crash ??= { error: kafkaJSError(error) }
    }
    if (!this.#isRunning) return
    if (this.#crash !== undefined) return await onCrash(this.#crash.error)
    this.#watchHandlers()
    const loop = this.#live(this.#waits.retrier(this.#parts.retry))
    this.#loop = loop.then(
      () => {},
      () => {},
    )
    // What goes wrong with that the log tells: nobody waits for it.
    void loop.catch(error => onCrash(error)).catch(() => {})
  }

  #watchHandlers(): void {
    const { maxPollInterval: interval } = this.#parts.settings
    if (interval === undefined) return
    this.#watch = new PollWatch({
      interval,
      clock: this.#waits.clock,
      isAsking: () => this.#inHand === 0,
      mark: () => [this.#handlers.handled],
      expired: () => this.group.neglected(interval),
    })
    this.#watch.start()
  }

  /** Waits for handlers, commits and leaves. */
  async stop(): Promise<void> {
    this.#isRunning = false
    this.#watch?.stop()
    this.#waits.end()
    this.#news.ring()
    await this.#loop
    await this.group.leave()
  }

  /** Nothing once it is being stopped. */
  async commitOffsets(topics: readonly TopicCommits[]): Promise<void> {
    const { identity } = this.group
    await this.#waits.retrier(this.#parts.retry)(async (bail, retryCount, retryTime) => {
      if (!this.#isRunning || !this.group.hasJoined)
        return this.#logger.debug('consumer not running, exiting', { ...identity, offsets: { topics } })
      try {
        await this.group.commits.these(topics)
      } catch (error) {
        const { name, message, stack } = error as Error
        if (!this.#isRunning) return
        if (name === 'KafkaJSNotImplemented') return bail(error)
        this.#logger.debug('Error while committing offsets, trying again...', {
          ...identity,
          error: message,
          stack,
          retryCount,
          retryTime,
          offsets: { topics },
        })
        throw error
      }
    })
  }

  #fail(error: Error): void {
    this.#crash ??= { error }
    this.#news.ring()
  }

  /** Round after round, each after a wait; rejects with what is to crash the consumer. */
  async #live(retrier: Retrier): Promise<void> {
    /** A failure that counts as the first again: something was handled since the one before, which was elsewhere. */
    let first: { readonly error: unknown } | undefined
    do {
      first = await retrier(async (bail, retryCount, retryTime) => {
        const carried = first
        first = undefined
        if (carried !== undefined) throw carried.error
        const { handled } = this.#handlers
        const failedAt = this.#failedAt
        try {
          await this.#round()
          return undefined
        } catch (error) {
          if (this.#crash !== undefined || (error as Error).name === 'KafkaJSNotImplemented') {
            bail(error)
            return undefined
          }
          const goesOn = this.#handlers.handled > handled && this.#failedAt !== failedAt
          if (retryCount > 0 && goesOn) return { error }
          const { message, stack } = error as Error
          const { identity } = this.group
          this.#logger.debug('Error while scheduling fetch manager, trying again...', {
            ...identity,
            error: message,
            stack,
            retryCount,
            retryTime,
          })
          throw error
        }
      })
    } while (first !== undefined)
    this.#logger.info('consumer not running, exiting', this.group.identity)
  }

  /** Until it is stopped; rejects with the first failure once all handlers have come to an end. */
  async #round(): Promise<void> {
    this.#failure = undefined
    const { partitionsConsumedConcurrently: most, eachBatch, eachMessage } = this.#settings
    const workers = eachBatch || eachMessage ? Math.max(1, most) : 0
    await Promise.all(Array.from({ length: workers }, () => this.#work()))
    // Without a handler it is a member all the same.
    while (workers === 0 && this.#goesOn) await this.#news.wait()
    if (this.#crash !== undefined) throw this.#crash.error
    const failure = this.#failure as { readonly error: unknown } | undefined
    if (failure !== undefined && this.#isRunning) throw failure.error
  }

  get #goesOn(): boolean {
    return this.#isRunning && this.#failure === undefined && this.#crash === undefined
  }

  /** Chunk after chunk; never rejects. */
  async #work(): Promise<void> {
    while (this.#goesOn) {
      try {
        const chunk = this.group.stock.take()
        if (chunk === undefined) {
          this.group.asked()
          await this.#news.wait()
        } else await this.#handle(chunk)
      } catch (error) {
        this.#failure ??= { error: failureOf(error) }
        this.#news.ring()
      }
    }
  }

  async #handle(chunk: Chunk): Promise<void> {
    this.#inHand++
    try {
      await this.#handlers.handle(chunk)
      await this.#commitBehind()
    } catch (error) {
      // That the group is being divided is no failure: what is left is another's, or comes again.
      if (isRebalancing(error)) return
      this.#failedAt = `${chunk.own.name} ${chunk.own.next}`
      throw error
    } finally {
      this.#inHand--
      this.group.stock.finish(chunk)
      this.group.rest()
      // What is left of its partition, others may take.
      this.#news.ring()
    }
  }

  /** Commits what is resolved while more is handled, one commit at a time. */
  async #commitBehind(): Promise<void> {
    if (!this.#settings.autoCommit) return
    await this.#committing
    this.#committing = this.group.commits.resolved().catch(error => {
      if (isRebalancing(error)) return
      this.#failure ??= { error }
      this.#news.ring()
    })
  }
}
