import { type Clock, randomBytes16 } from '../../base/clock.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { Allowance } from '../allowance.ts'
import type { Configs } from '../configs/configs.ts'
import type { NamedConfigs } from '../configs/named-configs.ts'
import type { Coordinators } from '../coordinators.ts'
import type { BrokerLimits } from '../limits.ts'
import type { Turns } from '../turns.ts'
import { assignmentBytes } from './consumer/classic-members.ts'
import { joinEpoch } from './consumer/epochs.ts'
import { ConsumerGroup, type ConsumerGroupSettings, type ConsumerGroupSurroundings } from './consumer/group.ts'
import { type HeartbeatAnswer, type HeartbeatRequest, refused } from './consumer/heartbeat.ts'
import type { TopicsKnown } from './consumer/subscriptions.ts'
import { Group } from './group.ts'
import type { Holdings } from './holdings.ts'
import { type JoinRequest, type JoinResult, joinFailed, sizeOf } from './member.ts'
import { mayConvert } from './migration-policy.ts'
import { GroupOffsets } from './offsets.ts'

export type AnyGroup = Group | ConsumerGroup

/** What groups need of their cluster. */
interface Surroundings extends TopicsKnown {
  /** Counts topics made, grown and gone. */
  readonly layoutVersion: number
  readonly clock: Clock
  readonly turns: Turns
  readonly configs: Configs
  readonly groupConfigs: NamedConfigs
  readonly coordinators: Coordinators
  readonly limits: Required<BrokerLimits>
}

// Longer ids would be kept in many places.
const longestId = 4096

/** All groups, of whichever kind, whichever broker coordinates them: an id is of one kind at a time. */
export class Groups {
  readonly #cluster: Surroundings
  readonly #groups = new Map<string, AnyGroup>()
  /** The coordinator each group had when last looked at. */
  readonly #coordinators = new Map<string, number>()
  readonly #holdings: Holdings = { members: 0, bytes: 0 }
  readonly #offsets: Allowance
  readonly #surroundings: ConsumerGroupSurroundings

  constructor(cluster: Surroundings) {
    this.#cluster = cluster
    this.#offsets = new Allowance(cluster.limits.offsets)
    this.#surroundings = {
      clock: cluster.clock,
      turns: cluster.turns,
      known: cluster,
      layoutVersion: () => cluster.layoutVersion,
      settings: groupId => this.#consumerSettings(groupId),
      holdings: this.#holdings,
      hasRoomFor: bytes => this.hasRoomFor(bytes),
      hasRoomForMember: () => this.#holdings.members < cluster.limits.members,
      onlyClassic: (group, epoch) => this.#downgrade(group, epoch),
    }
  }

  get all(): readonly AnyGroup[] {
    return [...this.#groups.values()]
  }

  get count(): number {
    return this.#groups.size
  }

  get(id: string): AnyGroup | undefined {
    return this.#groups.get(id)
  }

  classic(id: string): Group | undefined {
    const group = this.#groups.get(id)
    return group?.kind === 'classic' ? group : undefined
  }

  consumer(id: string): ConsumerGroup | undefined {
    const group = this.#groups.get(id)
    return group?.kind === 'consumer' ? group : undefined
  }

  /** The group, a classic one if there is none yet. Undefined when there are as many groups as there may be. */
  getOrCreate(id: string): AnyGroup | undefined {
    const known = this.#groups.get(id)
    if (known !== undefined) return known
    return this.#hasRoomFor(id) ? this.#put(this.#newClassic(id)) : undefined
  }

  #hasRoomFor(id: string): boolean {
    return id.length <= longestId && (this.#groups.size < this.#cluster.limits.groups || this.#dropEmpty())
  }

  #newClassic(id: string, offsets = new GroupOffsets(this.#offsets)): Group {
    const { clock, configs } = this.#cluster
    return new Group(id, clock, configs.number('group.initial.rebalance.delay.ms'), this.#holdings, offsets)
  }

  /** Puts a group in the place of the one there was of its id, which has no members. */
  #put<G extends AnyGroup>(group: G): G {
    this.#groups.get(group.id)?.close()
    this.#groups.set(group.id, group)
    this.#coordinators.set(group.id, this.#cluster.coordinators.of('group', group.id))
    return group
  }

  /** The classic group of that id. */
  #newOr(known: Group | undefined, id: string): Group | undefined {
    return known ?? (this.#hasRoomFor(id) ? this.#put(this.#newClassic(id)) : undefined)
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

  delete(group: AnyGroup): void {
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
    const present = this.get(groupId)
    const newId = `${instanceId ?? request.clientId}-${uuid4(this.#cluster.clock)}`
    if (present?.kind === 'consumer' && present.size > 0) return present.joinClassic(request, newId)
    if (memberId !== '' && present?.kind !== 'classic') return refuse(ErrorCode.UnknownMemberId)
    // An empty group is of the kind of the next that joins.
    const group =
      present?.kind === 'consumer'
        ? this.#put(this.#newClassic(groupId, present.offsets))
        : this.#newOr(present, groupId)
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

  // Consumer groups --------------------------------------------------------------------------------------------------------------------

  /** A member of a consumer group joins, is alive, or leaves. */
  heartbeat(request: HeartbeatRequest): HeartbeatAnswer {
    const { groupId, memberEpoch } = request
    const known = this.get(groupId)
    if (known?.kind === 'consumer') return memberEpoch < joinEpoch ? known.leave(request) : known.heartbeat(request)
    if (memberEpoch !== joinEpoch) return refused(ErrorCode.GroupIdNotFound, `There is no consumer group ${groupId}.`)
    if (known === undefined && !this.#hasRoomFor(groupId))
      return refused(ErrorCode.PolicyViolation, 'There are as many groups as there may be.')
    const group = new ConsumerGroup(groupId, known?.offsets ?? new GroupOffsets(this.#offsets), this.#surroundings)
    // An empty group is of the kind of the next that joins; one with members may become so.
    if (known !== undefined && known.state !== 'Empty' && !this.#upgrades(known, group))
      return refused(ErrorCode.GroupIdNotFound, `Group ${groupId} is a classic group, and can't be a consumer group.`)
    const answer = group.heartbeat(request)
    if (answer.errorCode !== 0) group.close()
    else {
      known?.disband()
      this.#put(group)
    }
    return answer
  }

  /** Whether a classic group's members go on in this one. */
  #upgrades(known: Group, group: ConsumerGroup): boolean {
    if (!mayConvert(this.#cluster.configs, 'upgrade')) return false
    return known.members.size <= this.#consumerSettings(known.id).maxSize && group.adopt(known)
  }

  /** A group whose last members are classic ones is a classic group: they are to join anew. */
  #downgrade(group: ConsumerGroup, epoch: number): void {
    const { configs } = this.#cluster
    if (this.#groups.get(group.id) !== group || !mayConvert(configs, 'downgrade')) return
    const classic = this.#newClassic(group.id, group.offsets)
    const members = [...group.members.values()].map(({ id, details, target }) => ({
      id,
      request: {
        ...details,
        ...details.classic!,
        memberId: id,
        protocolType: group.protocolType,
        requiresKnownId: true,
        canSkipAssignment: false,
      },
      assignment: assignmentBytes(target, details, this.#cluster),
    }))
    this.#put(classic)
    classic.adopt(members, epoch)
  }

  get consumerAssignors(): readonly string[] {
    return this.#cluster.configs.get('group.consumer.assignors').split(',')
  }

  #consumerSettings(groupId: string): ConsumerGroupSettings {
    const { configs, groupConfigs } = this.#cluster
    const own = groupConfigs.of(groupId)
    return {
      heartbeatInterval: own.number('consumer.heartbeat.interval.ms'),
      sessionTimeout: own.number('consumer.session.timeout.ms'),
      assignmentInterval: own.number('consumer.assignment.interval.ms'),
      maxSize: configs.number('group.consumer.max.size'),
      assignors: this.consumerAssignors,
    }
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
