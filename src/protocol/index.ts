// Kafka's wire, public as isokafka/protocol: every API as a schema, both directions.
export { ByteReader } from '../bytes/reader.ts'
export { AddOffsetsToTxn } from './add-offsets-to-txn.ts'
export { AddPartitionsToTxn } from './add-partitions-to-txn.ts'
export { AddRaftVoter } from './add-raft-voter.ts'
export { AlterClientQuotas } from './alter-client-quotas.ts'
export { AlterConfigs } from './alter-configs.ts'
export { AlterPartitionReassignments } from './alter-partition-reassignments.ts'
export { AlterReplicaLogDirs } from './alter-replica-log-dirs.ts'
export { AlterShareGroupOffsets } from './alter-share-group-offsets.ts'
export { AlterUserScramCredentials } from './alter-user-scram-credentials.ts'
export {
  type AnyApi,
  type Api,
  api,
  type CapContext,
  type RequestInput,
  type RequestOf,
  type ResponseInput,
  type ResponseOf,
} from './api.ts'
export { ApiVersions } from './api-versions.ts'
export { ConsumerGroupDescribe } from './consumer-group-describe.ts'
export { ConsumerGroupHeartbeat } from './consumer-group-heartbeat.ts'
export {
  type Assignment,
  type AssignmentInput,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscription,
  type SubscriptionInput,
} from './consumer-protocol.ts'
export { ControlRecordType, EndTxnMarker } from './control-records.ts'
export { CreateAcls } from './create-acls.ts'
export { CreateDelegationToken } from './create-delegation-token.ts'
export { CreatePartitions } from './create-partitions.ts'
export { CreateTopics } from './create-topics.ts'
export { DeleteAcls } from './delete-acls.ts'
export { DeleteGroups } from './delete-groups.ts'
export { DeleteRecords } from './delete-records.ts'
export { DeleteShareGroupOffsets } from './delete-share-group-offsets.ts'
export { DeleteShareGroupState } from './delete-share-group-state.ts'
export { DeleteTopics } from './delete-topics.ts'
export { DescribeAcls } from './describe-acls.ts'
export { DescribeClientQuotas } from './describe-client-quotas.ts'
export { DescribeCluster } from './describe-cluster.ts'
export { DescribeConfigs } from './describe-configs.ts'
export { DescribeDelegationToken } from './describe-delegation-token.ts'
export { DescribeGroups } from './describe-groups.ts'
export { DescribeLogDirs } from './describe-log-dirs.ts'
export { DescribeProducers } from './describe-producers.ts'
export { DescribeQuorum } from './describe-quorum.ts'
export { DescribeShareGroupOffsets } from './describe-share-group-offsets.ts'
export { DescribeTopicPartitions } from './describe-topic-partitions.ts'
export { DescribeTransactions } from './describe-transactions.ts'
export { DescribeUserScramCredentials } from './describe-user-scram-credentials.ts'
export { ElectLeaders } from './elect-leaders.ts'
export { EndTxn } from './end-txn.ts'
export { ErrorCode, errorFor, isRetriable, KafkaError } from './errors.ts'
export { ExpireDelegationToken } from './expire-delegation-token.ts'
export { Fetch } from './fetch.ts'
export { FindCoordinator } from './find-coordinator.ts'
export { GetTelemetrySubscriptions } from './get-telemetry-subscriptions.ts'
export {
  type RequestHeader,
  readRequest,
  readRequestHeader,
  readResponse,
  requestFrame,
  responseFrame,
} from './headers.ts'
export { Heartbeat } from './heartbeat.ts'
export { IncrementalAlterConfigs } from './incremental-alter-configs.ts'
export { InitProducerId } from './init-producer-id.ts'
export { InitializeShareGroupState } from './initialize-share-group-state.ts'
export { JoinGroup } from './join-group.ts'
export { LeaveGroup } from './leave-group.ts'
export { ListConfigResources } from './list-config-resources.ts'
export { ListGroups } from './list-groups.ts'
export { ListOffsets } from './list-offsets.ts'
export { ListPartitionReassignments } from './list-partition-reassignments.ts'
export { ListTransactions } from './list-transactions.ts'
export { Metadata } from './metadata.ts'
export { OffsetCommit } from './offset-commit.ts'
export { OffsetDelete } from './offset-delete.ts'
export { OffsetFetch } from './offset-fetch.ts'
export { OffsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
export { Produce } from './produce.ts'
export { PushTelemetry } from './push-telemetry.ts'
export { ReadShareGroupState } from './read-share-group-state.ts'
export { ReadShareGroupStateSummary } from './read-share-group-state-summary.ts'
export { apiByKey, apis } from './registry.ts'
export { RemoveRaftVoter } from './remove-raft-voter.ts'
export { RenewDelegationToken } from './renew-delegation-token.ts'
export { SaslAuthenticate } from './sasl-authenticate.ts'
export { SaslHandshake } from './sasl-handshake.ts'
export { ShareAcknowledge } from './share-acknowledge.ts'
export { ShareFetch } from './share-fetch.ts'
export { ShareGroupDescribe } from './share-group-describe.ts'
export { ShareGroupHeartbeat } from './share-group-heartbeat.ts'
export { StreamsGroupDescribe } from './streams-group-describe.ts'
export { StreamsGroupHeartbeat } from './streams-group-heartbeat.ts'
export { StreamsGroupTopologyDescriptionUpdate } from './streams-group-topology-description-update.ts'
export { SyncGroup } from './sync-group.ts'
export { TxnOffsetCommit } from './txn-offset-commit.ts'
export { UnregisterBroker } from './unregister-broker.ts'
export { UnregisterController } from './unregister-controller.ts'
export { UpdateFeatures } from './update-features.ts'
export { decodeVersioned, encodeVersioned, type Versioned } from './versioned.ts'
export { WriteShareGroupState } from './write-share-group-state.ts'
export { WriteTxnMarkers } from './write-txn-markers.ts'
