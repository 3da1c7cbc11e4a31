import type { GroupMember, GroupMemberAssignments } from '../balancers/group-balancer.ts'

/**
 * What goes from one member to another is given to nobody while the first still has it (KIP-429): it is told to give it
 * back, and joins again once it has.
 */
export function withhold(division: GroupMemberAssignments, members: readonly GroupMember[]): GroupMemberAssignments {
  const owners = new Map<string, Map<number, Set<string>>>()
  for (const { id, owned } of members) {
    for (const [topic, partitions] of Object.entries(owned?.partitions ?? {})) {
      const topicOwners = owners.get(topic) ?? new Map<number, Set<string>>()
      owners.set(topic, topicOwners)
      for (const partition of partitions)
        topicOwners.set(partition, (topicOwners.get(partition) ?? new Set<string>()).add(id))
    }
  }
  const withheld: GroupMemberAssignments = Object.create(null)
  for (const [id, share] of Object.entries(division)) {
    const kept: Record<string, number[]> = Object.create(null)
    for (const [topic, partitions] of Object.entries(share)) {
      const free = partitions.filter(partition => owners.get(topic)?.get(partition)?.has(id) ?? true)
      if (free.length > 0) kept[topic] = free
    }
    withheld[id] = kept
  }
  return withheld
}
