import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import type { Partition } from '../../transport/layout.ts'
import type { GroupBalancer, GroupMember, GroupMemberAssignments, OwnedPartitions } from './group-balancer.ts'
import { divideStickily } from './sticky-division.ts'

/**
 * Members have as many partitions as one another and keep those they have, also while the group is divided (KIP-429): only
 * what goes to another is interrupted. Beside Java's CooperativeStickyAssignor. A group moves from an eager balancer to this
 * one in two rolls: to `[new CooperativeStickyGroupBalancer(), theOther]` first, then to this one alone.
 */
export class CooperativeStickyGroupBalancer implements GroupBalancer {
  readonly cooperative = true

  protocolName(): string {
    return 'cooperative-sticky'
  }

  /** The generation alone, for leaders that look for it here; subscriptions have it themselves since KIP-792. */
  userData(last?: OwnedPartitions): Uint8Array {
    const to = new ByteWriter(4)
    to.int32(last?.generationId ?? -1)
    return to.done()
  }

  assignGroups(members: readonly GroupMember[], partitions: readonly Partition[]): GroupMemberAssignments {
    return divideStickily(members, partitions, ({ owned, userData }) =>
      owned === undefined || owned.generationId >= 0 ? owned : { ...owned, generationId: generationIn(userData) },
    )
  }
}

function generationIn(userData: Uint8Array | null): number {
  return userData?.length === 4 ? new ByteReader(userData).int32() : -1
}
