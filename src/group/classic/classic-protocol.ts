import { isTemporary, messageOf } from '../../base/errors.ts'
import { type CallOptions, onAbort, sleep } from '../../base/signals.ts'
import { ErrorCode, hasCode } from '../../protocol/errors.ts'
import type { OwnedPartitions } from '../balancers/group-balancer.ts'
import { isOutdated } from '../errors.ts'
import type {
  CommitIdentity,
  Division,
  GroupChanges,
  GroupProtocol,
  LeaveOptions,
  TopicPartitions,
} from '../group-protocol.ts'
import { Heartbeats } from '../heartbeats.ts'
import { JoiningPatience } from '../joining-patience.ts'
import { without } from '../partition-sets.ts'
import type { TopicShapes } from '../partitions.ts'
import { end, type Generation, newGeneration } from './generation.ts'
import { Holding } from './holding.ts'
import { Leader } from './leader.ts'
import { Member, type MemberParts } from './member.ts'
import { hasMovedOn, recover } from './recovery.ts'

/** So many rounds in a row that came to nothing are told of, however long each waited for other members. */
const manyRounds = 5

/** Waits before the first heartbeats of a cooperative generation, in milliseconds: most are followed by another at once. */
const earlyHeartbeats = [100, 400]

/** Between two looks at all topics there are, where nothing else is asked for, in milliseconds. */
const listInterval = 30_000

/** One generation, as this member is part of it. */
interface Joined {
  /** All that it is to have. */
  readonly partitions: TopicPartitions
  /** What the group's leader watches; undefined for the others. */
  readonly shapes: TopicShapes | undefined
  /** They were divided long ago. */
  readonly kept: boolean
  readonly unbroken: boolean
}

/**
 * The classic protocol: whenever anything changes, all members join anew and one of them divides. Eager, they give back
 * everything before; where all balancers are cooperative (KIP-429), each keeps what it has, gives back what it has no more in
 * the new division, and joins again so that others are given that.
 */
export class ClassicProtocol implements GroupProtocol {
  readonly #parts: MemberParts
  readonly #member: Member
  readonly #leader: Leader
  /** What it has stays with it while the group is divided. */
  readonly #keeps: boolean
  readonly #holding = new Holding()
  /** What it was given last; as long as it keeps something of that, the generation it is known to have it in. */
  #last: OwnedPartitions = { partitions: {}, generationId: -1 }
  /** When the coordinator let it have its place last, by the monotonic clock. */
  #confirmedAt = 0
  #generationId = -1
  #division: Division = { leaderId: '', protocolName: '' }
  #generation: Generation | undefined
  /**
   * All that it keeps is to be given back and taken anew, which is nobody else's business: in this generation, or, where
   * the group is just being divided, in the next.
   */
  #renewal: { readonly cause: unknown } | undefined
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
    this.#keeps = parts.membership.groupBalancers.every(({ cooperative }) => cooperative === true)
  }

  identity(): CommitIdentity {
    const { groupInstanceId } = this.#parts.membership
    return { memberId: this.#member.id, generationIdOrMemberEpoch: this.#generationId, groupInstanceId }
  }

  division(): Division {
    return this.#division
  }

  rejoin(cause: unknown): void {
    const generation = this.#generation
    if (this.#keeps && !isOutdated(cause)) {
      // The others would move for nothing.
      if (!this.#holding.isEmpty) this.#renewal = { cause }
      generation?.news.ring()
    } else if (generation !== undefined) end(generation, cause, isOutdated(cause))
  }

  pulse(): void {
    this.#generation?.heartbeats?.pulse()
  }

  /** Its epoch is the generation's, which is another once the round under way is over. */
  async renewed(options: CallOptions): Promise<void> {
    if (this.#generation === undefined && !this.#holding.isEmpty) await this.#holding.settled(options)
  }

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
    const { clock, cluster, membership } = this.#parts
    const { timeout, rebalanceTimeout, joinGroupBackoff } = membership
    const patience = new JoiningPatience(clock, membership, cluster)
    for (let failures = 0; !signal.aborted; ) {
      try {
        const joined = await this.#join({ signal })
        const began = clock.monotonic()
        const cause = await this.#live(joined, changes, signal)
        // A place that is lost again and again as soon as it is taken is no place: it must not be taken in a hot loop.
        if (isOutdated(cause) && clock.monotonic() - began < joinGroupBackoff) throw cause
        failures = 0
        patience.wasIn()
        this.#takeIn(cause)
        this.#reason = messageOf(cause)
      } catch (error) {
        if (signal.aborted) break
        failures++
        const now = clock.monotonic()
        await this.#giveUpLost(error, now, changes)
        this.#takeIn(error)
        this.#reason = messageOf(error)
        const due = patience.until(error)
        const late = now - Math.max(due, this.#parts.coordinator.heardAt + timeout)
        // A group may be divided again and again while its members come, be they slow, but not for ever.
        const endless = failures >= manyRounds ? now - due : late
        if (isTemporary(error) ? late >= 0 : hasMovedOn(error) && endless > rebalanceTimeout) {
          changes.failed(error)
          patience.told()
        }
        const quit = async (cause: unknown, reason: string): Promise<void> => {
          changes.failed(cause)
          await this.#holding.revokeAll(cause, changes)
          await this.#giveUp(reason, { signal })
        }
        const isDividing = this.#member.isDividing.bind(this.#member)
        await recover({ ...this.#parts, isDividing, quit }, error, { failures, signal }).catch(() => {})
      }
    }
    await this.#holding.revokeAll(signal.reason, changes)
  }

  /** What it kept while it joined is another's once its place is gone, or was not confirmed for a session. */
  async #giveUpLost(error: unknown, now: number, changes: GroupChanges): Promise<void> {
    const { coordinator, membership } = this.#parts
    const silent = now - Math.max(this.#confirmedAt, coordinator.heardAt)
    if (isOutdated(error) || silent >= membership.sessionTimeout) await this.#holding.lose(error, changes)
  }

  /**
   * One round: waits until all members have joined, divides the partitions if this one leads, and learns this one's
   * share.
   */
  async #join({ signal }: { signal: AbortSignal }): Promise<Joined> {
    const { clock, cluster, membership, subscription } = this.#parts
    await subscription.look(cluster, clock.monotonic(), { signal })
    const entry = { owned: this.#holding.partitions, last: this.#last, reason: this.#reason }
    const round = await this.#member.join(entry, { signal })
    this.#confirmedAt = clock.monotonic()
    // What it said to have nobody else is given in this generation.
    if (!this.#holding.isEmpty) this.#last = { ...this.#last, generationId: round.generationId }
    const leads = round.leader === round.memberId
    // A static leader that comes back keeps the division (KIP-814); an older coordinator tells it of its former self as
    // the leader.
    const { groupInstanceId } = membership
    const kept = leads
      ? round.skipAssignment
      : groupInstanceId !== null && round.leader.startsWith(`${groupInstanceId}-`)
    const division = leads && !kept ? await this.#leader.divide(round, { signal }) : undefined
    const partitions = await this.#member.sync(round, division?.assignments ?? [], { signal })
    const before = this.#gaveBack
    this.#gaveBack = undefined
    this.#generationId = round.generationId
    this.#division = { leaderId: round.leader, protocolName: round.protocolName ?? '' }
    this.#last = { partitions: Object.fromEntries(partitions), generationId: round.generationId }
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
    const generation = newGeneration()
    const generationId = this.#generationId
    const early = this.#keeps ? [...earlyHeartbeats] : []
    const heartbeats = new Heartbeats({
      beat: async signal => {
        await this.#member.heartbeat(generationId, { signal })
        this.#confirmedAt = clock.monotonic()
      },
      // It said so, or was not heard of for a session.
      ended: cause => end(generation, cause, isOutdated(cause) || isTemporary(cause)),
      // Whoever was told to give something back joins again at once, and is waited for: that is soon known to the others.
      interval: () => Math.min(membership.heartbeatInterval, early.shift() ?? membership.heartbeatInterval),
      sessionTimeout: membership.sessionTimeout,
      clock,
    })
    generation.heartbeats = heartbeats
    this.#generation = generation
    const close = (): void => end(generation, closing.reason)
    if (closing.aborted) close()
    const forget = closing.aborted ? undefined : onAbort(closing, close)
    const watching = Promise.all([this.#watch(shapes, kept, generation), this.#watchPattern(generation)])
    try {
      await this.#settle(partitions, generation, changes, unbroken)
      if (generation.lost) await this.#holding.lose(generation.cause, changes)
      else if (closing.aborted || !this.#keeps) {
        await this.#holding.revokeAll(generation.cause, changes)
        // What heartbeats say meanwhile counts, too.
        if (!generation.lost) this.#gaveBack = { generationId, memberId: this.#member.id }
      }
      return generation.cause
    } finally {
      this.#generation = undefined
      forget?.()
      end(generation, undefined)
      await Promise.all([heartbeats.stop(), watching])
    }
  }

  /** Gives and takes what this generation changes, and whatever is to be taken anew, until it is over. */
  async #settle(
    partitions: TopicPartitions,
    generation: Generation,
    changes: GroupChanges,
    unbroken: boolean,
  ): Promise<void> {
    const { signal } = generation.over
    const holding = this.#holding
    const leaving = without(holding.partitions, partitions)
    // Then all is taken anew.
    if (holding.isEmpty) this.#renewal = undefined
    holding.confirmed()
    if (leaving.size > 0) await holding.revoke(leaving, new Error('the group was divided anew'), changes)
    await holding.assign(without(partitions, holding.partitions), { signal, unbroken }, changes)
    if (leaving.size > 0) end(generation, new Error('it gave back what others are to have'))
    while (!signal.aborted) {
      const renewal = this.#renewal
      this.#renewal = undefined
      if (renewal === undefined) await generation.news.wait()
      else {
        const anew = holding.partitions
        await holding.revoke(anew, renewal.cause, changes)
        await holding.assign(anew, { signal, unbroken: true }, changes)
      }
    }
  }

  async #watch(shapes: TopicShapes | undefined, kept: boolean, generation: Generation): Promise<void> {
    if (!this.#parts.membership.watchPartitionChanges || (shapes === undefined && !kept)) return
    const { signal } = generation.over
    const watched = shapes ?? (await this.#leader.kept({ signal }))
    if (watched === undefined || signal.aborted) return
    await this.#leader.watch(watched, { signal, atOnce: kept, changed: cause => end(generation, cause) })
  }

  /** Topics that match may come and go: every member looks for itself, and joins with others. */
  async #watchPattern(generation: Generation): Promise<void> {
    const { groupId, clock, cluster, logger, membership, subscription } = this.#parts
    if (subscription.pattern === null || !membership.watchPartitionChanges) return
    const { signal } = generation.over
    const interval = membership.asksForPartitions ? membership.partitionWatchInterval : listInterval
    while (!signal.aborted) {
      try {
        await sleep(interval, { signal, clock })
        if (await subscription.look(cluster, clock.monotonic(), { signal }))
          end(generation, new Error('other topics match the pattern'))
      } catch (error) {
        if (!signal.aborted) logger.debug(`group ${groupId}: looking for topics failed: ${messageOf(error)}`)
      }
    }
  }

  /** What an error says about our membership; throws one that is the end of it. */
  #takeIn(error: unknown): void {
    if (hasCode(error, ErrorCode.UnknownMemberId)) this.#member.id = ''
    // Another process has the same instance id: joining again would only throw that one out.
    if (hasCode(error, ErrorCode.FencedInstanceID)) throw error
  }
}
