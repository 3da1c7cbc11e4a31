// The public surface, nothing else. Its types have Symbol.asyncDispose, which the libs of older targets lack.
/// <reference lib="esnext.disposable" preserve="true" />
export type { Balancer, BalancerFunc } from './balancer/balancer.ts'
export { CRC32Balancer } from './balancer/crc32-balancer.ts'
export { Hash } from './balancer/hash.ts'
export { LeastBytes } from './balancer/least-bytes.ts'
export { Murmur2Balancer } from './balancer/murmur2-balancer.ts'
export { ReferenceHash } from './balancer/reference-hash.ts'
export { RoundRobin } from './balancer/round-robin.ts'
export { type Addr, type AddressLike, tcp } from './base/address.ts'
export type { Backoff } from './base/backoff.ts'
export { type Clock, systemClock } from './base/clock.ts'
export type { Duration } from './base/duration.ts'
export {
  AuthenticationError,
  ClosedError,
  ConfigError,
  ConnectionError,
  IsoKafkaError,
  messageOf,
  ProtocolError,
  TimeoutError,
} from './base/errors.ts'
export type { ClientEvent, EventSink } from './base/events.ts'
export { type Logger, silentLogger } from './base/logger.ts'
export type { CallOptions } from './base/signals.ts'
export type { DurationStats, SummaryStats } from './base/summary.ts'
export type {
  ACLDescription,
  ACLEntry,
  ACLFilter,
  ACLResource,
  CreateACLsRequest,
  CreateACLsResponse,
  DeleteACLsFilter,
  DeleteACLsMatchingACLs,
  DeleteACLsRequest,
  DeleteACLsResponse,
  DeleteACLsResult,
  DescribeACLsRequest,
  DescribeACLsResponse,
} from './client/acls.ts'
export type { ApiVersionsRequest, ApiVersionsResponse, ApiVersionsResponseApiKey } from './client/api-versions.ts'
export { Client, type ClientConfig } from './client/client.ts'
export type {
  DescribeClusterBroker,
  DescribeClusterRequest,
  DescribeClusterResponse,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
} from './client/cluster.ts'
export type {
  AlterConfigRequestConfig,
  AlterConfigRequestResource,
  AlterConfigsRequest,
  AlterConfigsResponse,
  AlterConfigsResponseResource,
  ConfigResource,
  DescribeConfigRequestResource,
  DescribeConfigResponseConfigEntry,
  DescribeConfigResponseConfigSynonym,
  DescribeConfigResponseResource,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsRequestConfig,
  IncrementalAlterConfigsRequestResource,
  IncrementalAlterConfigsResponse,
  IncrementalAlterConfigsResponseResource,
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from './client/configs.ts'
export {
  ACLOperationType,
  ACLPermissionType,
  ConfigOperation,
  ConfigResourceType,
  ConfigSource,
  ConfigType,
  ElectionType,
  EndpointType,
  FeatureUpgradeType,
  type OrName,
  PatternType,
  QuotaMatch,
  ResourceType,
  ScramMechanism,
} from './client/constants.ts'
export {
  CoordinatorKeyType,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  type FindCoordinatorResponseCoordinator,
  type InitProducerIDRequest,
  type InitProducerIDResponse,
  type ProducerSession,
} from './client/coordinators.ts'
export type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  TopicPartitionAssignment,
  TopicPartitionsConfig,
} from './client/create-partitions.ts'
export type {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
  DelegationToken,
  DelegationTokenExpiry,
  DescribeDelegationTokensRequest,
  DescribeDelegationTokensResponse,
  ExpireDelegationTokenRequest,
  KafkaPrincipal,
  RenewDelegationTokenRequest,
} from './client/delegation-tokens.ts'
export type {
  DeleteRecordsPartition,
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  RecordsToDelete,
} from './client/delete-records.ts'
export type {
  ConsumerGroupDescription,
  ConsumerGroupMember,
  DescribeConsumerGroupsResponse,
  DescribeNewGroupsRequest,
  NewGroupDescription,
} from './client/describe-consumer-groups.ts'
export type {
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  DescribeGroupsResponseAssignments,
  DescribeGroupsResponseGroup,
  DescribeGroupsResponseMember,
  DescribeGroupsResponseMemberMetadata,
  DescribeGroupsResponseMemberMetadataOwnedPartition,
} from './client/describe-groups.ts'
export type {
  DescribeStreamsGroupsRequest,
  DescribeStreamsGroupsResponse,
  StreamsAssignment,
  StreamsGroupDescription,
  StreamsGroupMember,
  StreamsSubtopology,
  StreamsTaskOffset,
  StreamsTopic,
  StreamsTopology,
} from './client/describe-streams-groups.ts'
export type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  PartitionDescription,
  TopicDescription,
  TopicPartitionsCursor,
} from './client/describe-topic-partitions.ts'
export type {
  ActiveProducer,
  DescribeProducersRequest,
  DescribeProducersResponse,
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
  ListedTransaction,
  ListTransactionsRequest,
  ListTransactionsResponse,
  PartitionProducers,
  TransactionDescription,
} from './client/describe-transactions.ts'
export type {
  ElectLeadersRequest,
  ElectLeadersResponse,
  ElectLeadersResponsePartitionResult,
} from './client/elections.ts'
export type {
  AbortTransactionRequest,
  AbortTransactionResponse,
  FencedProducer,
  FenceProducersRequest,
  FenceProducersResponse,
  ForceTerminateTransactionRequest,
  ForceTerminateTransactionResponse,
} from './client/end-transactions.ts'
export type {
  DescribeFeaturesRequest,
  DescribeFeaturesResponse,
  FeatureLevels,
  FeatureUpdate,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from './client/features.ts'
export type { FetchRequest, FetchResponse } from './client/fetch.ts'
export type {
  DeleteGroupsRequest,
  DeleteGroupsResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  ListGroupsResponseGroup,
  OffsetDelete,
  OffsetDeletePartition,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
} from './client/group-admin.ts'
export type { GroupLag, GroupLagRequest, GroupLagResponse, PartitionLag } from './client/group-lag.ts'
export type {
  GroupProtocol,
  GroupProtocolAssignment,
  GroupProtocolSubscription,
  HeartbeatRequest,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  JoinGroupResponseMember,
  LeaveGroupRequest,
  LeaveGroupRequestMember,
  LeaveGroupResponse,
  LeaveGroupResponseMember,
  SyncGroupRequest,
  SyncGroupRequestAssignment,
  SyncGroupResponse,
} from './client/groups.ts'
export {
  firstOffsetOf,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  lastOffsetOf,
  type OffsetRequest,
  type PartitionOffsets,
  timeOffsetOf,
} from './client/list-offsets.ts'
export type {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
  DescribeLogDirsBroker,
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
  LogDir,
  LogDirReplica,
  ReplicaMove,
  ReplicaMoveResult,
} from './client/log-dirs.ts'
export type { MetadataRequest, MetadataResponse, Topic } from './client/metadata.ts'
export type {
  OffsetCommit,
  OffsetCommitPartition,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchPartition,
  OffsetFetchRequest,
  OffsetFetchResponse,
  TopicAndGroup,
} from './client/offsets.ts'
export { formatOffsetsCsv, type OffsetsOfGroup, type ParsedOffsets, parseOffsetsCsv } from './client/offsets-csv.ts'
export type { ProduceRequest, ProduceResponse, RawProduceRequest } from './client/produce.ts'
export type {
  AddRaftVoterRequest,
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  QuorumNode,
  QuorumReplica,
  RaftListener,
  RaftVoterResponse,
  RemoveRaftVoterRequest,
} from './client/quorum.ts'
export type {
  AlterClientQuotaEntity,
  AlterClientQuotaEntry,
  AlterClientQuotaOps,
  AlterClientQuotaResponseQuotas,
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  DescribeClientQuotasEntity,
  DescribeClientQuotasRequest,
  DescribeClientQuotasRequestComponent,
  DescribeClientQuotasResponse,
  DescribeClientQuotasResponseQuotas,
  DescribeClientQuotasValue,
} from './client/quotas.ts'
export type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsRequestAssignment,
  AlterPartitionReassignmentsResponse,
  AlterPartitionReassignmentsResponsePartitionResult,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsRequestTopic,
  ListPartitionReassignmentsResponse,
  ListPartitionReassignmentsResponsePartition,
  ListPartitionReassignmentsResponseTopic,
} from './client/reassignments.ts'
export { type FetchedRecord, type FetchedRecord as Record, RecordReader } from './client/record-reader.ts'
export type {
  PartitionOffset,
  ResetOffset,
  ResetOffsetsRequest,
  ResetOffsetsResponse,
  ResetTarget,
} from './client/reset-offsets.ts'
export type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
  AlterUserScramCredentialsResponseUser,
  DescribeUserScramCredentialsCredentialInfo,
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
  DescribeUserScramCredentialsResponseResult,
  UserScramCredentialsDeletion,
  UserScramCredentialsUpsertion,
  UserScramCredentialsUser,
} from './client/scram-users.ts'
export type {
  AlterShareGroupOffsetsPartition,
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
  DescribeShareGroupsResponse,
  ShareGroupDescription,
  ShareGroupMember,
  ShareGroupOffset,
  ShareGroupOffsets,
  ShareGroupOffsetsOf,
  ShareGroupStart,
} from './client/share-groups.ts'
export type { GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse } from './client/telemetry.ts'
export type {
  PartitionRange,
  TopicOffsetsRequest,
  TopicOffsetsResponse,
  TopicSelection,
} from './client/topic-offsets.ts'
export type {
  ConfigEntry,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ReplicaAssignment,
  TopicConfig,
} from './client/topics.ts'
export type {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  AddPartitionToTxn,
  AddPartitionToTxnPartition,
  EndTxnRequest,
  EndTxnResponse,
  TxnOffsetCommit,
  TxnOffsetCommitPartition,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from './client/transactions.ts'
export type { WaitForTopicRequest } from './client/wait-for-topic.ts'
export {
  Compression,
  type CompressionCodec,
  type CompressionName,
  type CustomCompressor,
  DecompressionLimitError,
  type NativeCodec,
  type NativeCodecs,
} from './compression/codec.ts'
export { Batch } from './conn/batch.ts'
export type { ConnConfig, ReadBatchConfig } from './conn/config.ts'
export { type ApiVersion, Conn } from './conn/conn.ts'
export {
  DefaultDialer,
  dial,
  dialLeader,
  dialPartition,
  lookupLeader,
  lookupPartition,
  lookupPartitions,
} from './conn/dial.ts'
export { Dialer } from './conn/dialer.ts'
export type { DialerConfig } from './conn/dialer-config.ts'
export { ShortBufferError } from './conn/errors.ts'
export { SeekAbsolute, SeekCurrent, SeekDontCheck, SeekEnd, SeekStart } from './conn/seek.ts'
export type { CodecLike, WrittenBatch } from './conn/writing.ts'
export { CooperativeStickyGroupBalancer } from './group/balancers/cooperative-sticky.ts'
export type {
  BalancerWire,
  GroupBalancer,
  GroupMember,
  GroupMemberAssignments,
  GroupMemberTopic,
  OwnedPartitions,
  WireMember,
} from './group/balancers/group-balancer.ts'
export { RackAffinityGroupBalancer } from './group/balancers/rack-affinity.ts'
export { RangeGroupBalancer } from './group/balancers/range.ts'
export { RoundRobinGroupBalancer } from './group/balancers/round-robin.ts'
export { StickyGroupBalancer } from './group/balancers/sticky.ts'
export type { CloseOptions } from './group/close-options.ts'
export type { ConsumerGroupConfig, MembershipConfig } from './group/config.ts'
export { ConsumerGroup } from './group/consumer-group.ts'
export { GenerationEndedError, GroupClosedError } from './group/errors.ts'
export type { Generation, GroupOffsets, PartitionAssignment } from './group/generation.ts'
export type { PartitionsHook, PartitionsHookOptions, PartitionsHooks } from './group/hooks.ts'
export { type Pipeline, type PipelineOptions, pipeline, type Transform } from './pipeline/pipeline.ts'
export { RequiredAcks, type RequiredAcksName } from './protocol/acks.ts'
export { ErrorCode, KafkaError } from './protocol/errors.ts'
export {
  FirstOffset,
  IsolationLevel,
  type IsolationLevelName,
  LastOffset,
  type OffsetName,
} from './protocol/offsets.ts'
export type { FetchOptions, OffsetOutOfRange, ReaderConfig } from './reader/config.ts'
export { LogTruncationError } from './reader/log-truncation-error.ts'
export type { MessageBatch } from './reader/message-batch.ts'
export type { ByDuration, SeekTarget } from './reader/place.ts'
export type { DoneWith } from './reader/read-to.ts'
export { Reader } from './reader/reader.ts'
export type { PartitionStats, PartitionTrouble, ReaderStats } from './reader/stats.ts'
export { type Header, Message } from './records/message.ts'
export type { Bytes, HeaderInput, MessageInput } from './records/message-input.ts'
export type { RecordCursor } from './records/record-cursor.ts'
export type { DeadLetters, MessageHandler, RunOptions } from './running/options.ts'
export { type Run, run } from './running/run.ts'
export { type AwsCredentials, type AwsMskIamOptions, awsMskIam } from './sasl/aws-msk-iam.ts'
export type { Mechanism, SaslSession, SaslStart, StateMachine } from './sasl/mechanism.ts'
export { type OAuthBearerOptions, oauthBearer } from './sasl/oauthbearer.ts'
export { type OidcOptions, oidc } from './sasl/oidc.ts'
export { type PlainOptions, plain } from './sasl/plain.ts'
export { type ScramOptions, scram } from './sasl/scram.ts'
export { type SignedJwtOptions, signedJwt } from './sasl/signed-jwt.ts'
export type { BearerToken, TokenRequest, TokenSource } from './sasl/token-cache.ts'
export { marshal, unmarshal, Version } from './schema/marshal.ts'
export type {
  Address,
  DialOptions,
  Natives,
  PeerCertificate,
  Socket,
  SocketAdapter,
  SocketOptions,
  TLSOptions,
} from './socket/socket.ts'
export { type MessageReader, readableStream } from './streams/readable.ts'
export { type WritableStreamOptions, writableStream } from './streams/writable.ts'
export { BrokerResolver } from './transport/broker-resolver.ts'
export type { TransportConfig } from './transport/config.ts'
export type { Resolver } from './transport/hosts.ts'
export type { Broker, Partition, TopicPartition } from './transport/layout.ts'
export type { TransportMemory } from './transport/memory.ts'
export type { Request, Response, RoundTripOptions, RoundTripper } from './transport/round-tripper.ts'
export { Transport } from './transport/transport.ts'
export type {
  BatchReceipt,
  Completion,
  WriteOptions,
  WriteReceipt,
  WriterConfig,
  WrittenMessage,
} from './writer/config.ts'
export { MessageTooLargeError, UnknownOutcomeError, WriteErrors } from './writer/errors.ts'
export type { WriterStats } from './writer/metrics.ts'
export type { GroupName } from './writer/transactions/committed-offsets.ts'
export { type ErrorCategory, errorCategory } from './writer/transactions/error-category.ts'
export { ProducerFencedError, TransactionAbortedError } from './writer/transactions/errors.ts'
export type { Transaction, TransactionState } from './writer/transactions/transaction.ts'
export type { OffsetSource, TransactionOffsets } from './writer/transactions/transaction-offsets.ts'
export { Writer } from './writer/writer.ts'
