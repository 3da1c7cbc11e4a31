import { readUtf8 } from '../../bytes/utf8.ts'
import type { Partition } from '../../transport/layout.ts'
import type { GroupBalancer, GroupMember, GroupMemberAssignments } from './group-balancer.ts'
import { compare, emptyAssignments, readersByTopic } from './members.ts'

/**
 * Gives partitions to members in the rack of the partition's leader where it can, and shares them out evenly in any
 * case. Works best when members and leaders are spread alike over the racks. Every member sends its rack as its user
 * data.
 */
export class RackAffinityGroupBalancer implements GroupBalancer {
  /** The rack this member runs in, named as in the brokers' `broker.rack`. */
  readonly rack: string

  /** `rack`: where this member runs. */
  constructor({ rack }: { rack: string }) {
    this.rack = rack
  }

  protocolName(): string {
    return 'rack-affinity'
  }

  userData(): Uint8Array {
    return new TextEncoder().encode(this.rack)
  }

  assignGroups(members: readonly GroupMember[], partitions: readonly Partition[]): GroupMemberAssignments {
    const assignments = emptyAssignments(members)
    const byTopic = readersByTopic(members)
    const topics = new Map<string, Partition[]>()
    for (const partition of partitions) {
      const others = topics.get(partition.topic)
      if (others === undefined) topics.set(partition.topic, [partition])
      else others.push(partition)
    }
    for (const [topic, own] of [...topics].sort(([a], [b]) => compare(a, b))) {
      const readers = byTopic.get(topic)
      if (readers === undefined) continue
      own.sort((a, b) => a.id - b.id)
      const shares = new Shares(readers, own)
      shares.dealWithinRacks()
      shares.dealTheRest()
      for (const [id, ids] of shares.dealt) if (ids.length > 0) assignments[id]![topic] = ids
    }
    return assignments
  }
}

/** The division of one topic. */
class Shares {
  /** Partition ids by member. */
  readonly dealt = new Map<string, number[]>()
  /** What every member gets; the first `remainder` to come get one more. */
  private readonly target: number
  private remainder: number
  private readonly readers: readonly GroupMember[]
  /** Partition ids not dealt yet, by the rack of their leader, racks in order so that every leader divides alike. */
  private readonly racks: [rack: string, ids: number[]][]

  constructor(readers: readonly GroupMember[], partitions: readonly Partition[]) {
    this.readers = readers
    this.target = Math.floor(partitions.length / readers.length)
    this.remainder = partitions.length % readers.length
    for (const { id } of readers) this.dealt.set(id, [])
    const byRack = new Map<string, number[]>()
    for (const { id, leader } of partitions) {
      const ids = byRack.get(leader.rack)
      if (ids === undefined) byRack.set(leader.rack, [id])
      else ids.push(id)
    }
    this.racks = [...byRack].sort(([a], [b]) => compare(a, b))
  }

  dealWithinRacks(): void {
    for (const [rack, ids] of this.racks) {
      const local = this.readers.filter(({ userData }) => rackOf(userData) === rack)
      if (local.length === 0) continue
      const each = Math.min(this.target, Math.floor(ids.length / local.length))
      for (const { id } of local) this.dealt.get(id)!.push(...ids.splice(0, each))
      // Members that have their share may take one of the remainder each; those below it share what their rack has
      // left, fewer than one each.
      let more = Math.min(ids.length, local.length)
      if (each === this.target) {
        more = Math.min(more, this.remainder)
        this.remainder -= more
      }
      for (const { id } of local.slice(0, more)) this.dealt.get(id)!.push(ids.shift()!)
    }
  }

  dealTheRest(): void {
    const rest = this.racks.flatMap(([, ids]) => ids)
    for (const { id } of this.readers) {
      const ids = this.dealt.get(id)!
      let missing = this.target - ids.length
      if (missing >= 0 && this.remainder > 0) {
        missing++
        this.remainder--
      }
      if (missing > 0) ids.push(...rest.splice(0, missing))
    }
  }
}

function rackOf(userData: Uint8Array | null): string {
  return userData === null ? '' : readUtf8(userData, 0, userData.length)
}
