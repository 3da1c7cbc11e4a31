import type { Clock } from '../base/clock.ts'
import { Condition } from '../base/condition.ts'
import { isTemporary, messageOf } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { CallOptions } from '../base/signals.ts'
import type { BeginOptions } from '../group/assignments.ts'
import type { AssignedPartition } from '../group/beginnings.ts'
import { isOutdated } from '../group/errors.ts'
import type { GroupMembership } from '../group/group-membership.ts'
import { LastOffset } from '../protocol/offsets.ts'
import type { Message } from '../records/message.ts'
import { Committer, type Holding } from './committer.ts'
import { Position } from './position.ts'
import { Progress } from './progress.ts'

/** What a session does to its Reader. */
export interface GroupReader {
  /** These partitions are ours now, too. */
  assigned(positions: readonly Position[]): void
  /** These are no more, whose positions were assigned before: nothing more of them is handed out. */
  revoked(positions: readonly Position[]): void
  /**
   * Whether the application has a message of one of these that it did not say to be done with, by asking for the next.
   */
  isBusy(positions: readonly Position[]): boolean
  /** Writes down what is done with; see Committer. */
  settle(): boolean
  /** What the application has of these can be let go of. */
  forget(positions: readonly Position[]): void
  /** Nothing of these is handed out until the answer is called, with those that are still ours. */
  hold(positions: readonly Position[]): (ours: readonly Position[]) => void
  /** Reads one on from there. */
  goTo(position: Position, offset: number): void
  /** Reads that wait are to look again. */
  wake(): void
}

export interface GroupSessionParts {
  readonly membership: GroupMembership
  readonly reader: GroupReader
  readonly commitInterval: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * A Reader's life in its group: positions come and go as the membership says. When partitions are taken away, the
 * message that the application has in hand may still be committed: the member gives them back once the next read
 * begins, or after half the rebalance timeout.
 */
export class GroupSession {
  readonly #parts: GroupSessionParts
  readonly #committer: Committer
  readonly #news = new Condition()
  readonly #closing = new AbortController()
  /** By partition's name. */
  readonly #held = new Map<string, Holding>()
  /** Between two assignments: what a commit is for is not known. */
  #between = true
  /** What was given back last, for the case that it comes back at once. */
  #gaveBack = new Map<string, Holding>()
  /** What keeps the member from its partitions, until somebody was told. */
  #failure: { readonly error: unknown; readonly final: boolean } | undefined
  #started = false
  #wasMember = false
  #givingBack = false

  constructor(parts: GroupSessionParts) {
    const { membership, reader, commitInterval, clock, logger } = parts
    this.#parts = parts
    this.#committer = new Committer({
      membership,
      held: this.#held,
      settle: () => reader.settle(),
      commitInterval,
      clock,
      logger,
    })
  }

  /** Joins, the first time it is called. */
  start(): void {
    if (this.#started) return
    this.#started = true
    this.#parts.membership.start({
      assigned: (added, options) => this.#assigned(added, options),
      revoked: removed => this.#revoked(removed),
      lost: removed => this.#lost(removed),
      failed: (error, final) => this.#failed(error, final),
    })
  }

  /** More is asked for: who left the group because nothing was is back. */
  asked(): void {
    this.#parts.membership.comeBack()
  }

  /** Nothing was asked for within so many milliseconds. */
  neglected(interval: number): void {
    this.#parts.membership.standAside(`nothing was asked for within ${interval} ms (maxPollInterval)`)
    this.#news.ring()
  }

  /** Whether a hook is at work on partitions that are to be given back. */
  get isGivingBack(): boolean {
    return this.#givingBack
  }

  /** A read began: what the application had in hand is done with. */
  idle(): void {
    this.#news.ring()
  }

  /** Automatic commits are coming up. */
  poke(): void {
    this.#committer.poke()
  }

  /** These are done with, and committed soon; those of partitions that are held no more are left out. */
  done(messages: readonly Message[]): void {
    this.#committer.note(messages)
    this.#committer.poke()
  }

  /** Commits what is done with, unless the member has lost its place: others read it again then, whatever is said. */
  async flush(): Promise<void> {
    try {
      await this.#committer.flush()
    } catch (error) {
      if (!isOutdated(error)) throw error
      const { logger, membership } = this.#parts
      logger.warn(
        `group ${membership.id}: the last commit came too late, and what it was of is read again: ${messageOf(error)}`,
      )
    }
  }

  /** Has the group divided anew, for a new look at the partitions. */
  renew(cause: unknown): void {
    this.#parts.membership.rejoin(cause)
  }

  /**
   * The commits of what the member has now; between two assignments, those of the next. Rejects with what keeps the
   * member from joining.
   */
  async commits(options: CallOptions): Promise<Committer> {
    // Who stands aside gets no next one before a read begins: what it has in hand is another's.
    while (this.#between && !this.#parts.membership.isAside) {
      this.#closing.signal.throwIfAborted()
      this.throwFailure()
      await this.#news.wait(options)
    }
    return this.#committer
  }

  /** Reads on from what the group has committed. */
  async rewind(): Promise<void> {
    const { reader, membership } = this.#parts
    const holdings = [...this.#held.values()]
    const goOn = reader.hold(holdings.map(({ position }) => position))
    const isHeld = (holding: Holding): boolean => this.#held.get(nameOf(holding)) === holding
    try {
      const committed = await membership.committed(holdings, this.#closing.signal)
      for (const holding of holdings) {
        if (!isHeld(holding)) continue
        const offset = committed.get(nameOf(holding))
        // Its topic is another by now, which the next read is told of.
        if (offset === undefined) continue
        reader.goTo(holding.position, offset < 0 ? holding.began() : offset)
        if (offset >= 0) holding.progress.begin(offset)
      }
    } finally {
      goOn(holdings.filter(isHeld).map(({ position }) => position))
    }
  }

  async close(reason: unknown, leave: boolean | undefined): Promise<void> {
    const { membership } = this.#parts
    this.#closing.abort(reason)
    this.#news.ring()
    await membership.close({ patience: membership.settings.timeout, leave })
    this.#committer.close()
  }

  /** Throws what keeps the member from joining, once each time it fails. */
  throwFailure(): void {
    const failure = this.#failure
    if (failure === undefined) return
    if (!failure.final) this.#failure = undefined
    throw failure.error
  }

  /** Time may have passed that no timer told of. */
  pulse(): void {
    this.#parts.membership.pulse()
  }

  async #assigned(added: readonly AssignedPartition[], { signal, unbroken, refused }: BeginOptions): Promise<void> {
    const { reader, membership, clock } = this.#parts
    const positions: Position[] = []
    for (const { topic, partition, topicId, offset, committed, leaderEpoch } of added) {
      const name = `${topic}/${partition}`
      const before = unbroken ? this.#gaveBack.get(name) : undefined
      // What was handed out before can be committed still, if nobody else has had the partition and the topic is the
      // same.
      const progress = before?.topicId === topicId ? before.progress : new Progress()
      progress.begin(committed)
      const from = progress.due < 0 ? offset : Math.max(offset, progress.due)
      // A log that was cut below what the group has committed is told of (KIP-320), be it longer again by now.
      const position = new Position(topic, partition, from, progress, from === committed ? leaderEpoch : -1)
      // Where the leader has not told yet what that is.
      if (from === LastOffset && membership.settings.startWithin > 0)
        position.jumpTo({ sought: Math.max(0, Math.floor(clock.now() - membership.settings.startWithin)) })
      position.topicId = topicId
      // Where the group begins at the end, the end it found is where it began, for whoever comes next.
      let began = offset
      const hold = (located: number): void => {
        began = located
        progress.done(located)
        this.#committer.poke()
      }
      position.onLocated = hold
      if (committed < 0 && offset >= 0) hold(offset)
      else position.holds = offset < 0 && membership.settings.startOffset === LastOffset
      this.#held.set(name, { topic, partition, topicId, progress, position, began: () => began })
      positions.push(position)
    }
    this.#gaveBack.clear()
    this.#wasMember = true
    this.#between = false
    this.#failure = refused && { error: refused, final: false }
    // Nobody is handed anything of them before it is known that they are here.
    const { hooks } = membership
    const goOn = hooks.delaysAssigned ? reader.hold(positions) : undefined
    reader.assigned(positions)
    this.#news.ring()
    reader.wake()
    await hooks.assigned(added, signal, membership.patience / 2)
    goOn?.(positions)
  }

  async #revoked(removed: readonly AssignedPartition[]): Promise<void> {
    const { reader, membership, clock } = this.#parts
    const began = clock.monotonic()
    const holdings = this.#holdingsOf(removed)
    const positions = holdings.map(({ position }) => position)
    reader.revoked(positions)
    await this.#untilIdle(positions)
    const { patience } = membership
    this.#givingBack = true
    await membership.hooks.revoked(removed, Math.max(patience / 4, (patience * 3) / 4 - (clock.monotonic() - began)))
    this.#givingBack = false
    reader.settle()
    reader.forget(positions)
    this.#release(holdings)
    this.#gaveBack = new Map(holdings.map(holding => [nameOf(holding), holding]))
    await this.#committer.finish(holdings, membership.settings.timeout)
  }

  async #lost(removed: readonly AssignedPartition[]): Promise<void> {
    const { reader, membership } = this.#parts
    const holdings = this.#holdingsOf(removed)
    const positions = holdings.map(({ position }) => position)
    reader.revoked(positions)
    reader.forget(positions)
    this.#release(holdings)
    await membership.hooks.lost(removed, membership.patience / 2)
  }

  #holdingsOf(partitions: readonly AssignedPartition[]): Holding[] {
    return partitions.map(partition => this.#held.get(nameOf(partition))).filter(holding => holding !== undefined)
  }

  #release(holdings: readonly Holding[]): void {
    for (const holding of holdings) this.#held.delete(nameOf(holding))
    this.#between = this.#held.size === 0
  }

  #failed(error: unknown, final: boolean): void {
    // Who has been a member outlasts what passes, as a reader that has read does; the membership's log tells of it.
    if (this.#wasMember && !final && isTemporary(error)) return
    this.#failure = { error, final }
    this.#news.ring()
    this.#parts.reader.wake()
  }

  async #untilIdle(positions: readonly Position[]): Promise<void> {
    const { reader, clock, membership } = this.#parts
    let late = false
    const cancel = clock.after(membership.settings.rebalanceTimeout / 2, () => {
      late = true
      this.#news.ring()
    })
    const isWaitedFor = (): boolean => !late && !this.#closing.signal.aborted && !membership.isAside
    while (reader.isBusy(positions) && isWaitedFor()) await this.#news.wait()
    cancel()
  }
}

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`
}
