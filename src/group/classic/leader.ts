import { messageOf, ProtocolError } from '../../base/errors.ts'
import { type CallOptions, sleep } from '../../base/signals.ts'
import { zeroUuid } from '../../bytes/reader.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment } from '../../protocol/consumer-protocol.ts'
import { DescribeGroups } from '../../protocol/describe-groups.ts'
import { errorFor } from '../../protocol/errors.ts'
import type { GroupMember, GroupMemberAssignments } from '../balancers/group-balancer.ts'
import { partitionsOf, type TopicShape, type TopicShapes } from '../partitions.ts'
import type { MemberParts, Round } from './member.ts'
import { withhold } from './withhold.ts'

/** What the group's leader does: it divides the partitions, and has them divided anew when there are others. */
export class Leader {
  readonly #parts: MemberParts

  constructor(parts: MemberParts) {
    this.#parts = parts
  }

  /** Each member's share, and what the topics were that were divided. */
  async divide(
    round: Round,
    options: CallOptions,
  ): Promise<{ shapes: TopicShapes; assignments: { memberId: string; assignment: Uint8Array }[] }> {
    const { membership, cluster, subscription } = this.#parts
    const balancer = membership.groupBalancers.find(candidate => candidate.protocolName() === round.protocolName)
    if (balancer === undefined)
      throw new ProtocolError(`the coordinator chose the group balancer ${round.protocolName}, which was not offered`)
    const members = round.members.map(({ memberId, groupInstanceId, metadata }) =>
      this.#asMember(memberId, groupInstanceId, metadata),
    )
    const topics = [...new Set(members.flatMap(member => member.topics))]
    const { partitions, shapes } = await partitionsOf(cluster, topics, options)
    if (balancer.wire !== undefined) {
      const others = round.members.map(({ memberId: id, metadata: subscription }) => ({ id, subscription }))
      const shares = await balancer.wire.divide(others, subscription.topics)
      return { shapes, assignments: [...shares].map(([memberId, assignment]) => ({ memberId, assignment })) }
    }
    const divided = balancer.assignGroups(members, partitions)
    const division = balancer.cooperative ? withhold(divided, members) : divided
    return { shapes, assignments: members.map(({ id }) => ({ memberId: id, assignment: asAssignment(division, id) })) }
  }

  /**
   * What the topics were when the division was made that a static leader finds when it is back (KIP-814): as many
   * partitions as the members have been given. Undefined when the coordinator does not tell.
   */
  async kept(options: CallOptions): Promise<TopicShapes | undefined> {
    const { groupId, subscription, coordinator, logger } = this.#parts
    try {
      const { groups } = await coordinator.request('control', DescribeGroups, { groups: [groupId] }, options)
      const [group] = groups
      const error = errorFor(group?.errorCode ?? 0)
      if (error !== null) throw error
      const given = new Map(subscription.topics.map(topic => [topic, new Set<number>()]))
      for (const { memberId, memberMetadata, memberAssignment } of group?.members ?? []) {
        for (const topic of this.#asMember(memberId, null, memberMetadata).topics)
          if (!given.has(topic)) given.set(topic, new Set())
        if (memberAssignment.length === 0) continue
        for (const { topic, partitions } of decodeAssignment(memberAssignment).assignedPartitions)
          for (const partition of partitions) given.get(topic)?.add(partition)
      }
      return new Map(
        [...given].map(([topic, partitions]): [string, TopicShape] => [
          topic,
          { id: zeroUuid, count: partitions.size },
        ]),
      )
    } catch (error) {
      logger.info(`group ${groupId}: what its division was made of is not told: ${messageOf(error)}`)
      return undefined
    }
  }

  /** Tells `changed` once a topic is no more what was divided; looks at once where that was long ago. */
  async watch(
    shapes: TopicShapes,
    { signal, atOnce, changed }: { signal: AbortSignal; atOnce: boolean; changed(cause: unknown): void },
  ): Promise<void> {
    const { groupId, membership, cluster, clock, logger } = this.#parts
    const topics = [...shapes.keys()]
    for (let wait = !atOnce; !signal.aborted; wait = true) {
      try {
        if (wait) await sleep(membership.partitionWatchInterval, { signal, clock })
        // What a division of long ago is compared with must be of today.
        if (membership.asksForPartitions || !wait) await cluster.refresh(topics, { signal })
        const now = (await partitionsOf(cluster, topics, { signal })).shapes
        const others = topics.filter(topic => !isSame(shapes.get(topic)!, now.get(topic)!))
        if (others.length > 0) return changed(new Error(`the partitions of ${others.join(', ')} changed`))
      } catch (error) {
        if (!signal.aborted) logger.debug(`group ${groupId}: looking for new partitions failed: ${messageOf(error)}`)
      }
    }
  }

  #asMember(id: string, groupInstanceId: string | null, metadata: Uint8Array): GroupMember {
    try {
      const { topics, userData, ownedPartitions, generationId, rackId } = decodeSubscription(metadata)
      const partitions: Record<string, number[]> = Object.create(null)
      for (const { topic, partitions: ids } of ownedPartitions) {
        partitions[topic] ??= []
        for (const each of ids) partitions[topic].push(each)
      }
      return { id, topics, userData, groupInstanceId, owned: { partitions, generationId }, rack: rackId || null }
    } catch (error) {
      // One member's nonsense must not keep the others from their work.
      this.#parts.logger.warn(
        `group member ${id} sent metadata that can't be read, and gets no partitions: ${messageOf(error)}`,
      )
      return { id, topics: [], userData: null, groupInstanceId }
    }
  }
}

/**
 * A topic made anew is another, though it may have as many partitions. One that can't be seen for a moment tells
 * nothing.
 */
function isSame(then: TopicShape, now: TopicShape): boolean {
  return then.count === now.count && (then.id === now.id || then.id === zeroUuid || now.id === zeroUuid)
}

function asAssignment(division: GroupMemberAssignments, id: string): Uint8Array {
  const share = Object.entries(division[id] ?? {}).map(([topic, partitions]) => ({ topic, partitions }))
  return encodeAssignment({ assignedPartitions: share, userData: null })
}
