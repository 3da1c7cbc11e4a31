import type { Partition } from '../../transport/layout.ts'
import type { GroupBalancer, GroupMember, GroupMemberAssignments } from './group-balancer.ts'
import { emptyAssignments, inJavaOrder, partitionIds } from './members.ts'

/**
 * Deals the partitions of all topics like cards, exactly as Java's RoundRobinAssignor: topics in order of their names,
 * members in order of their ids; who doesn't read the topic is passed over. 5 partitions, 2 members: [0, 2, 4], [1, 3].
 */
export class RoundRobinGroupBalancer implements GroupBalancer {
  protocolName(): string {
    return 'roundrobin'
  }

  userData(): null {
    return null
  }

  assignGroups(members: readonly GroupMember[], partitions: readonly Partition[]): GroupMemberAssignments {
    const assignments = emptyAssignments(members)
    const circle = inJavaOrder(members)
    let turn = 0
    for (const [topic, ids] of partitionIds(partitions)) {
      if (!circle.some(member => member.topics.includes(topic))) continue
      for (const id of ids) {
        while (!circle[turn % circle.length]!.topics.includes(topic)) turn++
        const dealt = assignments[circle[turn++ % circle.length]!.id]!
        const own = dealt[topic]
        if (own === undefined) dealt[topic] = [id]
        else own.push(id)
      }
    }
    return assignments
  }
}
