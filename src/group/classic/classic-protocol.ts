import { backoffDelay } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import { isTemporary, messageOf } from '../../base/errors.ts'
import { type CallOptions, onAbort, sleep } from '../../base/signals.ts'
import { ErrorCode, hasCode } from '../../protocol/errors.ts'
import { isOutdated } from '../errors.ts'
import type { CommitIdentity, GroupChanges, GroupProtocol, LeaveOptions, TopicPartitions } from '../group-protocol.ts'
import { Heartbeats } from '../heartbeats.ts'
import type { TopicShapes } from '../partitions.ts'
import { Leader } from './leader.ts'
import { Member, type MemberParts } from './member.ts'

/**
 * Between two tries to get into a group that is full, at most: growing up to this from `joinGroupBackoff`, in
 * milliseconds.
 */
const longestOutside = 60_000

/** So many rounds in a row that came to nothing are told of, however long each waited for other members. */
const manyRounds = 5

/** One generation, as this member is part of it. */
interface Joined {
  readonly partitions: TopicPartitions
  /** What the group's leader watches; undefined for the others. */
  readonly shapes: TopicShapes | undefined
  /** They were divided long ago. */
  readonly kept: boolean
  readonly unbroken: boolean
}

/** What is running in a generation. */
interface Generation {
  readonly over: AbortController
  cause: unknown
  /** The place in the group is gone: the partitions may be another's. */
  lost: boolean
  heartbeats: Heartbeats | undefined
}

/**
 * The classic protocol, eager: whenever anything changes, all members give back everything and the leader divides anew.
 */
export class ClassicProtocol implements GroupProtocol {
  readonly #parts: MemberParts
  readonly #member: Member
  readonly #leader: Leader
  #generationId = -1
  #generation: Generation | undefined
  /** Why it joins again; null: it is new. */
  #reason: string | null = null
  /**
   * The id under which everything was given back last, while the member had its place: nobody else has had it if the
   * next follows it.
   */
  #gaveBack: { readonly generationId: number; readonly memberId: string } | undefined

  constructor(parts: MemberParts) {
    this.#parts = parts
    this.#member = new Member(parts)
    this.#leader = new Leader(parts)
  }

  identity(): CommitIdentity {
    const { groupInstanceId } = this.#parts.membership
    return { memberId: this.#member.id, generationIdOrMemberEpoch: this.#generationId, groupInstanceId }
  }

  rejoin(cause: unknown): void {
    if (this.#generation !== undefined) end(this.#generation, cause, isOutdated(cause))
  }

  pulse(): void {
    this.#generation?.heartbeats?.pulse()
  }

  /** Its epoch is the generation's, which heartbeats don't change. */
  async renewed(): Promise<void> {}

  async leave(reason: string, { leave, ...options }: LeaveOptions = {}): Promise<void> {
    // A static one is back within the session, perhaps.
    if (leave ?? this.#parts.membership.groupInstanceId === null) await this.#giveUp(reason, options)
  }

  async #giveUp(reason: string, options: CallOptions): Promise<void> {
    if (this.#member.id === '') return
    try {
      await this.#member.leave(reason, options)
    } catch (error) {
      // The session timeout will do it then.
      this.#parts.logger.warn(`group ${this.#parts.groupId}: leaving failed: ${messageOf(error)}`)
    }
  }

  async run(changes: GroupChanges, { signal }: { signal: AbortSignal }): Promise<void> {
    const { clock, membership } = this.#parts
    const { timeout, rebalanceTimeout, joinGroupBackoff } = membership
    // A coordinator on the move is none of the caller's business, unless it stays away for long.
    let quietUntil = clock.monotonic() + timeout
    for (let failures = 0; !signal.aborted; ) {
      try {
        const joined = await this.#join({ signal })
        const began = clock.monotonic()
        const cause = await this.#live(joined, changes, signal)
        // A place that is lost again and again as soon as it is taken is no place: it must not be taken in a hot loop.
        if (isOutdated(cause) && clock.monotonic() - began < joinGroupBackoff) throw cause
        failures = 0
        quietUntil = clock.monotonic() + rebalanceTimeout
        this.#takeIn(cause)
        this.#reason = messageOf(cause)
      } catch (error) {
        if (signal.aborted) return
        failures++
        this.#takeIn(error)
        this.#reason = messageOf(error)
        const now = clock.monotonic()
        const late = now - Math.max(quietUntil, this.#parts.coordinator.heardAt + timeout)
        // A group may be divided again and again while its members come, be they slow, but not for ever.
        const endless = failures >= manyRounds ? now - quietUntil : late
        if (isTemporary(error) ? late >= 0 : hasMovedOn(error) && endless > rebalanceTimeout) {
          changes.failed(error)
          quietUntil = now + timeout
        }
        await this.#recover(error, failures, changes, signal).catch(() => {})
      }
    }
  }

  /**
   * One round: waits until all members have joined, divides the partitions if this one leads, and learns this one's
   * share.
   */
  async #join({ signal }: { signal: AbortSignal }): Promise<Joined> {
    const round = await this.#member.join(this.#reason, { signal })
    const leads = round.leader === round.memberId
    // A static leader that comes back keeps the division (KIP-814); an older coordinator tells it of its former self as
    // the leader.
    const { groupInstanceId } = this.#parts.membership
    const kept = leads
      ? round.skipAssignment
      : groupInstanceId !== null && round.leader.startsWith(`${groupInstanceId}-`)
    const division = leads && !kept ? await this.#leader.divide(round, { signal }) : undefined
    const partitions = await this.#member.sync(round, division?.assignments ?? [], { signal })
    const before = this.#gaveBack
    this.#gaveBack = undefined
    this.#generationId = round.generationId
    const unbroken =
      before !== undefined && before.memberId === round.memberId && before.generationId + 1 === round.generationId
    return { partitions, shapes: division?.shapes, kept, unbroken }
  }

  /**
   * From SyncGroup's answer until all is given back; answers why it was. Heartbeats go on meanwhile, whatever is waited
   * for.
   */
  async #live(
    { partitions, shapes, kept, unbroken }: Joined,
    changes: GroupChanges,
    closing: AbortSignal,
  ): Promise<unknown> {
    const { membership, clock } = this.#parts
    const generation: Generation = { over: new AbortController(), cause: undefined, lost: false, heartbeats: undefined }
    const { signal } = generation.over
    const generationId = this.#generationId
    const heartbeats = new Heartbeats({
      beat: signal => this.#member.heartbeat(generationId, { signal }),
      // It said so, or was not heard of for a session.
      ended: cause => end(generation, cause, isOutdated(cause) || isTemporary(cause)),
      interval: () => membership.heartbeatInterval,
      sessionTimeout: membership.sessionTimeout,
      clock,
    })
    generation.heartbeats = heartbeats
    this.#generation = generation
    const close = (): void => end(generation, closing.reason)
    if (closing.aborted) close()
    const forget = closing.aborted ? undefined : onAbort(closing, close)
    const watching = this.#watch(shapes, kept, generation)
    try {
      let begun = true
      await changes.assigned(partitions, { signal, unbroken }).catch((error: unknown) => {
        begun = false
        if (!signal.aborted) throw error
      })
      await aborted(signal)
      if (begun) await (generation.lost ? changes.lost : changes.revoked)(partitions, generation.cause)
      // What heartbeats say meanwhile counts, too.
      if (!generation.lost) this.#gaveBack = { generationId, memberId: this.#member.id }
      return generation.cause
    } finally {
      this.#generation = undefined
      forget?.()
      end(generation, undefined)
      await Promise.all([heartbeats.stop(), watching])
    }
  }

  async #watch(shapes: TopicShapes | undefined, kept: boolean, generation: Generation): Promise<void> {
    if (!this.#parts.membership.watchPartitionChanges || (shapes === undefined && !kept)) return
    const { signal } = generation.over
    const watched = shapes ?? (await this.#leader.kept({ signal }))
    if (watched === undefined || signal.aborted) return
    await this.#leader.watch(watched, { signal, atOnce: kept, changed: cause => end(generation, cause) })
  }

  /** What an error says about our membership; throws one that is the end of it. */
  #takeIn(error: unknown): void {
    if (hasCode(error, ErrorCode.UnknownMemberId)) this.#member.id = ''
    // Another process has the same instance id: joining again would only throw that one out.
    if (hasCode(error, ErrorCode.FencedInstanceID)) throw error
  }

  /** Waits as the error asks for; rejects when closed meanwhile. */
  async #recover(error: unknown, failures: number, changes: GroupChanges, signal: AbortSignal): Promise<void> {
    const { groupId, clock, logger, membership } = this.#parts
    const { joinGroupBackoff } = membership
    const options = { signal, clock }
    logger.info(`group ${groupId}: joining failed: ${messageOf(error)}`)
    if (hasMovedOn(error)) {
      // Join the round that is under way, at once.
      if (failures > 1)
        await sleep(backoffDelay(failures, { min: 10, max: Math.max(10, joinGroupBackoff) }, clock), options)
    } else if (hasCode(error, ErrorCode.GroupMaxSizeReached)) {
      changes.failed(error)
      await this.#giveUp('the group is full', { signal })
      await this.#waitOutside(failures, options)
    } else if (isTemporary(error)) {
      await sleep(backoffDelay(failures, { min: 100, max: Math.max(100, joinGroupBackoff) }, clock), options)
    } else {
      changes.failed(error)
      await this.#giveUp('joining failed', { signal })
      await sleep(backoffDelay(1, { min: joinGroupBackoff, max: joinGroupBackoff }, clock), options)
    }
  }

  /**
   * Leaves a full group alone for a while, and for as long as it is being divided: whoever comes first then is in, and
   * this member would take the place of one that has its partitions.
   */
  async #waitOutside(failures: number, options: { signal: AbortSignal; clock: Clock }): Promise<void> {
    const { joinGroupBackoff } = this.#parts.membership
    for (let attempt = failures; ; attempt++) {
      await sleep(
        backoffDelay(
          attempt,
          { min: joinGroupBackoff, max: Math.max(joinGroupBackoff, longestOutside) },
          options.clock,
        ),
        options,
      )
      if (!(await this.#member.isDividing(options))) return
    }
  }
}

function end(generation: Generation, cause: unknown, lost = false): void {
  // A place that is lost is lost, whatever began to end it.
  if (!generation.over.signal.aborted || lost) generation.cause = cause
  generation.lost ||= lost
  generation.over.abort()
}

/** The group is being divided, or was while this member looked elsewhere. */
function hasMovedOn(error: unknown): boolean {
  return hasCode(error, ErrorCode.RebalanceInProgress) || isOutdated(error)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else onAbort(signal, resolve)
  })
}
