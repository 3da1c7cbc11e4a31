import type { Partition } from '../../transport/layout.ts'
import type { GroupBalancer, GroupMember, GroupMemberAssignments } from './group-balancer.ts'
import { emptyAssignments, inJavaOrder, partitionIds, readersByTopic } from './members.ts'

/**
 * Gives each member a range of each topic's partitions, exactly as Java's RangeAssignor: members in order of their ids,
 * the first ones get one partition more where the number does not divide. 5 partitions, 2 members: [0, 1, 2], [3, 4].
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
    const byTopic = readersByTopic(inJavaOrder(members))
    for (const [topic, ids] of partitionIds(partitions)) {
      const readers = byTopic.get(topic) ?? []
      const each = Math.floor(ids.length / readers.length)
      const extra = ids.length % readers.length
      let from = 0
      readers.forEach((member, i) => {
        const to = from + each + (i < extra ? 1 : 0)
        if (to > from) assignments[member.id]![topic] = ids.slice(from, to)
        from = to
      })
    }
    return assignments
  }
}
