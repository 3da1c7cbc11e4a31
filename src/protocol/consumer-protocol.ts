import { array, ignorable, nullable, since, withDefault } from '../schema/combinators.ts'
import { bytes, int32, string } from '../schema/scalars.ts'
import type { In, Out } from '../schema/schema.ts'
import { decodeVersioned, encodeVersioned, versioned } from './versioned.ts'

const partitionsOfTopic = { topic: string, partitions: array(int32) }

/** What a member of a classic consumer group asks for: the metadata of each protocol in its JoinGroup. */
export const ConsumerProtocolSubscription = versioned({
  name: 'ConsumerProtocolSubscription',
  maxVersion: 3,
  fields: {
    topics: array(string),
    userData: withDefault(nullable(bytes), null),
    /** For cooperative rebalancing (KIP-429). */
    ownedPartitions: ignorable(since(1, array(partitionsOfTopic))),
    /** The generation those partitions are from, -1 for none (KIP-792). */
    generationId: ignorable(since(2, int32, -1)),
    /** KIP-881. */
    rackId: ignorable(since(3, nullable(string), null)),
  },
})
/** What `encodeSubscription` takes. */
export type SubscriptionInput = In<typeof ConsumerProtocolSubscription.schema>
/** What `decodeSubscription` answers, with the version it came in. */
export type Subscription = Out<typeof ConsumerProtocolSubscription.schema> & {
  /** The version that it came in. */
  version: number
}

/** What the leader of a classic consumer group gives a member: the assignment in its SyncGroup. */
export const ConsumerProtocolAssignment = versioned({
  name: 'ConsumerProtocolAssignment',
  maxVersion: 3,
  fields: {
    assignedPartitions: array(partitionsOfTopic),
    userData: withDefault(nullable(bytes), null),
  },
})
/** What `encodeAssignment` takes. */
export type AssignmentInput = In<typeof ConsumerProtocolAssignment.schema>
/** What `decodeAssignment` answers, with the version it came in. */
export type Assignment = Out<typeof ConsumerProtocolAssignment.schema> & {
  /** The version that it came in. */
  version: number
}

/** Bytes for a JoinGroup. Default: the highest version. */
export function encodeSubscription(subscription: SubscriptionInput, version?: number): Uint8Array {
  return encodeVersioned(ConsumerProtocolSubscription, subscription, version)
}

/** Reads a member's metadata; a ProtocolError for bytes that are none. */
export function decodeSubscription(from: Uint8Array): Subscription {
  return decodeVersioned(ConsumerProtocolSubscription, from)
}

/** At version 0 unless told otherwise: later ones say the same, and the oldest member of the group understands it. */
export function encodeAssignment(assignment: AssignmentInput, version = 0): Uint8Array {
  return encodeVersioned(ConsumerProtocolAssignment, assignment, version)
}

/** No bytes at all, which a coordinator gives a member that its leader left out, are an assignment of nothing. */
export function decodeAssignment(from: Uint8Array): Assignment {
  if (from.length === 0) return { assignedPartitions: [], userData: null, version: 0 }
  return decodeVersioned(ConsumerProtocolAssignment, from)
}
