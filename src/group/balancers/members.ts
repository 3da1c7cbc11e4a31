import type { Partition } from '../../transport/layout.ts'
import type { GroupMember, GroupMemberAssignments } from './group-balancer.ts'

/** An entry without partitions for every member: one that gets nothing must be told so too. */
export function emptyAssignments(members: readonly GroupMember[]): GroupMemberAssignments {
  // No prototype: __proto__ is a legal topic name.
  const assignments: GroupMemberAssignments = Object.create(null)
  for (const { id } of members) assignments[id] = Object.create(null)
  return assignments
}

/**
 * Members as Java sorts them: static ones first, by instance id, then the others by member id. Strings compare by
 * UTF-16 unit in both.
 */
export function inJavaOrder(members: readonly GroupMember[]): GroupMember[] {
  return [...members].sort((a, b) => {
    const left = a.groupInstanceId ?? null
    const right = b.groupInstanceId ?? null
    if (left !== null && right !== null) return compare(left, right)
    if (left !== null) return -1
    if (right !== null) return 1
    return compare(a.id, b.id)
  })
}

/** Who reads each topic, in the order given. */
export function readersByTopic(members: readonly GroupMember[]): ReadonlyMap<string, readonly GroupMember[]> {
  const readers = new Map<string, GroupMember[]>()
  for (const member of members) {
    for (const topic of new Set(member.topics)) {
      const others = readers.get(topic)
      if (others === undefined) readers.set(topic, [member])
      else others.push(member)
    }
  }
  return readers
}

/** Partition ids in order, by topic in order. */
export function partitionIds(partitions: readonly Partition[]): [topic: string, ids: number[]][] {
  const byTopic = new Map<string, number[]>()
  for (const { topic, id } of partitions) {
    const ids = byTopic.get(topic)
    if (ids === undefined) byTopic.set(topic, [id])
    else ids.push(id)
  }
  for (const ids of byTopic.values()) ids.sort((a, b) => a - b)
  return [...byTopic].sort(([a], [b]) => compare(a, b))
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
