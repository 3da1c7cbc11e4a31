import type { Partition } from '../../transport/layout.ts'

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
}

/** Partition ids by topic, by member id. */
export type GroupMemberAssignments = Record<string, Record<string, number[]>>

/** One member's partitions of one topic. */
export interface GroupMemberTopic {
  topic: string
  partitions: number[]
}

/** Divides partitions among the members of a group. Runs in the member that the coordinator made the leader. */
export interface GroupBalancer {
  /** By which members agree on one: `range`, `roundrobin` … */
  protocolName(): string
  /** Sent to the leader with each join. */
  userData(): Uint8Array | null
  /**
   * Divides the partitions. Given are all members and all partitions of the topics that any of them wants; a member may
   * be given only partitions of its own topics, each partition goes to one member at most. The same input must give the
   * same output.
   */
  assignGroups(members: readonly GroupMember[], partitions: readonly Partition[]): GroupMemberAssignments
}
