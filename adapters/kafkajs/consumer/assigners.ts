import { CooperativeStickyGroupBalancer } from '../../../src/group/balancers/cooperative-sticky.ts'
import type { GroupBalancer } from '../../../src/group/balancers/group-balancer.ts'
import { RangeGroupBalancer } from '../../../src/group/balancers/range.ts'
import { toBuffer } from '../bytes.ts'
import { KafkaJSNonRetriableError } from '../errors.ts'
import type { Assigner, Assignment, GroupMemberAssignment, PartitionAssigner } from '../types/consumer.ts'
import { AssignerProtocol } from './assigner-protocol.ts'

const { MemberMetadata, MemberAssignment } = AssignerProtocol

/**
 * Deals the partitions of the leader's topics, in their order, to the members in the order of their ids. Its name on the
 * wire is `RoundRobinAssigner`, which members of kafkajs know and Java's do not.
 */
const roundRobin: PartitionAssigner = ({ cluster }) => ({
  name: 'RoundRobinAssigner',
  version: 0,

  async assign({ members, topics }): Promise<GroupMemberAssignment[]> {
    const circle = members.map(({ memberId }) => memberId).sort()
    const shares = new Map<string, Assignment>()
    let turn = 0
    for (const topic of topics) {
      for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
        const memberId = circle[turn++ % circle.length]!
        const share = shares.get(memberId) ?? (Object.create(null) as Assignment)
        shares.set(memberId, share)
        share[topic] ??= []
        share[topic].push(partitionId)
      }
    }
    return [...shares].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({ version: this.version, assignment }),
    }))
  },

  protocol({ topics }) {
    return { name: this.name, metadata: MemberMetadata.encode({ version: this.version, topics }) }
  },
})

/** One of isokafka's balancers, under the name that Java's members know. */
function native(make: () => GroupBalancer): PartitionAssigner {
  return () => {
    const balancer = make()
    const name = balancer.protocolName()
    const refuse = (): never => {
      throw new KafkaJSNonRetriableError(`The assigner ${name} divides by itself and can't be called`)
    }
    return { name, version: 3, balancer, assign: refuse, protocol: refuse }
  }
}

/**
 * Ways to divide a group's partitions. `cooperativeSticky` and `range` are not in kafkajs: with the first alone,
 * partitions that stay with a member are not interrupted (KIP-429).
 */
export const PartitionAssigners = {
  roundRobin,
  /** Keeps partitions where they are, and stops none that stays (KIP-429). */
  cooperativeSticky: native(() => new CooperativeStickyGroupBalancer()),
  /** Gives each member a range of each topic's partitions. */
  range: native(() => new RangeGroupBalancer()),
}

/** The group's way to divide by this assigner. */
export function balancerOf(assigner: Assigner): GroupBalancer {
  return assigner.balancer ?? new AssignerBalancer(assigner)
}

/** An assigner as kafkajs has them: what members tell each other is its own. */
class AssignerBalancer implements GroupBalancer {
  readonly wire: NonNullable<GroupBalancer['wire']>
  readonly #name: string

  constructor(assigner: Assigner) {
    this.#name = assigner.name
    this.wire = {
      subscription: topics => assigner.protocol({ topics: [...topics] }).metadata,
      divide: async (members, topics) => {
        const group = members.map(({ id, subscription }) => ({
          memberId: id,
          memberMetadata: toBuffer(subscription),
        }))
        const shares = await assigner.assign({ members: group, topics: [...topics] })
        return new Map(shares.map(({ memberId, memberAssignment }) => [memberId, memberAssignment]))
      },
    }
  }

  protocolName(): string {
    return this.#name
  }

  userData(): null {
    return null
  }

  assignGroups(): never {
    throw new KafkaJSNonRetriableError(`The assigner ${this.#name} divides by itself`)
  }
}
