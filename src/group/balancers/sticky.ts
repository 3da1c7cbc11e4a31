import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import type { Partition } from '../../transport/layout.ts'
import type { GroupBalancer, GroupMember, GroupMemberAssignments, OwnedPartitions } from './group-balancer.ts'
import { divideStickily } from './sticky-division.ts'

/**
 * Members have as many partitions as one another and keep those they had, as far as that goes; but all give back
 * everything while the group is divided. Beside Java's StickyAssignor: each tells what it had in its user data.
 */
export class StickyGroupBalancer implements GroupBalancer {
  protocolName(): string {
    return 'sticky'
  }

  userData(last?: OwnedPartitions): Uint8Array | null {
    if (last === undefined || last.generationId < 0) return null
    const topics = Object.entries(last.partitions)
    const to = new ByteWriter(64)
    to.int32(topics.length)
    for (const [topic, ids] of topics) {
      to.string(topic, 'int16')
      to.int32(ids.length)
      for (const id of ids) to.int32(id)
    }
    to.int32(last.generationId)
    return to.done()
  }

  assignGroups(members: readonly GroupMember[], partitions: readonly Partition[]): GroupMemberAssignments {
    return divideStickily(members, partitions, ({ userData }) => lastOf(userData))
  }
}

/** Undefined for what can't be read: one member's nonsense is no claim. */
function lastOf(userData: Uint8Array | null): OwnedPartitions | undefined {
  if (userData === null) return undefined
  try {
    const from = new ByteReader(userData)
    const partitions: Record<string, number[]> = Object.create(null)
    for (let topics = from.int32(); topics > 0; topics--) {
      const ids: number[] = []
      partitions[from.utf8(from.int16())] = ids
      for (let count = from.int32(); count > 0; count--) ids.push(from.int32())
    }
    // Its first version had no generation.
    return { partitions, generationId: from.remaining > 0 ? from.int32() : -1 }
  } catch {
    return undefined
  }
}
