import type { Partition } from '../../transport/layout.ts'

/** Partitions of a member, and the generation of the group that it has them from. */
export interface OwnedPartitions {
  /** Partition ids by topic. */
  partitions: Readonly<Record<string, readonly number[]>>
  /** −1: none. */
  generationId: number
}

/** A member of a consumer group as its leader sees it. */
export interface GroupMember {
  /** The id the coordinator gave. */
  id: string
  /** The topics the member wants to read. */
  topics: readonly string[]
  /** What the member's balancer sent along. */
  userData: Uint8Array | null
  /** Set for static members (KIP-345). */
  groupInstanceId?: string | null
  /** What it keeps while the group is divided (KIP-429, KIP-792); nothing where it gives back everything first. */
  owned?: OwnedPartitions
  /** Where it runs, in the terms of the brokers' `broker.rack` (KIP-881). */
  rack?: string | null
}

/** Partition ids by topic, by member id. */
export type GroupMemberAssignments = Record<string, Record<string, number[]>>

/** One member's partitions of one topic. */
export interface GroupMemberTopic {
  /** The topic's name. */
  topic: string
  /** The numbers of the partitions. */
  partitions: number[]
}

/** A member as its leader sees it whose balancer has a format of its own. */
export interface WireMember {
  /** The id the coordinator gave. */
  id: string
  /** What it sent with its join. */
  subscription: Uint8Array
}

/**
 * What goes over the wire for a balancer, where that is not as Java's clients have it. Leaders read of a subscription the
 * topics that there are, so it begins as Java's: with version, topics and user data.
 */
export interface BalancerWire {
  /** Sent to the leader with each join. */
  subscription(topics: readonly string[]): Uint8Array
  /** What each member is sent, by its id; one that is left out gets no partitions. `topics`: those of the leader itself. */
  divide(members: readonly WireMember[], topics: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>
}

/** Divides partitions among the members of a group. Runs in the member that the coordinator made the leader. */
export interface GroupBalancer {
  /**
   * Whether members keep their partitions while the group is divided (KIP-429): a member does if all its balancers say so.
   * What goes from one to another is then given only once the first has given it back, by another round. Default false.
   */
  readonly cooperative?: boolean
  /** In place of `userData` and `assignGroups`, for a balancer with a format of its own. Default: Java's. */
  readonly wire?: BalancerWire
  /** By which members agree on one: `range`, `roundrobin` … */
  protocolName(): string
  /** Sent to the leader with each join; `last` is what this member was given last. */
  userData(last?: OwnedPartitions): Uint8Array | null
  /**
   * Divides the partitions. Given are all members and all partitions of the topics that any of them wants; a member may
   * be given only partitions of its own topics, each partition goes to one member at most. The same input must give the
   * same output.
   */
  assignGroups(members: readonly GroupMember[], partitions: readonly Partition[]): GroupMemberAssignments
}
