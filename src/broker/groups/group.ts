import type { Clock } from '../../base/clock.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { Holdings } from './holdings.ts'
import { JoinRound } from './join-round.ts'
import {
  type JoinRequest,
  type JoinResult,
  joinFailed,
  type Member,
  noBytes,
  type SyncResult,
  syncFailed,
} from './member.ts'
import type { GroupOffsets } from './offsets.ts'
import { ReservedIds } from './reserved-ids.ts'
import { Roster } from './roster.ts'
import { SyncRound } from './sync-round.ts'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

// A member that never came back for its first generation.
const newMemberTimeout = 300_000

/**
 * A classic consumer group: which generation it is in, and what moves it from state to state. Its members join
 * (PreparingRebalance), ask for their assignments (CompletingRebalance), and have them (Stable) until the next round of
 * joining begins.
 */
export class Group {
  readonly kind = 'classic'
  readonly id: string
  state: GroupState = 'Empty'
  generationId = 0
  protocolName: string | null = null
  readonly roster: Roster
  readonly offsets: GroupOffsets
  readonly #clock: Clock
  readonly #reserved: ReservedIds
  readonly #joinRound: JoinRound
  readonly #syncRound: SyncRound

  constructor(id: string, clock: Clock, initialDelay: number, holdings: Holdings, offsets: GroupOffsets) {
    this.id = id
    this.#clock = clock
    this.roster = new Roster(holdings)
    this.offsets = offsets
    this.#reserved = new ReservedIds(clock, holdings)
    this.#joinRound = new JoinRound(clock, initialDelay, () => this.#complete())
    this.#syncRound = new SyncRound(clock, memberIds => this.#expire(memberIds))
  }

  get members(): ReadonlyMap<string, Member> {
    return this.roster.members
  }

  /** Bytes its members take up. */
  get bytes(): number {
    return this.roster.bytes
  }

  get protocolType(): string | null {
    return this.roster.protocolType
  }

  /** Members, and ids given out that are to be joined with. */
  get size(): number {
    return this.members.size + this.#reserved.size
  }

  // Who is in it -----------------------------------------------------------------------------------------------------------------------

  /** Whether the id was given out and not joined with yet. */
  isPending(memberId: string): boolean {
    return this.#reserved.has(memberId)
  }

  /** Gives out an id, to be joined with within the session timeout. */
  reserve(memberId: string, sessionTimeoutMs: number): void {
    this.#reserved.add(memberId, sessionTimeoutMs, () => this.#abandoned())
  }

  /** Takes back an id that was given out. */
  removePending(memberId: string): void {
    this.#reserved.delete(memberId)
    this.#abandoned()
  }

  #abandoned(): void {
    if (this.state === 'PreparingRebalance') this.#completeIfAllJoined()
  }

  /** A sign of life. */
  heard(member: Member): void {
    member.expect(this.#clock, member.sessionTimeoutMs, () => this.#missed(member))
  }

  #missed(member: Member): void {
    // Who waits for an answer of ours is alive; in its first round nobody can tell.
    const waits = member.joining !== undefined || member.syncing !== undefined
    if (member.isNew || !waits) this.remove(member)
  }

  /** The member is gone: the others rebalance. */
  remove(member: Member): void {
    this.#drop(member)
    this.#rebalanceOrComplete()
  }

  #drop(member: Member): void {
    member.forget()
    this.roster.delete(member)
    this.#syncRound.settle(member.id)
    member.answer(ErrorCode.UnknownMemberId)
  }

  // Joining ----------------------------------------------------------------------------------------------------------------------------

  /** Adds a member; it is answered when the round is over. */
  add(memberId: string, request: JoinRequest): Promise<JoinResult> {
    this.#reserved.delete(memberId)
    const member = this.roster.add(memberId, request)
    this.#joinRound.added()
    member.expect(this.#clock, newMemberTimeout, () => this.#missed(member))
    return this.#await(member)
  }

  /** A known member joins again. */
  rejoin(member: Member, request: JoinRequest): Promise<JoinResult> | JoinResult {
    const current =
      this.state === 'CompletingRebalance' || (this.state === 'Stable' && member.id !== this.roster.leaderId)
    if (current && member.matches(request.protocols)) return this.#generation(member)
    if (this.state === 'Empty' || this.state === 'Dead') return joinFailed(ErrorCode.UnknownMemberId, member.id)
    this.roster.update(member, request)
    return this.#await(member)
  }

  /**
   * A static member is back under a new id: its old self is fenced, and the group need not rebalance unless the
   * protocol changes (KIP-345).
   */
  replace(member: Member, memberId: string, request: JoinRequest): Promise<JoinResult> | JoinResult {
    const formerLeader = this.roster.leaderId
    member.answer(ErrorCode.FencedInstanceID)
    this.#syncRound.rename(member.id, memberId)
    this.roster.rename(member, memberId)
    this.roster.update(member, request)
    this.heard(member)
    if (this.state !== 'Stable' || this.roster.electedProtocol !== this.protocolName) return this.#await(member)
    const leads = this.roster.leaderId === memberId
    if (request.canSkipAssignment) return { ...this.#generation(member), skipAssignment: leads }
    // An older client would assign if it read its own id: it is shown the leader's former one.
    return { ...this.#generation(member), leader: formerLeader ?? '', members: [] }
  }

  /** The member waits for the round to end; one begins if none is under way. */
  #await(member: Member): Promise<JoinResult> {
    member.joined(joinFailed(ErrorCode.RebalanceInProgress, member.id))
    return new Promise(resolve => {
      member.joining = resolve
      this.#rebalanceOrComplete()
    })
  }

  /** The present generation, as the member is told of it. */
  #generation(member: Member): JoinResult {
    const { generationId, protocolType, protocolName } = this
    const leader = this.roster.leaderId ?? ''
    const members = leader === member.id ? this.roster.metadata(protocolName) : []
    return {
      errorCode: 0,
      memberId: member.id,
      generationId,
      protocolType,
      protocolName,
      leader,
      skipAssignment: false,
      members,
    }
  }

  // From state to state ----------------------------------------------------------------------------------------------------------------

  #rebalanceOrComplete(): void {
    if (this.state === 'PreparingRebalance') this.#completeIfAllJoined()
    else this.#rebalance()
  }

  #rebalance(): void {
    if (this.state === 'CompletingRebalance')
      for (const member of this.members.values()) member.synced(syncFailed(ErrorCode.RebalanceInProgress))
    this.#syncRound.end()
    const first = this.state === 'Empty'
    this.state = 'PreparingRebalance'
    if (first) this.#joinRound.beginFirst(this.roster.rebalanceTimeoutMs)
    else {
      this.#joinRound.begin(this.roster.rebalanceTimeoutMs)
      this.#completeIfAllJoined()
    }
  }

  #completeIfAllJoined(): void {
    if (!this.#joinRound.gathering && this.#reserved.size === 0 && this.roster.allJoin) this.#complete()
  }

  /** Ends the round of joining: who has not come is out, unless static. */
  #complete(): void {
    this.#joinRound.end()
    for (const member of [...this.members.values()])
      if (member.joining === undefined && member.instanceId === null) this.#drop(member)
    if (this.members.size > 0 && !this.roster.electLeader()) {
      // Only static members are left, none of which has come: they are given another round.
      this.#joinRound.begin(this.roster.rebalanceTimeoutMs)
      return
    }
    this.generationId++
    if (this.members.size === 0) {
      this.state = 'Empty'
      this.protocolName = null
      return
    }
    this.state = 'CompletingRebalance'
    this.protocolName = this.roster.electedProtocol
    this.#syncRound.begin(this.members.keys(), this.roster.rebalanceTimeoutMs)
    for (const member of this.members.values()) {
      this.heard(member)
      member.isNew = false
      member.joined(this.#generation(member))
    }
  }

  /** These have not asked for their assignments in time. */
  #expire(memberIds: readonly string[]): void {
    for (const id of memberIds) {
      const member = this.members.get(id)
      if (member !== undefined) this.#drop(member)
    }
    this.#rebalance()
  }

  // Syncing ----------------------------------------------------------------------------------------------------------------------------

  sync(
    member: Member,
    assignments: readonly { memberId: string; assignment: Uint8Array }[],
  ): Promise<SyncResult> | SyncResult {
    if (this.state === 'PreparingRebalance') return syncFailed(ErrorCode.RebalanceInProgress)
    if (this.state !== 'CompletingRebalance' && this.state !== 'Stable') return syncFailed(ErrorCode.UnknownMemberId)
    this.#syncRound.settle(member.id)
    this.heard(member)
    if (this.state === 'Stable') return this.#assignment(member)
    return new Promise(resolve => {
      member.syncing = resolve
      if (member.id === this.roster.leaderId) this.#divide(assignments)
    })
  }

  /** The leader has divided the partitions: who waits is told its part. */
  #divide(assignments: readonly { memberId: string; assignment: Uint8Array }[]): void {
    const given = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]))
    this.state = 'Stable'
    for (const member of this.members.values()) {
      this.roster.assign(member, given.get(member.id) ?? noBytes)
      if (member.syncing !== undefined) this.heard(member)
      member.synced(this.#assignment(member))
    }
  }

  #assignment({ assignment }: Member): SyncResult {
    return { errorCode: 0, protocolType: this.protocolType, protocolName: this.protocolName, assignment }
  }

  // From one kind to the other ---------------------------------------------------------------------------------------------------------

  /** Goes on with the classic members of what was a consumer group: they are to join anew. */
  adopt(members: readonly { id: string; request: JoinRequest; assignment: Uint8Array }[], generationId: number): void {
    for (const { id, request, assignment } of members) {
      const member = this.roster.add(id, request)
      member.isNew = false
      this.roster.assign(member, assignment)
      this.heard(member)
    }
    this.generationId = generationId
    this.protocolName = this.roster.electedProtocol
    this.state = 'Stable'
    this.#rebalance()
  }

  /** Its members go on in a consumer group, for which they are to join anew. */
  disband(): void {
    this.turnAway(ErrorCode.RebalanceInProgress)
    for (const member of [...this.members.values()]) {
      member.forget()
      this.roster.delete(member)
    }
  }

  // The end ----------------------------------------------------------------------------------------------------------------------------

  /** Those who wait are answered with this code: the group is gone, or coordinated elsewhere. */
  turnAway(errorCode: number): void {
    for (const member of this.members.values()) member.answer(errorCode)
  }

  /** Stops all timers. */
  close(): void {
    this.#joinRound.end()
    this.#syncRound.end()
    this.#reserved.clear()
    for (const member of this.members.values()) member.forget()
    this.state = 'Dead'
  }
}
