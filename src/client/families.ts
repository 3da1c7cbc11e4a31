import { type ACLCalls, aclCalls } from './acls.ts'
import type { AnyCall } from './call.ts'
import { type ClusterCalls, clusterCalls } from './cluster.ts'
import { type ConfigCalls, configCalls } from './configs.ts'
import { type ConvenienceCalls, convenienceCalls } from './conveniences.ts'
import { type CoordinatorCalls, coordinatorCalls } from './coordinators.ts'
import { type DelegationTokenCalls, delegationTokenCalls } from './delegation-tokens.ts'
import { type TransactionAdminCalls, transactionAdminCalls } from './describe-transactions.ts'
import { type TransactionEndCalls, transactionEndCalls } from './end-transactions.ts'
import { type GroupAdminCalls, groupAdminCalls } from './group-admin.ts'
import { type GroupMemberCalls, groupMemberCalls } from './groups.ts'
import { type LogDirCalls, logDirCalls } from './log-dirs.ts'
import { type NewGroupCalls, newGroupCalls } from './new-groups.ts'
import { type OffsetCalls, offsetCalls } from './offsets.ts'
import { type PartitionCalls, partitionCalls } from './partitions.ts'
import { type QuorumCalls, quorumCalls } from './quorum.ts'
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
    NewGroupCalls,
    CoordinatorCalls,
    TransactionCalls,
    TransactionAdminCalls,
    TransactionEndCalls,
    ConfigCalls,
    ACLCalls,
    QuotaCalls,
    ScramUserCalls,
    DelegationTokenCalls,
    ReassignmentCalls,
    LogDirCalls,
    ClusterCalls,
    QuorumCalls,
    ConvenienceCalls {}

/** How each is carried out. */
export function families(): readonly Readonly<Record<string, AnyCall>>[] {
  return [
    recordCalls,
    topicCalls,
    partitionCalls,
    offsetCalls,
    groupMemberCalls,
    groupAdminCalls,
    newGroupCalls,
    coordinatorCalls,
    transactionCalls,
    transactionAdminCalls,
    transactionEndCalls,
    configCalls,
    aclCalls,
    quotaCalls,
    scramUserCalls,
    delegationTokenCalls,
    reassignmentCalls,
    logDirCalls,
    clusterCalls,
    quorumCalls,
    convenienceCalls,
  ]
}
