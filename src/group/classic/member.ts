import { messageOf, ProtocolError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { CallOptions } from '../../base/signals.ts'
import type { ResponseOf } from '../../protocol/api.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../../protocol/consumer-protocol.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { Heartbeat } from '../../protocol/heartbeat.ts'
import { JoinGroup } from '../../protocol/join-group.ts'
import { LeaveGroup } from '../../protocol/leave-group.ts'
import { SyncGroup } from '../../protocol/sync-group.ts'
import type { Cluster } from '../../transport/cluster.ts'
import type { GroupMember, GroupMemberAssignments } from '../balancers/group-balancer.ts'
import type { Membership } from '../config.ts'
import type { Coordinator } from '../coordinator.ts'
import { partitionsOf } from '../partitions.ts'

const protocolType = 'consumer'

/** What a round of joining gave this member. */
export interface Joined {
  readonly generationId: number
  readonly memberId: string
  /** Partition ids by topic. */
  readonly partitions: ReadonlyMap<string, readonly number[]>
  /** Partitions each topic had when this member, as the leader, divided them; undefined for followers. */
  readonly counts: ReadonlyMap<string, number> | undefined
}

export interface MemberOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  readonly membership: Membership
  readonly coordinator: Coordinator
  readonly cluster: Cluster
  readonly logger: Logger
}

/** One member of a classic consumer group, as the coordinator knows it: the requests and what they mean. */
export class Member {
  /** Given by the coordinator, kept from one generation to the next; empty: none. */
  id = ''
  private readonly options: MemberOptions

  constructor(options: MemberOptions) {
    this.options = options
  }

  /** One round: waits until all members have joined, divides the partitions if this one leads, and answers this one's share. */
  async join(options: CallOptions): Promise<Joined> {
    const round = await this.enter(options)
    this.id = round.memberId
    const leads = round.leader === round.memberId
    // A static leader that came back keeps the division (KIP-814), but watches the partitions as a leader does.
    const division = leads ? await this.divide(round, options) : undefined
    const assignments = round.skipAssignment ? [] : (division?.assignments ?? [])
    const share = await this.sync(round, assignments, options)
    return { generationId: round.generationId, memberId: this.id, partitions: share, counts: division?.counts }
  }

  async heartbeat(generationId: number, options: CallOptions): Promise<void> {
    const { groupId, coordinator, membership } = this.options
    const request = { groupId, generationId, memberId: this.id, groupInstanceId: membership.groupInstanceId }
    const { errorCode } = await coordinator.request('member', Heartbeat, request, options)
    coordinator.check(errorCode)
  }

  /** Not on the member's own connection, where a join may be waiting. */
  async leave(reason: string, options: CallOptions = {}): Promise<void> {
    const { groupId, coordinator, membership } = this.options
    const memberId = this.id
    this.id = ''
    const { groupInstanceId } = membership
    const request = { groupId, memberId, members: [{ memberId, groupInstanceId, reason }] }
    const { errorCode, members } = await coordinator.request('control', LeaveGroup, request, options)
    coordinator.check(errorCode)
    for (const member of members) coordinator.check(member.errorCode)
  }

  private async enter({ signal }: CallOptions): Promise<ResponseOf<typeof JoinGroup>> {
    const { groupId, topics, coordinator, membership } = this.options
    const { sessionTimeout, rebalanceTimeout, groupInstanceId, groupBalancers } = membership
    const protocols = groupBalancers.map(balancer => ({
      name: balancer.protocolName(),
      metadata: encodeSubscription({ topics, userData: balancer.userData() }),
    }))
    for (;;) {
      const response = await coordinator.request(
        'member',
        JoinGroup,
        {
          groupId,
          sessionTimeoutMs: sessionTimeout,
          rebalanceTimeoutMs: rebalanceTimeout,
          memberId: this.id,
          groupInstanceId,
          protocolType,
          protocols,
        },
        { timeoutMs: rebalanceTimeout + membership.timeout, ...(signal && { signal }) },
      )
      // The first time the coordinator only gives an id, so that a member whose answer was lost does not count twice (KIP-394).
      if (response.errorCode !== ErrorCode.MemberIDRequired || this.id !== '' || response.memberId === '') {
        coordinator.check(response.errorCode)
        return response
      }
      this.id = response.memberId
    }
  }

  private async sync(
    { generationId, protocolName }: ResponseOf<typeof JoinGroup>,
    assignments: { memberId: string; assignment: Uint8Array }[],
    { signal }: CallOptions,
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    const { groupId, coordinator, membership } = this.options
    const { groupInstanceId, sessionTimeout, timeout } = membership
    const response = await coordinator.request(
      'member',
      SyncGroup,
      { groupId, generationId, memberId: this.id, groupInstanceId, protocolType, protocolName, assignments },
      { timeoutMs: sessionTimeout + timeout, ...(signal && { signal }) },
    )
    coordinator.check(response.errorCode)
    const { assignedPartitions } = decodeAssignment(response.assignment)
    // Another's balancer made it: whatever is named twice is to be read once.
    const share = new Map<string, number[]>()
    for (const { topic, partitions } of assignedPartitions) share.set(topic, [...new Set([...(share.get(topic) ?? []), ...partitions])])
    return share
  }

  private async divide(round: ResponseOf<typeof JoinGroup>, options: CallOptions) {
    const { membership, cluster, logger } = this.options
    const balancer = membership.groupBalancers.find(candidate => candidate.protocolName() === round.protocolName)
    if (balancer === undefined)
      throw new ProtocolError(`the coordinator chose the group balancer ${round.protocolName}, which was not offered`)
    const members = round.members.map(({ memberId, groupInstanceId, metadata }) => asMember(memberId, groupInstanceId, metadata, logger))
    const topics = [...new Set(members.flatMap(member => member.topics))]
    const { partitions, counts } = await partitionsOf(cluster, topics, options)
    const division = balancer.assignGroups(members, partitions)
    return { counts, assignments: members.map(({ id }) => ({ memberId: id, assignment: asAssignment(division, id) })) }
  }
}

function asMember(id: string, groupInstanceId: string | null, metadata: Uint8Array, logger: Logger): GroupMember {
  try {
    const { topics, userData } = decodeSubscription(metadata)
    return { id, topics, userData, groupInstanceId }
  } catch (error) {
    // One member's nonsense must not keep the others from their work.
    logger.warn(`group member ${id} sent metadata that can't be read, and gets no partitions: ${messageOf(error)}`)
    return { id, topics: [], userData: null, groupInstanceId }
  }
}

function asAssignment(division: GroupMemberAssignments, id: string): Uint8Array {
  const share = Object.entries(division[id] ?? {}).map(([topic, partitions]) => ({ topic, partitions }))
  return encodeAssignment({ assignedPartitions: share, userData: null })
}
