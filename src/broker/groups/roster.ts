import { ErrorCode } from '../../protocol/errors.ts'
import type { Holdings } from './holdings.ts'
import { type GroupProtocol, type JoinRequest, type JoinResult, Member } from './member.ts'
import { Protocols } from './protocols.ts'

/** Who is in a group, under which id, and who leads it. */
export class Roster {
  readonly members = new Map<string, Member>()
  leaderId: string | null = null
  /** The first member's; the others must have the same. */
  protocolType: string | null = null
  /** Members by instance id (KIP-345). */
  readonly #static = new Map<string, string>()
  readonly #protocols = new Protocols()
  readonly #holdings: Holdings
  /** Bytes its members take up. */
  bytes = 0

  constructor(holdings: Holdings) {
    this.#holdings = holdings
  }

  /** Whether a member with these protocols can be in the group. */
  supports(protocolType: string, protocols: readonly GroupProtocol[]): boolean {
    if (this.members.size === 0) return protocolType !== '' && protocols.length > 0
    return protocolType === this.protocolType && protocols.some(({ name }) => this.#protocols.allSpeak(name))
  }

  /** The protocol the members would be divided by; null when they have none in common. */
  get electedProtocol(): string | null {
    return this.#protocols.elected(this.members.values())
  }

  /** The longest that a member may take to join again. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const { rebalanceTimeoutMs } of this.members.values()) longest = Math.max(longest, rebalanceTimeoutMs)
    return longest
  }

  staticMember(instanceId: string): string | undefined {
    return this.#static.get(instanceId)
  }

  /** The code of the first thing wrong with who a member says it is; 0 when nothing is. */
  identify(memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const known = this.#static.get(instanceId)
      if (known === undefined) return ErrorCode.UnknownMemberId
      if (known !== memberId) return ErrorCode.FencedInstanceID
    }
    return this.members.has(memberId) ? 0 : ErrorCode.UnknownMemberId
  }

  add(memberId: string, request: JoinRequest): Member {
    if (this.members.size === 0) this.protocolType = request.protocolType
    this.leaderId ??= memberId
    const member = new Member(memberId, request)
    this.#protocols.add(member)
    this.#count(1, member.size)
    this.#list(member)
    return member
  }

  /** A member says something else of itself. */
  update(member: Member, request: JoinRequest): void {
    this.#protocols.delete(member)
    this.#count(0, -member.size)
    member.update(request)
    this.#count(0, member.size)
    this.#protocols.add(member)
  }

  assign(member: Member, assignment: Uint8Array): void {
    this.#count(0, assignment.length - member.assignment.length)
    member.assignment = assignment
  }

  #count(members: number, bytes: number): void {
    this.#holdings.members += members
    this.#holdings.bytes += bytes
    this.bytes += bytes
  }

  /** A static member goes on under another id. */
  rename(member: Member, memberId: string): void {
    if (this.leaderId === member.id) this.leaderId = memberId
    this.members.delete(member.id)
    member.id = memberId
    this.#list(member)
  }

  #list(member: Member): void {
    this.members.set(member.id, member)
    if (member.instanceId !== null) this.#static.set(member.instanceId, member.id)
  }

  delete(member: Member): void {
    // It may be gone already: two things may end it.
    if (this.members.get(member.id) === member) {
      this.members.delete(member.id)
      this.#protocols.delete(member)
      this.#count(-1, -member.size - member.assignment.length)
    }
    if (member.instanceId !== null) this.#static.delete(member.instanceId)
    if (this.leaderId === member.id) this.leaderId = this.members.keys().next().value ?? null
  }

  /** What each member says of itself in a protocol: what the leader divides by. */
  metadata(protocol: string | null): JoinResult['members'] {
    return [...this.members.values()].map(member => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      metadata: member.metadataOf(protocol),
    }))
  }

  get allJoin(): boolean {
    for (const { joining } of this.members.values()) if (joining === undefined) return false
    return true
  }

  /** The leader stays if it is joining; else one who is becomes it. False when nobody is. */
  electLeader(): boolean {
    if (this.leaderId !== null && this.members.get(this.leaderId)?.joining !== undefined) return true
    const next = [...this.members.values()].find(({ joining }) => joining !== undefined)
    if (next !== undefined) this.leaderId = next.id
    return next !== undefined
  }
}
