import type { Clock } from '../base/clock.ts'
import { Condition } from '../base/condition.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import type { Logger } from '../base/logger.ts'
import { type CallOptions, onAbort } from '../base/signals.ts'
import { zeroUuid } from '../bytes/reader.ts'
import type { ConsumerGroup } from '../group/consumer-group.ts'
import type { Generation } from '../group/generation.ts'
import { Committer } from './committer.ts'
import { Position } from './position.ts'
import { Progress } from './progress.ts'

/** What a session does to its Reader. */
export interface GroupReader {
  /** These partitions are ours now, too. */
  assigned(positions: readonly Position[]): void
  /** These are no more, whose positions were assigned before: nothing more of them is handed out. */
  revoked(positions: readonly Position[]): void
  /** Whether the application has a message that it did not say to be done with, by asking for the next. */
  isBusy(): boolean
  /** Writes down what is done with; see Committer. */
  settle(): boolean
  /** Everything of these can be let go of. */
  forget(positions: readonly Position[]): void
  /** Reads that wait are to look again. */
  wake(): void
}

export interface GroupSessionParts {
  readonly group: ConsumerGroup
  readonly reader: GroupReader
  readonly commitInterval: number
  readonly rebalanceTimeout: number
  readonly timeout: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * A Reader's life in its group. When partitions are taken away, the message that the application has in hand may still be committed: the
 * member joins again once the next read begins, or after half the rebalance timeout.
 */
export class GroupSession {
  private readonly parts: GroupSessionParts
  private readonly news = new Condition()
  private readonly renewal = new Condition()
  private readonly closing = new AbortController()
  private committer: Committer | undefined
  /** What keeps the member from joining, until somebody was told. */
  private failure: { readonly error: unknown; readonly told: Deferred<void> } | undefined
  private running: Promise<void> | undefined

  constructor(parts: GroupSessionParts) {
    this.parts = parts
  }

  /** Joins, the first time it is called. */
  start(): void {
    this.running ??= this.run()
  }

  /** A read began: what the application had in hand is done with. */
  idle(): void {
    this.news.ring()
  }

  /** Automatic commits are coming up. */
  poke(): void {
    this.committer?.poke()
  }

  /** Joins anew, for a new look at the partitions. */
  renew(): void {
    this.renewal.ring()
  }

  /** The commits of the present generation; between two, those of the next. Rejects with what keeps the member from joining. */
  async commits(options: CallOptions): Promise<Committer> {
    while (this.committer === undefined) {
      this.closing.signal.throwIfAborted()
      this.throwFailure()
      await this.news.wait(options)
    }
    return this.committer
  }

  async close(reason: unknown): Promise<void> {
    this.closing.abort(reason)
    this.failure?.told.resolve()
    this.news.ring()
    await this.parts.group.close()
    await this.running
  }

  /** Throws what keeps the member from joining, once each time it fails. */
  throwFailure(): void {
    const failure = this.failure
    this.failure = undefined
    if (failure === undefined) return
    failure.told.resolve()
    throw failure.error
  }

  private async run(): Promise<void> {
    const { group, reader } = this.parts
    const { signal } = this.closing
    let last: unknown
    while (!signal.aborted) {
      try {
        const generation = await group.next({ signal })
        this.failure = undefined
        generation.start(ended => this.live(generation, ended))
      } catch (error) {
        if (signal.aborted) return
        const told = this.failure?.told ?? deferred<void>()
        this.failure = { error, told }
        this.news.ring()
        reader.wake()
        // A group that has failed for good answers with the same error each time.
        if (error === last) await told.promise
        last = error
      }
    }
  }

  /** One generation: reads until it ends, then sees to its last commits. */
  private async live(generation: Generation, ended: AbortSignal): Promise<void> {
    const { reader, commitInterval, clock, logger, timeout } = this.parts
    const positions: Position[] = []
    const progress = new Map<string, Map<number, Progress>>()
    for (const [topic, partitions] of Object.entries(generation.assignments)) {
      const own = new Map<number, Progress>()
      for (const { id, offset } of partitions) {
        const state = new Progress(offset < 0 ? -1 : offset)
        own.set(id, state)
        const position = new Position(topic, id, offset, state)
        position.topicId = generation.topicIds[topic] ?? zeroUuid
        positions.push(position)
      }
      progress.set(topic, own)
    }
    const committer = new Committer({ generation, progress, commitInterval, settle: () => reader.settle(), clock, logger })
    this.committer = committer
    reader.assigned(positions)
    this.news.ring()
    await Promise.race([aborted(ended), this.renewal.wait()])
    reader.revoked(positions)
    await this.untilIdle()
    this.committer = undefined
    reader.settle()
    reader.forget(positions)
    await committer.finish(timeout)
  }

  private async untilIdle(): Promise<void> {
    const { reader, clock, rebalanceTimeout } = this.parts
    let late = false
    const cancel = clock.after(rebalanceTimeout / 2, () => {
      late = true
      this.news.ring()
    })
    while (reader.isBusy() && !late && !this.closing.signal.aborted) await this.news.wait()
    cancel()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else onAbort(signal, resolve)
  })
}
