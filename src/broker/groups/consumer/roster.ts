import type { Holdings } from '../holdings.ts'
import type { GroupProtocol } from '../member.ts'
import { type MemberDetails, sizeOf } from './details.ts'
import { ConsumerMember } from './member.ts'
import { Subscriptions, type TopicsKnown } from './subscriptions.ts'

/** Who is in a consumer group, under which id, and what they ask for together. */
export class ConsumerRoster {
  readonly members = new Map<string, ConsumerMember>()
  readonly subscriptions: Subscriptions
  /** Bytes its members take up. */
  bytes = 0
  /** Members by instance id (KIP-345). */
  readonly #static = new Map<string, ConsumerMember>()
  /** How many members ask for each assignor. */
  readonly #votes = new Map<string, number>()
  readonly #holdings: Holdings

  constructor(known: TopicsKnown, holdings: Holdings) {
    this.subscriptions = new Subscriptions(known)
    this.#holdings = holdings
  }

  /** Whether all take part by the classic protocol, and there are some. */
  get isClassic(): boolean {
    for (const { details } of this.members.values()) if (details.classic === null) return false
    return this.members.size > 0
  }

  /** Whether a classic member with these protocols can be in the group: one of them must be common to all such. */
  supports(protocols: readonly GroupProtocol[]): boolean {
    const others = [...this.members.values()].flatMap(({ details }) => details.classic ?? [])
    return protocols.some(({ name }) => others.every(each => each.protocols.some(other => other.name === name)))
  }

  /** The assignor most members ask for. */
  get assignor(): string | undefined {
    let best: string | undefined
    for (const [name, count] of this.#votes)
      if (count > 0 && (best === undefined || count > this.#votes.get(best)!)) best = name
    return best
  }

  staticMember(instanceId: string | null): ConsumerMember | undefined {
    return instanceId === null ? undefined : this.#static.get(instanceId)
  }

  add(member: ConsumerMember): void {
    this.#list(member)
    this.#count(member.details, 1)
  }

  /** A member says something else of itself. */
  update(member: ConsumerMember, details: MemberDetails): void {
    this.#unlist(member)
    // The new first: what both say is not let go of in between.
    this.#count(details, 1)
    this.#count(member.details, -1)
    member.details = details
    this.#list(member)
  }

  /** A static member goes on under another id. */
  replace(member: ConsumerMember, id: string): ConsumerMember {
    this.#unlist(member)
    member.forget()
    const next = new ConsumerMember(id, member.details, member.standing)
    next.target = member.target
    this.#list(next)
    return next
  }

  delete(member: ConsumerMember): void {
    member.forget()
    this.#unlist(member)
    this.#count(member.details, -1)
  }

  #list(member: ConsumerMember): void {
    this.members.set(member.id, member)
    if (member.details.instanceId !== null) this.#static.set(member.details.instanceId, member)
  }

  #unlist(member: ConsumerMember): void {
    this.members.delete(member.id)
    const { instanceId } = member.details
    if (instanceId !== null && this.#static.get(instanceId) === member) this.#static.delete(instanceId)
  }

  #count(details: MemberDetails, sign: 1 | -1): void {
    if (sign > 0) this.subscriptions.add(details)
    else this.subscriptions.delete(details)
    const { assignor } = details
    if (assignor !== null) this.#votes.set(assignor, (this.#votes.get(assignor) ?? 0) + sign)
    const bytes = sign * sizeOf(details)
    this.bytes += bytes
    this.#holdings.members += sign
    this.#holdings.bytes += bytes
  }
}
