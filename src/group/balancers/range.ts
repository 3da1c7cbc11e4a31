import type { Partition } from '../../transport/layout.ts'
import type { GroupBalancer, GroupMember, GroupMemberAssignments } from './group-balancer.ts'
import { emptyAssignments, inJavaOrder, readersByTopic } from './members.ts'
import { matchRacks, needsRacks } from './racks.ts'
import { TopicShares } from './topic-shares.ts'

/**
 * Gives each member a range of each topic's partitions, exactly as Java's RangeAssignor: members in order of their ids,
 * the first ones get one partition more where the number does not divide. 5 partitions, 2 members: [0, 1, 2], [3, 4].
 *
 * Where members say which `rack` they run in, and not every rack has a replica of all, each is given of its share what has
 * a replica in its rack, as far as that goes (KIP-881); of topics with as many partitions and the same readers, the same
 * ones.
 */
export class RangeGroupBalancer implements GroupBalancer {
  protocolName(): string {
    return 'range'
  }

  userData(): null {
    return null
  }

  assignGroups(members: readonly GroupMember[], partitions: readonly Partition[]): GroupMemberAssignments {
    const assignments = emptyAssignments(members)
    const shares = sharesOf(members, partitions)
    if (needsRacks(members, shares)) matchRacks(shares)
    for (const share of shares) {
      for (const member of share.readers) share.give(member, share.left.slice(0, share.most(member)))
      for (const [{ id }, ids] of share.dealt)
        if (ids.length > 0) assignments[id]![share.topic] = ids.sort((a, b) => a - b)
    }
    return assignments
  }
}

/** Of the topics that somebody reads. */
function sharesOf(members: readonly GroupMember[], partitions: readonly Partition[]): TopicShares[] {
  const topics = new Map<string, Partition[]>()
  for (const partition of partitions) {
    const others = topics.get(partition.topic)
    if (others === undefined) topics.set(partition.topic, [partition])
    else others.push(partition)
  }
  return [...readersByTopic(inJavaOrder(members))].flatMap(([topic, readers]) => {
    const own = topics.get(topic)
    return own === undefined ? [] : [new TopicShares(topic, readers, own)]
  })
}
