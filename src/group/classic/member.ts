import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { CallOptions } from '../../base/signals.ts'
import type { ResponseOf } from '../../protocol/api.ts'
import { decodeAssignment, encodeSubscription } from '../../protocol/consumer-protocol.ts'
import { DescribeGroups } from '../../protocol/describe-groups.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { Heartbeat } from '../../protocol/heartbeat.ts'
import { JoinGroup } from '../../protocol/join-group.ts'
import { LeaveGroup } from '../../protocol/leave-group.ts'
import { SyncGroup } from '../../protocol/sync-group.ts'
import type { Cluster } from '../../transport/cluster.ts'
import type { OwnedPartitions } from '../balancers/group-balancer.ts'
import type { MembershipSettings } from '../config.ts'
import type { Coordinator } from '../coordinator.ts'
import type { TopicPartitions } from '../group-protocol.ts'
import { setOf } from '../partition-sets.ts'
import type { Subscription } from '../subscription.ts'

export const protocolType = 'consumer'

/** What JoinGroup answered. */
export type Round = ResponseOf<typeof JoinGroup>

/** What a member says of itself as it joins. */
export interface Entry {
  /** What it keeps while the group is divided. */
  readonly owned: TopicPartitions
  /** What it was given last. */
  readonly last: OwnedPartitions
  /** For the broker's log (KIP-800); null the first time. */
  readonly reason: string | null
}

export interface MemberParts {
  readonly groupId: string
  readonly subscription: Subscription
  readonly membership: MembershipSettings
  readonly coordinator: Coordinator
  readonly cluster: Cluster
  readonly clock: Clock
  readonly logger: Logger
}

/** How long Java's clients may take to join by default, in milliseconds. */
const longestRebalance = 300_000

/** Brokers refuse longer ones. */
const longestReason = 255

/** One member of a classic consumer group, as the coordinator knows it: the requests and what they mean. */
export class Member {
  /** Given by the coordinator, kept from one generation to the next; empty: none. */
  id = ''
  readonly #parts: MemberParts

  constructor(parts: MemberParts) {
    this.#parts = parts
  }

  /** Waits until all members have joined. */
  async join({ owned, last, reason }: Entry, { signal }: { signal: AbortSignal }): Promise<Round> {
    const { groupId, subscription, coordinator, membership } = this.#parts
    const { topics } = subscription
    const { sessionTimeout, rebalanceTimeout, groupInstanceId, groupBalancers, timeout, rack } = membership
    const ownedPartitions = [...owned].map(([topic, partitions]) => ({ topic, partitions }))
    const protocols = groupBalancers.map(balancer => ({
      name: balancer.protocolName(),
      metadata:
        balancer.wire?.subscription(topics) ??
        encodeSubscription({
          topics,
          userData: balancer.userData(last),
          ownedPartitions,
          // Unless it has something, joining again is to say the same: a follower's is no news to the others then.
          generationId: owned.size > 0 ? last.generationId : -1,
          rackId: rack,
        }),
    }))
    for (;;) {
      const anonymous = this.id === '' && groupInstanceId === null
      // Before version 4 a new member waits without an id, and would count twice if it asked again.
      const againAfter = (version: number): number =>
        (anonymous && version < 4 ? Math.max(rebalanceTimeout, longestRebalance) : rebalanceTimeout) + timeout
      const response = await coordinator.outlast(
        JoinGroup,
        {
          groupId,
          sessionTimeoutMs: sessionTimeout,
          rebalanceTimeoutMs: rebalanceTimeout,
          memberId: this.id,
          groupInstanceId,
          protocolType,
          protocols,
          reason: reason?.slice(0, longestReason) ?? null,
        },
        { signal, againAfter },
      )
      // The first time the coordinator only gives an id, so that a member whose answer was lost does not count twice
      // (KIP-394).
      if (response.errorCode !== ErrorCode.MemberIDRequired || this.id !== '' || response.memberId === '') {
        this.#check(response.errorCode)
        this.id = response.memberId
        return response
      }
      this.id = response.memberId
    }
  }

  /** This member's share; waits until the leader has divided. */
  async sync(
    { generationId, protocolName }: Round,
    assignments: { memberId: string; assignment: Uint8Array }[],
    { signal }: { signal: AbortSignal },
  ): Promise<TopicPartitions> {
    const { groupId, coordinator, membership } = this.#parts
    const { groupInstanceId, sessionTimeout } = membership
    const response = await coordinator.outlast(
      SyncGroup,
      { groupId, generationId, memberId: this.id, groupInstanceId, protocolType, protocolName, assignments },
      // Asking is a sign of life, and the place would be lost after a session without one.
      { signal, againAfter: sessionTimeout / 3 },
    )
    this.#check(response.errorCode)
    const { assignedPartitions } = decodeAssignment(response.assignment)
    // Another's balancer made it: whatever is named twice is to be read once.
    return setOf(assignedPartitions.map(({ topic, partitions }) => [topic, partitions] as const))
  }

  async heartbeat(generationId: number, options: CallOptions): Promise<void> {
    const { groupId, coordinator, membership } = this.#parts
    const request = { groupId, generationId, memberId: this.id, groupInstanceId: membership.groupInstanceId }
    const { errorCode } = await coordinator.request('member', Heartbeat, request, options)
    this.#check(errorCode)
  }

  /** Whether the group is between two generations; false where the coordinator does not tell. */
  async isDividing(options: CallOptions): Promise<boolean> {
    const { groupId, coordinator } = this.#parts
    try {
      const { groups } = await coordinator.request('control', DescribeGroups, { groups: [groupId] }, options)
      return groups[0]?.groupState.endsWith('Rebalance') ?? false
    } catch {
      return false
    }
  }

  /** Not on the member's own connection, where a join may be waiting. */
  async leave(reason: string, options: CallOptions = {}): Promise<void> {
    const { groupId, coordinator, membership } = this.#parts
    const memberId = this.id
    this.id = ''
    const { groupInstanceId } = membership
    const request = {
      groupId,
      memberId,
      members: [{ memberId, groupInstanceId, reason: reason.slice(0, longestReason) }],
    }
    const { errorCode, members } = await coordinator.request('control', LeaveGroup, request, options)
    this.#check(errorCode)
    for (const member of members) this.#check(member.errorCode)
  }

  #check(errorCode: number): void {
    const { coordinator, groupId } = this.#parts
    coordinator.check(errorCode, `group ${groupId}`)
  }
}
