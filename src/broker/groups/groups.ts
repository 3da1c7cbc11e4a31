import { type Clock, randomBytes16 } from '../../base/clock.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { Allowance } from '../allowance.ts'
import type { Configs } from '../configs/configs.ts'
import type { Coordinators } from '../coordinators.ts'
import type { BrokerLimits } from '../limits.ts'
import { Group } from './group.ts'
import type { Holdings } from './holdings.ts'
import { type JoinRequest, type JoinResult, joinFailed, sizeOf } from './member.ts'

/** What groups need of their cluster. */
interface Surroundings {
  readonly clock: Clock
  readonly configs: Configs
  readonly coordinators: Coordinators
  readonly limits: Required<BrokerLimits>
}

// Longer ids would be kept in many places.
const longestId = 4096

/** All classic groups, whichever broker coordinates them. */
export class Groups {
  readonly #cluster: Surroundings
  readonly #groups = new Map<string, Group>()
  /** The coordinator each group had when last looked at. */
  readonly #coordinators = new Map<string, number>()
  readonly #holdings: Holdings = { members: 0, bytes: 0 }
  readonly #offsets: Allowance

  constructor(cluster: Surroundings) {
    this.#cluster = cluster
    this.#offsets = new Allowance(cluster.limits.offsets)
  }

  get all(): readonly Group[] {
    return [...this.#groups.values()]
  }

  get count(): number {
    return this.#groups.size
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id)
  }

  /** Undefined when there are as many groups as there may be. */
  getOrCreate(id: string): Group | undefined {
    const known = this.#groups.get(id)
    if (known !== undefined) return known
    const { clock, configs, coordinators, limits } = this.#cluster
    if (id.length > longestId || (this.#groups.size >= limits.groups && !this.#dropEmpty())) return undefined
    const group = new Group(
      id,
      clock,
      configs.number('group.initial.rebalance.delay.ms'),
      this.#holdings,
      this.#offsets,
    )
    this.#groups.set(id, group)
    this.#coordinators.set(id, coordinators.of('group', id))
    return group
  }

  /** Lets go of the oldest group that has neither members nor offsets; whether there was one. */
  #dropEmpty(): boolean {
    for (const group of this.#groups.values()) {
      if (group.state !== 'Empty' || group.size > 0 || group.offsets.size > 0) continue
      this.delete(group)
      return true
    }
    return false
  }

  /** Whether members may take up so many more bytes. */
  hasRoomFor(bytes: number): boolean {
    return this.#holdings.bytes + bytes <= this.#cluster.limits.memberBytes
  }

  delete(group: Group): void {
    group.close()
    group.offsets.clear()
    this.#groups.delete(group.id)
    this.#coordinators.delete(group.id)
  }

  topicDeleted(topic: string): void {
    for (const { offsets } of this.#groups.values()) offsets.deleteTopic(topic)
  }

  /** Members that wait at a broker that coordinates their group no longer are sent to look for the one that does. */
  coordinatorsChanged(): void {
    for (const [id, group] of this.#groups) {
      const coordinator = this.#cluster.coordinators.of('group', id)
      if (coordinator === this.#coordinators.get(id)) continue
      this.#coordinators.set(id, coordinator)
      group.turnAway(ErrorCode.NotCoordinatorForGroup)
    }
  }

  /** Lets a member in: a new one, a static one that is back, or a known one. */
  join(groupId: string, request: JoinRequest): Promise<JoinResult> | JoinResult {
    const { memberId, instanceId, protocolType, protocols, sessionTimeoutMs } = request
    const { configs, limits } = this.#cluster
    const refuse = (errorCode: number): JoinResult => joinFailed(errorCode, memberId)
    if (
      sessionTimeoutMs < configs.number('group.min.session.timeout.ms') ||
      sessionTimeoutMs > configs.number('group.max.session.timeout.ms')
    )
      return refuse(ErrorCode.InvalidSessionTimeout)
    if (memberId !== '' && this.get(groupId) === undefined) return refuse(ErrorCode.UnknownMemberId)
    const group = this.getOrCreate(groupId)
    if (group === undefined) return refuse(ErrorCode.PolicyViolation)
    const isKnown = group.members.has(memberId) || group.isPending(memberId)
    const isFull = group.size >= configs.number('group.max.size') || this.#holdings.members >= limits.members
    if ((!isKnown && isFull) || !this.hasRoomFor(sizeOf(request))) return refuse(ErrorCode.GroupMaxSizeReached)
    if (!group.roster.supports(protocolType, protocols)) return refuse(ErrorCode.InconsistentGroupProtocol)
    if (memberId !== '') {
      if (group.isPending(memberId) && instanceId === null) return group.add(memberId, request)
      const errorCode = group.roster.identify(memberId, instanceId)
      return errorCode === 0 ? group.rejoin(group.members.get(memberId)!, request) : refuse(errorCode)
    }
    const newId = `${instanceId ?? request.clientId}-${uuid4(this.#cluster.clock)}`
    if (instanceId !== null) {
      const former = group.roster.staticMember(instanceId)
      return former === undefined
        ? group.add(newId, request)
        : group.replace(group.members.get(former)!, newId, request)
    }
    if (!request.requiresKnownId) return group.add(newId, request)
    group.reserve(newId, sessionTimeoutMs)
    return joinFailed(ErrorCode.MemberIDRequired, newId)
  }

  close(): void {
    for (const group of this.#groups.values()) group.close()
  }
}

/** A random UUID in its usual form. (crypto.randomUUID is missing in insecure origins.) */
function uuid4(clock: Clock): string {
  const bytes = randomBytes16(clock)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
