import { type ACLCalls, aclCalls } from './acls.ts'
import type { AnyCall } from './call.ts'
import { type ConfigCalls, configCalls } from './configs.ts'
import { type CoordinatorCalls, coordinatorCalls } from './coordinators.ts'
import { type GroupAdminCalls, groupAdminCalls } from './group-admin.ts'
import { type GroupMemberCalls, groupMemberCalls } from './groups.ts'
import { type OffsetCalls, offsetCalls } from './offsets.ts'
import { type PartitionCalls, partitionCalls } from './partitions.ts'
import { type QuotaCalls, quotaCalls } from './quotas.ts'
import { type ReassignmentCalls, reassignmentCalls } from './reassignments.ts'
import { type RecordCalls, recordCalls } from './records.ts'
import { type ScramUserCalls, scramUserCalls } from './scram-users.ts'
import { type TopicCalls, topicCalls } from './topics.ts'
import { type TransactionCalls, transactionCalls } from './transactions.ts'

/** All methods of a Client but those about itself. */
export interface Methods
  extends RecordCalls,
    TopicCalls,
    PartitionCalls,
    OffsetCalls,
    GroupMemberCalls,
    GroupAdminCalls,
    CoordinatorCalls,
    TransactionCalls,
    ConfigCalls,
    ACLCalls,
    QuotaCalls,
    ScramUserCalls,
    ReassignmentCalls {}

/** How each is carried out. */
export function families(): readonly Readonly<Record<string, AnyCall>>[] {
  return [
    recordCalls,
    topicCalls,
    partitionCalls,
    offsetCalls,
    groupMemberCalls,
    groupAdminCalls,
    coordinatorCalls,
    transactionCalls,
    configCalls,
    aclCalls,
    quotaCalls,
    scramUserCalls,
    reassignmentCalls,
  ]
}
