import { randomBytes16 } from '../../../base/clock.ts'
import { uuidText } from '../../../bytes/reader.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { wrongPattern } from '../../patterns/pattern.ts'
import type { Turns } from '../../turns.ts'
import type { Group } from '../group.ts'
import type { MayCommit } from '../may-commit.ts'
import { type JoinRequest, type JoinResult, joinFailed, type SyncResult, syncFailed } from '../member.ts'
import type { GroupOffsets } from '../offsets.ts'
import { assignedOf, assignmentBytes, byId, classicDetails, subscriptionOf } from './classic-members.ts'
import { type Committer, mayCommit, mayFetchOffsets } from './commits.ts'
import { detailsOf, type MemberDetails, sameNames, sizeOf } from './details.ts'
import { awayEpoch, joinEpoch } from './epochs.ts'
import { beaten, type HeartbeatAnswer, type HeartbeatRequest, isFull, left, refused } from './heartbeat.ts'
import { type Identified, identify } from './identify.ts'
import { ConsumerMember, type Standing } from './member.ts'
import { type Named, nothing, Owned, sameAssigned, since } from './partitions.ts'
import { PatternSearch } from './pattern-search.ts'
import { reconcile } from './reconcile.ts'
import { ConsumerRoster } from './roster.ts'
import type { Subscriptions } from './subscriptions.ts'
import { type TargetSurroundings, Targets } from './targets.ts'

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

/** What a consumer group needs of its cluster. */
export interface ConsumerGroupSurroundings extends TargetSurroundings {
  readonly turns: Turns
  readonly settings: (groupId: string) => ConsumerGroupSettings
  readonly hasRoomFor: (bytes: number) => boolean
  readonly hasRoomForMember: () => boolean
  /** All members take part by the classic protocol. */
  readonly onlyClassic: (group: ConsumerGroup, epoch: number) => void
}

interface Dismissed {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly errorCode: number
}

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
  readonly search: PatternSearch
  readonly #cluster: ConsumerGroupSurroundings
  readonly #roster: ConsumerRoster
  readonly #targets: Targets
  readonly #owned = new Owned()
  #closed = false

  constructor(id: string, offsets: GroupOffsets, cluster: ConsumerGroupSurroundings) {
    this.id = id
    this.offsets = offsets
    this.#cluster = cluster
    this.#roster = new ConsumerRoster(cluster.known, cluster.holdings)
    this.#targets = new Targets(this.#roster, cluster)
    this.search = new PatternSearch(cluster.clock, this.subscriptions)
  }

  get members(): ReadonlyMap<string, ConsumerMember> {
    return this.#roster.members
  }

  get subscriptions(): Subscriptions {
    return this.#roster.subscriptions
  }

  get size(): number {
    return this.members.size
  }

  /** Bytes its members and their partitions take up. */
  get bytes(): number {
    return this.#roster.bytes + this.#targets.bytes
  }

  get epoch(): number {
    return this.#targets.epoch
  }

  get assignmentEpoch(): number {
    return this.#targets.assignmentEpoch
  }

  get assignor(): string {
    return this.#roster.assignor ?? this.#cluster.settings(this.id).assignors[0]!
  }

  get state(): ConsumerGroupState {
    if (this.#closed) return 'Dead'
    if (this.size === 0) return 'Empty'
    if (this.epoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) if (!member.hasReached(this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  // Heartbeats -------------------------------------------------------------------------------------------------------------------------

  heartbeat(request: HeartbeatRequest): HeartbeatAnswer {
    const settings = this.#cluster.settings(this.id)
    const identified = this.#full(request, settings) ?? identify(this.#roster, request)
    if ('errorCode' in identified) return identified
    const details = detailsOf(request, identified.member?.details)
    const wrong = this.#wrongChange(identified, details)
    if (wrong !== undefined) return wrong
    const { memberId, topicPartitions } = request
    const { member, moved } = this.#takeIn(memberId, details, identified, topicPartitions, settings)
    member.expect(this.#cluster.clock, settings.sessionTimeout, () => this.#expel([member]))
    const tells = request.memberEpoch === joinEpoch || isFull(request) || moved
    return beaten(member.id, member.epoch, settings.heartbeatInterval, tells ? member.standing.assigned : null)
  }

  /** Takes in what a member says of itself and has, and moves it on; whether its assignment changed. */
  #takeIn(
    memberId: string,
    details: MemberDetails,
    identified: Identified,
    owned: Named | null,
    { assignmentInterval }: ConsumerGroupSettings,
  ): { member: ConsumerMember; moved: boolean } {
    const before = identified.member?.details
    const namesChanged = !sameNames(before?.topics ?? new Set(), details.topics)
    const patternChanged = (before?.pattern ?? '') !== details.pattern
    const formerAssignor = this.assignor
    const member = this.#take(memberId, details, identified)
    // A pattern nobody has looked at yet changes nothing so far.
    const resolved = patternChanged && (details.pattern === '' || this.subscriptions.isResolved(details.pattern))
    this.#targets.refresh(namesChanged || resolved || this.assignor !== formerAssignor)
    this.#targets.make(this.assignor, assignmentInterval)
    return { member, moved: this.#reconcile(member, owned, namesChanged || patternChanged) }
  }

  #full({ memberId, memberEpoch, instanceId }: HeartbeatRequest, { maxSize }: ConsumerGroupSettings) {
    if (this.#roster.staticMember(instanceId) !== undefined || this.members.has(memberId)) return undefined
    const isFull = this.size >= maxSize || (memberEpoch === joinEpoch && !this.#cluster.hasRoomForMember())
    return isFull
      ? refused(ErrorCode.GroupMaxSizeReached, `The group has ${this.size} members, as many as it may.`)
      : undefined
  }

  /** Why a member may not say that of itself, if it may not. */
  #wrongChange({ member, replaces }: Identified, details: MemberDetails): HeartbeatAnswer | undefined {
    const { pattern } = details
    const isNewPattern = pattern !== '' && (replaces || pattern !== member?.details.pattern)
    const why =
      isNewPattern && !this.subscriptions.knowsPattern(pattern) ? wrongPattern(pattern, this.#cluster.turns) : undefined
    if (why !== undefined)
      return refused(ErrorCode.InvalidRegularExpression, `SubscribedTopicRegex is no regular expression: ${why}`)
    const isNew = details !== member?.details
    const more = isNew ? sizeOf(details) - (member === undefined ? 0 : sizeOf(member.details)) : 0
    const all = more + this.#targets.bytesFor(details, isNew)
    if (all <= 0 || this.#cluster.hasRoomFor(all)) return undefined
    return refused(ErrorCode.GroupMaxSizeReached, 'The members of all groups take up as much as they may.')
  }

  /** Takes in what the member says of itself. */
  #take(memberId: string, details: MemberDetails, { member: known, replaces }: Identified): ConsumerMember {
    const id = memberId === '' ? uuidText(randomBytes16(this.#cluster.clock), 0) : memberId
    const other = this.members.get(id)
    // Its id is another's now.
    if (other !== undefined && other !== known) this.#remove([other])
    if (known === undefined) {
      const member = new ConsumerMember(id, details)
      this.#roster.add(member)
      return member
    }
    if (details !== known.details) this.#roster.update(known, details)
    if (!replaces) return known
    // It goes on where the one it replaces has stopped.
    const member = this.#roster.replace(known, id)
    member.standing = { ...member.standing, epoch: joinEpoch, previousEpoch: joinEpoch }
    return member
  }

  /** Moves the member on towards its target; whether its assignment changed. */
  #reconcile(member: ConsumerMember, owned: Named | null, subscriptionChanged: boolean): boolean {
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
    if (standing.state === 'Unrevoked') member.expectRevocation(this.#cluster.clock, () => this.#expel([member]))
    else member.revoked()
    return !sameAssigned(before.assigned, standing.assigned)
  }

  #place(member: ConsumerMember, standing: Standing): void {
    this.#owned.delete(member.standing.assigned)
    this.#owned.delete(member.standing.revoking)
    member.standing = standing
    this.#owned.add(standing.assigned)
    this.#owned.add(standing.revoking)
  }

  /** Takes down which topics patterns match. */
  found(matched: ReadonlyMap<string, ReadonlySet<string>>): void {
    if (this.search.end(matched)) this.#targets.changed()
  }

  // Members by the classic protocol ----------------------------------------------------------------------------------------------------

  /**
   * A classic member joins, or joins again: it is answered at once, and told by its heartbeats when it is to join anew. `newId` is
   * that of a new one.
   */
  joinClassic(request: JoinRequest, newId: string): JoinResult {
    const { memberId, instanceId, protocolType, protocols } = request
    const refuse = (errorCode: number, id = memberId): JoinResult => joinFailed(errorCode, id)
    const subscription = subscriptionOf(protocolType, protocols)
    if (subscription === undefined || !this.#roster.supports(protocols))
      return refuse(ErrorCode.InconsistentGroupProtocol)
    const owner = this.#roster.staticMember(instanceId)
    if (instanceId !== null && memberId !== '' && owner?.id !== memberId)
      return refuse(owner === undefined ? ErrorCode.UnknownMemberId : ErrorCode.FencedInstanceID)
    const known = owner ?? this.members.get(memberId)
    const settings = this.#cluster.settings(this.id)
    if (known === undefined && (this.size >= settings.maxSize || !this.#cluster.hasRoomForMember()))
      return refuse(ErrorCode.GroupMaxSizeReached)
    if (memberId === '' && instanceId === null && request.requiresKnownId)
      return refuse(ErrorCode.MemberIDRequired, newId)
    const identified = { member: known, replaces: owner !== undefined && memberId === '' }
    const details = classicDetails(request, subscription)
    if (this.#wrongChange(identified, details) !== undefined) return refuse(ErrorCode.GroupMaxSizeReached)
    const owned = byId(subscription.ownedPartitions, this.#cluster.known)
    const { member } = this.#takeIn(memberId || newId, details, identified, owned, settings)
    if (member.standing.state !== 'Unrevoked') member.revoked()
    this.#hearClassic(member)
    const result = {
      ...joinFailed(0, member.id),
      generationId: member.epoch,
      protocolType,
      protocolName: protocols[0]!.name,
    }
    this.#tellIfClassic(this.epoch)
    return result
  }

  /** What a classic member has. */
  syncClassic(memberId: string, instanceId: string | null, generationId: number): SyncResult {
    const member = this.#classicMember(memberId, instanceId, generationId)
    if (typeof member === 'number') return syncFailed(member)
    if (this.epoch > member.epoch && member.standing.state !== 'Unrevoked') {
      this.#expectJoin(member)
      return syncFailed(ErrorCode.RebalanceInProgress)
    }
    const { protocols } = member.details.classic!
    const assignment = assignmentBytes(member.standing.assigned, member.details, this.#cluster.known)
    return { errorCode: 0, protocolType: this.protocolType, protocolName: protocols[0]!.name, assignment }
  }

  /** A classic member is alive; the code tells it when it is to join again. */
  beatClassic(memberId: string, instanceId: string | null, generationId: number): number {
    const member = this.#classicMember(memberId, instanceId, generationId)
    if (typeof member === 'number') return member
    const settings = this.#cluster.settings(this.id)
    this.#targets.refresh(false)
    this.#targets.make(this.assignor, settings.assignmentInterval)
    const isBehind = member.epoch < this.epoch || member.standing.state === 'Unrevoked' || this.#canHaveMore(member)
    if (!isBehind) return 0
    this.#expectJoin(member)
    return ErrorCode.RebalanceInProgress
  }

  #classicMember(memberId: string, instanceId: string | null, generationId: number): ConsumerMember | number {
    const owner = this.#roster.staticMember(instanceId)
    if (instanceId !== null && owner === undefined) return ErrorCode.UnknownMemberId
    if (owner !== undefined && owner.id !== memberId) return ErrorCode.FencedInstanceID
    const member = this.members.get(memberId)
    if (member?.details.classic == null) return ErrorCode.UnknownMemberId
    if (generationId !== member.epoch) return ErrorCode.IllegalGeneration
    this.#hearClassic(member)
    return member
  }

  /** Whether something that it waits for is free by now. */
  #canHaveMore({ standing, target }: ConsumerMember): boolean {
    if (standing.state !== 'Unreleased') return false
    return [...target].some(([topicId, partitions]) =>
      [...partitions].some(each => !standing.assigned.get(topicId)?.has(each) && !this.#owned.has(topicId, each)),
    )
  }

  #hearClassic(member: ConsumerMember): void {
    const { sessionTimeoutMs } = member.details.classic!
    member.expect(this.#cluster.clock, sessionTimeoutMs, () => this.#expel([member]))
  }

  #expectJoin(member: ConsumerMember): void {
    member.expectJoin(this.#cluster.clock, () => this.#expel([member]))
  }

  /** Goes on with the members of a classic group, as of its generation; false where one of them is no consumer. */
  adopt({ members, protocolType, generationId }: Group): boolean {
    const { known } = this.#cluster
    const epoch = Math.max(1, generationId)
    const adopted = [...members.values()].map(member => {
      const subscription = subscriptionOf(protocolType, member.protocols)
      const assigned = assignedOf(member.assignment, epoch, known)
      if (subscription === undefined || assigned === undefined) return undefined
      const standing: Standing = { state: 'Stable', epoch, previousEpoch: epoch, assigned, revoking: nothing }
      return new ConsumerMember(member.id, classicDetails(member, subscription), standing)
    })
    if (!adopted.every(member => member !== undefined)) return false
    this.#targets.begin(epoch)
    for (const member of adopted) {
      this.#roster.add(member)
      this.#owned.add(member.standing.assigned)
      member.target = new Map([...member.standing.assigned].map(([topicId, each]) => [topicId, new Set(each.keys())]))
      this.#hearClassic(member)
    }
    return true
  }

  /** The group may be a classic one again, as of this epoch. */
  #tellIfClassic(epoch: number): void {
    if (this.#roster.isClassic) this.#cluster.onlyClassic(this, epoch)
  }

  // Leaving ----------------------------------------------------------------------------------------------------------------------------

  leave({ memberId, memberEpoch, instanceId }: HeartbeatRequest): HeartbeatAnswer {
    const member = instanceId === null ? this.members.get(memberId) : this.#roster.staticMember(instanceId)
    if (member === undefined) return refused(ErrorCode.UnknownMemberId, `There is no member ${instanceId ?? memberId}.`)
    if (member.id !== memberId)
      return refused(ErrorCode.FencedInstanceID, `${instanceId} is another member, ${member.id}.`)
    if (memberEpoch === awayEpoch) this.#away(member)
    else this.#expel([member])
    return left(memberId, memberEpoch)
  }

  /** A static member is expected back within its session: what it has is kept for it, what it was to let go of is free. */
  #away(member: ConsumerMember): void {
    member.revoked()
    const assigned = since(0, member.standing.assigned)
    this.#place(member, { ...member.standing, epoch: awayEpoch, assigned, revoking: nothing })
  }

  /** Has members leave by the classic LeaveGroup, as administrators do: the code of each. Instances suffice (KIP-345). */
  dismiss(asked: readonly { memberId: string; groupInstanceId: string | null }[]): Dismissed[] {
    const gone = new Set<ConsumerMember>()
    const results = asked.map(({ memberId, groupInstanceId }) => {
      const member = groupInstanceId === null ? this.members.get(memberId) : this.#roster.staticMember(groupInstanceId)
      const isOther = groupInstanceId !== null && memberId !== '' && member?.id !== memberId
      const errorCode = member === undefined ? ErrorCode.UnknownMemberId : isOther ? ErrorCode.FencedInstanceID : 0
      if (member !== undefined && errorCode === 0) gone.add(member)
      return { memberId, groupInstanceId, errorCode }
    })
    if (gone.size > 0) this.#expel(gone)
    return results
  }

  /** These are no members any more, and the group may be a classic one for it. */
  #expel(members: Iterable<ConsumerMember>): void {
    const { epoch } = this
    this.#remove(members)
    this.#tellIfClassic(epoch)
  }

  /** These are no members any more: the others divide what they had. */
  #remove(members: Iterable<ConsumerMember>): void {
    for (const member of members) {
      this.#roster.delete(member)
      this.#place(member, { ...member.standing, assigned: nothing, revoking: nothing })
    }
    this.#targets.changed()
    if (this.size === 0) this.#targets.emptied()
  }

  // Offsets ----------------------------------------------------------------------------------------------------------------------------

  mayCommit(committer: Committer): MayCommit {
    return mayCommit(this.members, committer)
  }

  mayFetchOffsets(memberId: string | null, epoch: number): number {
    return mayFetchOffsets(this.members, memberId, epoch)
  }

  // The end ----------------------------------------------------------------------------------------------------------------------------

  /** Nobody waits for an answer here. */
  turnAway(): void {}

  /** Stops all timers. */
  close(): void {
    if (this.size > 0) this.#remove([...this.members.values()])
    this.#closed = true
  }
}
