import type { Clock } from '../../base/clock.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { JoinRound } from './join-round.ts'
import {
  type GroupProtocol,
  type JoinRequest,
  type JoinResult,
  joinFailed,
  Member,
  noBytes,
  type SyncResult,
  syncFailed,
} from './member.ts'
import { GroupOffsets } from './offsets.ts'
import { allSpeak, electedProtocol } from './protocols.ts'
import { ReservedIds } from './reserved-ids.ts'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

// A member that never came back for its first generation.
const newMemberTimeout = 300_000

/** A classic consumer group: who is in it, which generation, and the round of joining and syncing between two generations. */
export class Group {
  readonly id: string
  state: GroupState = 'Empty'
  generationId = 0
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  readonly members = new Map<string, Member>()
  readonly offsets = new GroupOffsets()
  readonly #clock: Clock
  /** Members by instance id (KIP-345). */
  readonly #static = new Map<string, string>()
  readonly #reserved: ReservedIds
  /** Who has not synced in this generation. */
  readonly #unsynced = new Set<string>()
  readonly #round: JoinRound
  #cancelSync: () => void = () => {}

  constructor(id: string, clock: Clock, initialDelay: number) {
    this.id = id
    this.#clock = clock
    this.#reserved = new ReservedIds(clock)
    this.#round = new JoinRound(clock, initialDelay, () => this.#complete())
  }

  get size(): number {
    return this.members.size + this.#reserved.size
  }

  // Joining ----------------------------------------------------------------------------------------------------------------------------

  isPending(memberId: string): boolean {
    return this.#reserved.has(memberId)
  }

  /** Whether a member with these protocols can be in the group. */
  supports(protocolType: string, protocols: readonly GroupProtocol[]): boolean {
    if (this.members.size === 0) return protocolType !== '' && protocols.length > 0
    return protocolType === this.protocolType && protocols.some(({ name }) => allSpeak(this.members, name))
  }

  /** Gives out an id, to be joined with within the session timeout. */
  reserve(memberId: string, sessionTimeoutMs: number): void {
    this.#reserved.add(memberId, sessionTimeoutMs, () => this.#abandoned())
  }

  #abandoned(): void {
    if (this.state === 'PreparingRebalance') this.#completeIfAllJoined()
  }

  staticMember(instanceId: string): string | undefined {
    return this.#static.get(instanceId)
  }

  /** Adds a member; it is answered when the round is over. */
  add(memberId: string, request: JoinRequest): Promise<JoinResult> {
    const member = new Member(memberId, request)
    this.#reserved.delete(memberId)
    if (this.members.size === 0) this.protocolType = request.protocolType
    this.leaderId ??= memberId
    this.members.set(memberId, member)
    if (member.instanceId !== null) this.#static.set(member.instanceId, memberId)
    this.#round.added()
    member.expect(this.#clock, newMemberTimeout, () => this.#missed(member))
    return this.#await(member, () => this.#rebalanceOrComplete())
  }

  /** A known member joins again. */
  rejoin(member: Member, request: JoinRequest): Promise<JoinResult> | JoinResult {
    const current = this.state === 'CompletingRebalance' || (this.state === 'Stable' && member.id !== this.leaderId)
    if (current && member.matches(request.protocols)) return this.#generation(member)
    if (this.state === 'Empty' || this.state === 'Dead') return joinFailed(ErrorCode.UnknownMemberId, member.id)
    member.update(request)
    return this.#await(member, () => this.#rebalanceOrComplete())
  }

  /** A static member is back under a new id: its old self is fenced, and the group need not rebalance unless the protocol changes (KIP-345). */
  replace(member: Member, memberId: string, request: JoinRequest): Promise<JoinResult> | JoinResult {
    const formerLeader = this.leaderId
    member.joined(joinFailed(ErrorCode.FencedInstanceID, member.id))
    member.synced(syncFailed(ErrorCode.FencedInstanceID))
    if (formerLeader === member.id) this.leaderId = memberId
    this.members.delete(member.id)
    if (this.#unsynced.delete(member.id)) this.#unsynced.add(memberId)
    member.id = memberId
    this.members.set(memberId, member)
    this.#static.set(member.instanceId!, memberId)
    member.update(request)
    this.heard(member)
    if (this.state !== 'Stable' || electedProtocol(this.members) !== this.protocolName)
      return this.#await(member, () => this.#rebalanceOrComplete())
    const leads = this.leaderId === memberId
    if (request.canSkipAssignment) return { ...this.#generation(member), skipAssignment: leads }
    // An older client would assign if it read its own id: it is shown the leader's former one.
    return { ...this.#generation(member), leader: formerLeader ?? '', members: [] }
  }

  #await(member: Member, begin: () => void): Promise<JoinResult> {
    member.joined(joinFailed(ErrorCode.RebalanceInProgress, member.id))
    return new Promise(resolve => {
      member.joining = resolve
      begin()
    })
  }

  /** The present generation, as the member is told of it. */
  #generation(member: Member): JoinResult {
    const { generationId, protocolType, protocolName } = this
    const leader = this.leaderId ?? ''
    const members =
      leader === member.id
        ? [...this.members.values()].map(each => ({
            memberId: each.id,
            groupInstanceId: each.instanceId,
            metadata: each.metadataOf(protocolName),
          }))
        : []
    return { errorCode: 0, memberId: member.id, generationId, protocolType, protocolName, leader, skipAssignment: false, members }
  }

  // Rounds -----------------------------------------------------------------------------------------------------------------------------

  #rebalanceOrComplete(): void {
    if (this.state === 'PreparingRebalance') this.#completeIfAllJoined()
    else this.#rebalance()
  }

  #rebalance(): void {
    if (this.state === 'CompletingRebalance')
      for (const member of this.members.values()) member.synced(syncFailed(ErrorCode.RebalanceInProgress))
    this.#cancelSync()
    const first = this.state === 'Empty'
    this.state = 'PreparingRebalance'
    if (first) this.#round.beginFirst(this.#rebalanceTimeout())
    else {
      this.#round.begin(this.#rebalanceTimeout())
      this.#completeIfAllJoined()
    }
  }

  #completeIfAllJoined(): void {
    if (this.#round.gathering || this.#reserved.size > 0) return
    for (const member of this.members.values()) if (member.joining === undefined) return
    this.#complete()
  }

  /** Ends the round of joining: who has not come is out, unless static. */
  #complete(): void {
    this.#round.end()
    for (const member of [...this.members.values()]) if (member.joining === undefined && member.instanceId === null) this.#drop(member)
    if (this.members.size > 0 && !this.#electLeader()) {
      // Only static members are left, none of which has come: they are given another round.
      this.#round.begin(this.#rebalanceTimeout())
      return
    }
    this.generationId++
    if (this.members.size === 0) {
      this.state = 'Empty'
      this.protocolName = null
      return
    }
    this.state = 'CompletingRebalance'
    this.protocolName = electedProtocol(this.members)
    for (const member of this.members.values()) {
      this.#unsynced.add(member.id)
      this.heard(member)
      member.isNew = false
      member.joined(this.#generation(member))
    }
    this.#cancelSync = this.#clock.after(this.#rebalanceTimeout(), () => this.#expireUnsynced())
  }

  #expireUnsynced(): void {
    if (this.#unsynced.size === 0) return
    for (const id of [...this.#unsynced]) {
      const member = this.members.get(id)
      if (member !== undefined) this.#drop(member)
    }
    this.#unsynced.clear()
    this.#rebalance()
  }

  /** The leader stays if it has joined; else one who has becomes it. False when nobody has. */
  #electLeader(): boolean {
    if (this.leaderId !== null && this.members.get(this.leaderId)?.joining !== undefined) return true
    const next = [...this.members.values()].find(({ joining }) => joining !== undefined)
    if (next !== undefined) this.leaderId = next.id
    return next !== undefined
  }

  #rebalanceTimeout(): number {
    return Math.max(0, ...[...this.members.values()].map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs))
  }

  // Syncing ----------------------------------------------------------------------------------------------------------------------------

  sync(member: Member, assignments: readonly { memberId: string; assignment: Uint8Array }[]): Promise<SyncResult> | SyncResult {
    if (this.state === 'PreparingRebalance') return syncFailed(ErrorCode.RebalanceInProgress)
    if (this.state !== 'CompletingRebalance' && this.state !== 'Stable') return syncFailed(ErrorCode.UnknownMemberId)
    this.#unsynced.delete(member.id)
    this.heard(member)
    if (this.state === 'Stable') return this.#assignment(member)
    return new Promise(resolve => {
      member.syncing = resolve
      if (member.id !== this.leaderId) return
      const given = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]))
      this.state = 'Stable'
      for (const each of this.members.values()) {
        each.assignment = given.get(each.id) ?? noBytes
        if (each.syncing !== undefined) this.heard(each)
        each.synced(this.#assignment(each))
      }
    })
  }

  #assignment({ assignment }: Member): SyncResult {
    return { errorCode: 0, protocolType: this.protocolType, protocolName: this.protocolName, assignment }
  }

  // Members coming and going -----------------------------------------------------------------------------------------------------------

  /** The code of the first thing wrong with who a member says it is; 0 when nothing is. */
  identify(memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const known = this.#static.get(instanceId)
      if (known === undefined) return ErrorCode.UnknownMemberId
      if (known !== memberId) return ErrorCode.FencedInstanceID
    }
    return this.members.has(memberId) ? 0 : ErrorCode.UnknownMemberId
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

  /** Takes back an id that was given out. */
  removePending(memberId: string): void {
    this.#reserved.delete(memberId)
    this.#abandoned()
  }

  #drop(member: Member): void {
    member.forget()
    this.members.delete(member.id)
    this.#unsynced.delete(member.id)
    if (member.instanceId !== null) this.#static.delete(member.instanceId)
    if (this.leaderId === member.id) this.leaderId = this.members.keys().next().value ?? null
    member.joined(joinFailed(ErrorCode.UnknownMemberId, member.id))
    member.synced(syncFailed(ErrorCode.UnknownMemberId))
  }

  /** Those who wait are answered with this code: the group is gone, or coordinated elsewhere. */
  turnAway(errorCode: number): void {
    for (const member of this.members.values()) {
      member.joined(joinFailed(errorCode, member.id))
      member.synced(syncFailed(errorCode))
    }
  }

  /** Stops all timers. */
  close(): void {
    this.#round.end()
    this.#cancelSync()
    this.#reserved.clear()
    for (const member of this.members.values()) member.forget()
    this.state = 'Dead'
  }
}
