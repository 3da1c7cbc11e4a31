import { type Clock, randomBytes16 } from '../../../base/clock.ts'
import { uuidText } from '../../../bytes/reader.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { wrongPattern } from '../../patterns/pattern.ts'
import type { Holdings } from '../holdings.ts'
import type { MayCommit } from '../may-commit.ts'
import type { GroupOffsets } from '../offsets.ts'
import { assignors } from './assignors.ts'
import { beaten, type HeartbeatAnswer, type HeartbeatRequest, isFull, joinEpoch, left, refused } from './heartbeat.ts'
import { awayEpoch, ConsumerMember, type MemberDetails, type Standing, sizeOf } from './member.ts'
import { hasAll, nothing, Owned } from './partitions.ts'
import { reconcile } from './reconcile.ts'
import { Subscriptions, sameLayout, sameNames, type TopicsKnown } from './subscriptions.ts'

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' | 'Dead'

/** What a consumer group goes by. */
export interface ConsumerGroupSettings {
  /** Milliseconds, all. */
  readonly heartbeatInterval: number
  readonly sessionTimeout: number
  /** The least time between two targets; 0 for none. */
  readonly assignmentInterval: number
  readonly maxSize: number
  /** The first is the one of those who don't choose. */
  readonly assignors: readonly string[]
}

interface Dismissed {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly errorCode: number
}

/** The request that wants to commit. */
interface CommitRequest {
  readonly transactional: boolean
  readonly apiVersion: number
}

/** What a consumer group needs of its cluster. */
export interface ConsumerGroupSurroundings {
  readonly clock: Clock
  readonly known: TopicsKnown
  /** Counts topics made, grown and gone. */
  readonly layoutVersion: () => number
  readonly settings: () => ConsumerGroupSettings
  readonly holdings: Holdings
  readonly hasRoomFor: (bytes: number) => boolean
  readonly hasRoomForMember: () => boolean
}

// The first version of OffsetCommit that has member epochs, and of TxnOffsetCommit that tells of stale ones.
const firstWithEpochs = 9
const firstTransactionalWithStale = 6

// What a partition takes up in a target, an assignment and what is known to be owned.
const perPartition = 128

// Milliseconds from one search for the topics of patterns to the next, at least.
const leastMatchInterval = 10_000

/**
 * A consumer group as KIP-848 has it: the broker divides the partitions, and each member goes its own way to what it is
 * to have. The group's epoch counts what changes of members, subscriptions and topics; the assignment's is that of
 * the last target; a member's is that of the target it has come to.
 */
export class ConsumerGroup {
  readonly kind = 'consumer'
  readonly id: string
  readonly protocolType = 'consumer'
  readonly offsets: GroupOffsets
  readonly members = new Map<string, ConsumerMember>()
  readonly subscriptions: Subscriptions
  epoch = 1
  assignmentEpoch = 1
  /** Bytes its members and their partitions take up. */
  bytes = 0
  readonly #cluster: ConsumerGroupSurroundings
  readonly #static = new Map<string, ConsumerMember>()
  readonly #owned = new Owned()
  /** How many members ask for each assignor. */
  readonly #votes = new Map<string, number>()
  /** When the target was last made; undefined when the next one may be made at once. */
  #assignedAt: number | undefined
  /** The partitions there were of what is read, when last looked at; undefined when that is to be found out anew. */
  #layout: ReadonlyMap<string, number> | undefined = new Map()
  #seenLayout = -1
  #partitionBytes = 0
  /** When topics were last looked for by pattern, and how many had been made by then. */
  #matchedAt = Number.NEGATIVE_INFINITY
  #topicsMade = 0
  #matching = false
  #closed = false

  constructor(id: string, offsets: GroupOffsets, cluster: ConsumerGroupSurroundings) {
    this.id = id
    this.offsets = offsets
    this.#cluster = cluster
    this.subscriptions = new Subscriptions(cluster.known)
  }

  get size(): number {
    return this.members.size
  }

  get state(): ConsumerGroupState {
    if (this.#closed) return 'Dead'
    if (this.members.size === 0) return 'Empty'
    if (this.epoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) if (!member.hasReached(this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  /** The assignor most members ask for. */
  get assignor(): string {
    let best: string | undefined
    for (const [name, count] of this.#votes)
      if (count > 0 && (best === undefined || count > this.#votes.get(best)!)) best = name
    return best ?? this.#cluster.settings().assignors[0]!
  }

  // Heartbeats -------------------------------------------------------------------------------------------------------------------------

  heartbeat(request: HeartbeatRequest): HeartbeatAnswer {
    const { memberEpoch, topicPartitions: owned } = request
    const settings = this.#cluster.settings()
    const former = this.#identify(request, settings)
    if ('errorCode' in former) return former
    const { member: known, replaces } = former
    const before = known?.details
    const details = detailsOf(request, before)
    const wrong = this.#wrongChange(known, details, replaces)
    if (wrong !== undefined) return wrong
    const namesChanged = !sameNames(before?.topics ?? new Set(), details.topics)
    const patternChanged = (before?.pattern ?? '') !== details.pattern
    const formerAssignor = this.assignor
    const member = this.#take(request.memberId, details, known, replaces)
    // A pattern nobody has looked at yet changes nothing so far.
    const resolved = patternChanged && (details.pattern === '' || this.subscriptions.isResolved(details.pattern))
    this.#refresh(namesChanged || resolved || this.assignor !== formerAssignor)
    this.#assign(settings)
    const moved = this.#reconcile(member, owned, namesChanged || patternChanged)
    member.expect(this.#cluster.clock, settings.sessionTimeout, () => this.remove([member]))
    const tells = memberEpoch === joinEpoch || isFull(request) || moved
    return beaten(member.id, member.epoch, settings.heartbeatInterval, tells ? member.standing.assigned : null)
  }

  /** Who sends the heartbeat, and whether a static member comes back in another's place. */
  #identify(
    { memberId, memberEpoch, instanceId, topicPartitions }: HeartbeatRequest,
    { maxSize }: ConsumerGroupSettings,
  ): { member: ConsumerMember | undefined; replaces: boolean } | HeartbeatAnswer {
    const joins = memberEpoch === joinEpoch
    const there = instanceId === null ? undefined : this.#static.get(instanceId)
    if (there === undefined && !this.members.has(memberId)) {
      if (this.members.size >= maxSize || (joins && !this.#cluster.hasRoomForMember()))
        return refused(ErrorCode.GroupMaxSizeReached, `The group has its maximum of ${this.members.size} members.`)
    }
    if (instanceId !== null) {
      if (joins) {
        if (there === undefined) return { member: this.members.get(memberId), replaces: false }
        if (there.epoch !== awayEpoch)
          return refused(ErrorCode.UnreleasedInstanceID, `${instanceId} is owned by the member ${there.id}.`)
        return { member: there, replaces: true }
      }
      if (there === undefined) return refused(ErrorCode.UnknownMemberId, `There is no instance ${instanceId}.`)
      if (there.id !== memberId)
        return refused(ErrorCode.FencedInstanceID, `${instanceId} is another member, ${there.id}.`)
    }
    const member = there ?? this.members.get(memberId)
    if (member === undefined)
      return joins
        ? { member, replaces: false }
        : refused(ErrorCode.UnknownMemberId, `${memberId} is no member of the group ${this.id}.`)
    const { epoch, previousEpoch, assigned } = member.standing
    // The answer with the newer epoch may have been lost.
    const isLate = memberEpoch === previousEpoch && topicPartitions !== null && hasAll(topicPartitions, assigned)
    if (joins || memberEpoch === epoch || (memberEpoch < epoch && isLate)) return { member, replaces: false }
    return refused(
      ErrorCode.FencedMemberEpoch,
      `The member's epoch is ${epoch}, not ${memberEpoch}: it must give up its partitions and join again.`,
    )
  }

  #wrongChange(
    known: ConsumerMember | undefined,
    details: MemberDetails,
    replaces: boolean,
  ): HeartbeatAnswer | undefined {
    const { pattern } = details
    if (
      pattern !== '' &&
      (replaces || pattern !== known?.details.pattern) &&
      !this.subscriptions.knowsPattern(pattern)
    ) {
      const why = wrongPattern(pattern)
      if (why !== undefined)
        return refused(ErrorCode.InvalidRegularExpression, `SubscribedTopicRegex is no regular expression: ${why}`)
    }
    const more = details === known?.details ? 0 : sizeOf(details) - (known === undefined ? 0 : sizeOf(known.details))
    const all = more + this.#morePartitionBytes(details, details !== known?.details)
    if (all <= 0 || this.#cluster.hasRoomFor(all)) return undefined
    return refused(ErrorCode.GroupMaxSizeReached, 'The members of all groups take up as much as they may.')
  }

  /** Bytes that partitions will take up besides those they do, once somebody reads as `details` say. */
  #morePartitionBytes(details: MemberDetails, isNew: boolean): number {
    if (!isNew && this.#isCurrent) return 0
    const layout = this.subscriptions.layout()
    const { known } = this.#cluster
    for (const topicId of this.subscriptions.topicsOf(details))
      layout.set(topicId, known.topicById(topicId)!.partitions.length)
    return bytesOf(layout) - this.#partitionBytes
  }

  /** Takes in what the member says of itself. */
  #take(
    memberId: string,
    details: MemberDetails,
    known: ConsumerMember | undefined,
    replaces: boolean,
  ): ConsumerMember {
    if (known !== undefined && details === known.details && !replaces) return known
    const id = memberId === '' ? uuidText(randomBytes16(this.#cluster.clock), 0) : memberId
    const other = this.members.get(id)
    // Its id is another's now.
    if (other !== undefined && other !== known) this.remove([other])
    this.#enroll(details, 1)
    if (known === undefined) return this.#list(new ConsumerMember(id, details))
    this.#unlist(known)
    this.#enroll(known.details, -1)
    if (!replaces) {
      known.details = details
      return this.#list(known)
    }
    // It goes on where the one it replaces has stopped.
    known.forget()
    const member = new ConsumerMember(id, details, { ...known.standing, epoch: joinEpoch, previousEpoch: joinEpoch })
    member.target = known.target
    return this.#list(member)
  }

  /** Counts what a member says of itself, or takes that back. */
  #enroll(details: MemberDetails, sign: 1 | -1): void {
    if (sign > 0) this.subscriptions.add(details)
    else this.subscriptions.delete(details)
    const { assignor } = details
    if (assignor !== null) this.#votes.set(assignor, (this.#votes.get(assignor) ?? 0) + sign)
    this.#count(sign, sign * sizeOf(details))
  }

  #list(member: ConsumerMember): ConsumerMember {
    this.members.set(member.id, member)
    if (member.details.instanceId !== null) this.#static.set(member.details.instanceId, member)
    return member
  }

  #unlist(member: ConsumerMember): void {
    this.members.delete(member.id)
    const { instanceId } = member.details
    if (instanceId !== null && this.#static.get(instanceId) === member) this.#static.delete(instanceId)
  }

  #count(members: number, bytes: number): void {
    this.bytes += bytes
    this.#cluster.holdings.members += members
    this.#cluster.holdings.bytes += bytes
  }

  // Targets ----------------------------------------------------------------------------------------------------------------------------

  /** Whether what there is of what is read is known. */
  get #isCurrent(): boolean {
    return this.#layout !== undefined && this.#cluster.layoutVersion() === this.#seenLayout
  }

  /** Looks at what there is of what is read, where that may have changed; a change is a new epoch, as is `changed`. */
  #refresh(changed: boolean): void {
    if (!changed && this.#isCurrent) return
    const layout = this.subscriptions.layout()
    const isOther = this.#layout !== undefined && !sameLayout(this.#layout, layout)
    const more = bytesOf(layout) - this.#partitionBytes
    this.#partitionBytes += more
    this.#count(0, more)
    this.#layout = layout
    this.#seenLayout = this.#cluster.layoutVersion()
    if (changed || isOther) this.epoch++
  }

  #assign({ assignmentInterval }: ConsumerGroupSettings): void {
    if (this.assignmentEpoch >= this.epoch) return
    const now = this.#cluster.clock.now()
    if (this.#assignedAt !== undefined && assignmentInterval > 0 && now - this.#assignedAt < assignmentInterval) return
    const members = [...this.members.values()]
    const readers = members.map(({ id, details, target }) => ({
      id,
      instanceId: details.instanceId,
      target,
      topics: this.subscriptions.topicsOf(details),
    }))
    const shares = assignors[this.assignor]!(readers, this.#layout ?? this.subscriptions.layout())
    for (const member of members) member.target = shares.get(member.id) ?? nothing
    this.assignmentEpoch = this.epoch
    this.#assignedAt = now
  }

  /** Moves the member on towards its target; whether its assignment changed. */
  #reconcile(
    member: ConsumerMember,
    owned: HeartbeatRequest['topicPartitions'],
    subscriptionChanged: boolean,
  ): boolean {
    const before = member.standing
    const standing = reconcile(member, {
      target: member.target,
      epoch: this.assignmentEpoch,
      owned,
      subscriptionChanged,
      reads: topicId => this.subscriptions.reads(member.details, topicId),
      isFree: (topicId, partition) => !this.#owned.has(topicId, partition),
    })
    if (standing === undefined) return false
    this.#place(member, standing)
    if (standing.state === 'Unrevoked') member.expectRevocation(this.#cluster.clock, () => this.remove([member]))
    else member.revoked()
    return !sameAssigned(before, standing)
  }

  #place(member: ConsumerMember, standing: Standing): void {
    this.#owned.delete(member.standing.assigned)
    this.#owned.delete(member.standing.revoking)
    member.standing = standing
    this.#owned.add(standing.assigned)
    this.#owned.add(standing.revoking)
  }

  /**
   * The patterns whose topics are to be looked for now: where one is new, topics were made (`topicsMade` counts them), or
   * it is long ago; not twice within ten seconds. The answer is to go to `resolved`.
   */
  patternsToMatch(topicsMade: number, refreshInterval: number): readonly string[] {
    const { patterns, hasUnresolved } = this.subscriptions
    const now = this.#cluster.clock.now()
    const isDue = hasUnresolved || topicsMade !== this.#topicsMade || now - this.#matchedAt >= refreshInterval
    if (patterns.length === 0 || this.#matching || !isDue) return []
    if (this.subscriptions.hasResolved && now - this.#matchedAt <= leastMatchInterval) return []
    this.#matching = true
    this.#topicsMade = topicsMade
    this.#matchedAt = now
    return patterns
  }

  /** Takes down which topics patterns match. */
  resolved(matched: ReadonlyMap<string, ReadonlySet<string>>): void {
    this.#matching = false
    let changed = false
    for (const [pattern, topics] of matched) if (this.subscriptions.resolve(pattern, topics)) changed = true
    if (changed) this.epoch++
    this.#layout = undefined
  }

  // Leaving ----------------------------------------------------------------------------------------------------------------------------

  leave({ memberId, memberEpoch, instanceId }: HeartbeatRequest): HeartbeatAnswer {
    const member = instanceId === null ? this.members.get(memberId) : this.#static.get(instanceId)
    if (member === undefined)
      return refused(ErrorCode.UnknownMemberId, `${instanceId ?? memberId} is no member of the group ${this.id}.`)
    if (member.id !== memberId)
      return refused(ErrorCode.FencedInstanceID, `${instanceId} is another member, ${member.id}.`)
    if (memberEpoch === awayEpoch) this.#away(member)
    else this.remove([member])
    return left(memberId, memberEpoch)
  }

  /** Has members leave by the classic LeaveGroup, as administrators do: the code of each. Instances suffice (KIP-345). */
  dismiss(asked: readonly { memberId: string; groupInstanceId: string | null }[]): Dismissed[] {
    const gone = new Set<ConsumerMember>()
    const results = asked.map(({ memberId, groupInstanceId }) => {
      const member = groupInstanceId === null ? this.members.get(memberId) : this.#static.get(groupInstanceId)
      const isOther = groupInstanceId !== null && memberId !== '' && member?.id !== memberId
      const errorCode = member === undefined ? ErrorCode.UnknownMemberId : isOther ? ErrorCode.FencedInstanceID : 0
      if (member !== undefined && errorCode === 0) gone.add(member)
      return { memberId, groupInstanceId, errorCode }
    })
    if (gone.size > 0) this.remove([...gone])
    return results
  }

  /** A static member is expected back within its session: what it has is kept for it, what it was to let go of is free. */
  #away(member: ConsumerMember): void {
    member.revoked()
    const since = [...member.standing.assigned].map(
      ([topicId, partitions]) => [topicId, new Map([...partitions.keys()].map(each => [each, 0]))] as const,
    )
    this.#place(member, { ...member.standing, epoch: awayEpoch, assigned: new Map(since), revoking: nothing })
  }

  /** These are no members any more: the others divide what they had. */
  remove(members: readonly ConsumerMember[]): void {
    for (const member of members) {
      member.forget()
      this.#unlist(member)
      this.#enroll(member.details, -1)
      this.#place(member, { ...member.standing, assigned: nothing, revoking: nothing })
    }
    this.epoch++
    this.#layout = undefined
    if (this.members.size > 0) return
    this.assignmentEpoch = this.epoch
    this.#assignedAt = undefined
    this.#count(0, -this.#partitionBytes)
    this.#partitionBytes = 0
  }

  // Offsets ----------------------------------------------------------------------------------------------------------------------------

  /**
   * The code of why a member may not commit; else what says so of each partition: a member that has come to a newer
   * epoch meanwhile may commit what it has had since the one it names, or an earlier one (KIP-1251).
   */
  mayCommit(memberId: string, instanceId: string | null, epoch: number, request: CommitRequest): MayCommit {
    if (epoch < 0 && this.members.size === 0) return 0
    if (request.transactional && epoch === -1 && memberId === '' && instanceId === null) return 0
    const member = this.members.get(memberId)
    if (member === undefined) return ErrorCode.UnknownMemberId
    if (!request.transactional && request.apiVersion < firstWithEpochs) return ErrorCode.UnsupportedVersion
    if (epoch === member.epoch) return 0
    const stale =
      request.transactional && request.apiVersion < firstTransactionalWithStale
        ? ErrorCode.IllegalGeneration
        : ErrorCode.StaleMemberEpoch
    if (epoch > member.epoch) return stale
    const { assigned, revoking } = member.standing
    return (topicId, partition) => {
      const since = assigned.get(topicId)?.get(partition) ?? revoking.get(topicId)?.get(partition)
      return since !== undefined && epoch >= since ? 0 : stale
    }
  }

  /** The code of why a member may not ask for offsets; 0 when it may. Who says of no membership may. */
  mayFetchOffsets(memberId: string | null, epoch: number): number {
    if (memberId === null && epoch < 0) return 0
    const member = this.members.get(memberId ?? '')
    if (member === undefined) return ErrorCode.UnknownMemberId
    return member.epoch === epoch ? 0 : ErrorCode.StaleMemberEpoch
  }

  // The end ----------------------------------------------------------------------------------------------------------------------------

  /** Nobody waits for an answer here. */
  turnAway(): void {}

  /** Stops all timers. */
  close(): void {
    if (this.members.size > 0) this.remove([...this.members.values()])
    this.#closed = true
  }
}

/** What is known of a member, and what it says of itself now; the same object when that is nothing new. */
function detailsOf(request: HeartbeatRequest, before: MemberDetails | undefined): MemberDetails {
  const { rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, clientId, clientHost } = request
  const details: MemberDetails = {
    instanceId: request.instanceId ?? before?.instanceId ?? null,
    rackId: request.rackId ?? before?.rackId ?? null,
    clientId,
    clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? (before?.rebalanceTimeoutMs ?? -1) : rebalanceTimeoutMs,
    topics: subscribedTopicNames === null ? (before?.topics ?? new Set()) : new Set(subscribedTopicNames),
    pattern: subscribedTopicRegex ?? before?.pattern ?? '',
    assignor: request.serverAssignor ?? before?.assignor ?? null,
  }
  if (before === undefined) return details
  const isSame =
    (details.topics === before.topics || sameNames(details.topics, before.topics)) &&
    (['instanceId', 'rackId', 'clientId', 'clientHost', 'rebalanceTimeoutMs', 'pattern', 'assignor'] as const).every(
      name => details[name] === before[name],
    )
  return isSame ? before : details
}

/** Whether a member has the same in both. */
function sameAssigned({ assigned: a }: Standing, { assigned: b }: Standing): boolean {
  const named = [...b].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions.keys()] }))
  return sizeOfAssigned(a) === sizeOfAssigned(b) && hasAll(named, a)
}

function bytesOf(layout: ReadonlyMap<string, number>): number {
  let partitions = 0
  for (const count of layout.values()) partitions += count
  return partitions * perPartition
}

function sizeOfAssigned(assigned: Standing['assigned']): number {
  let size = 0
  for (const partitions of assigned.values()) size += partitions.size
  return size
}
