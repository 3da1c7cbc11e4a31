// Kafka's numbers by name. Where a request wants one of them its name does as well, in any case: 'cluster_action'.

/** A constant, or its name. */
export type OrName<C> = C[keyof C] | (keyof C & string) | Lowercase<keyof C & string>

/** What an access rule is about. Broker and Cluster are one number: in rules it means the cluster. */
export const ResourceType = {
  /** One that this package does not know. */
  Unknown: 0,
  /** In filters alone. */
  Any: 1,
  Topic: 2,
  Group: 3,
  Broker: 4,
  Cluster: 4,
  TransactionalID: 5,
  DelegationToken: 6,
  /** For whom delegation tokens may be made (KIP-373). */
  User: 7,
} as const
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType]

/** What has settings. Topic and Broker are the same numbers as ResourceType's, the others are not. */
export const ConfigResourceType = {
  Topic: 2,
  /** By broker id; '' for what all brokers have by default. */
  Broker: 4,
  /** A broker's log levels, by broker id (KIP-412). */
  BrokerLogger: 8,
  /** Subscriptions to clients' metrics (KIP-714). */
  ClientMetrics: 16,
  /** KIP-848. */
  Group: 32,
} as const
export type ConfigResourceType = (typeof ConfigResourceType)[keyof typeof ConfigResourceType]

/** How the name of an access rule's resource is meant (KIP-290). */
export const PatternType = {
  /** One that this package does not know. */
  Unknown: 0,
  /** In filters alone: whatever pattern. */
  Any: 1,
  /** In filters alone: whatever applies to a resource of that name. */
  Match: 2,
  /** The name itself; '*' is all of them. */
  Literal: 3,
  /** All names that begin so. */
  Prefixed: 4,
} as const
export type PatternType = (typeof PatternType)[keyof typeof PatternType]

/** What an access rule is about doing. */
export const ACLOperationType = {
  /** One that this package does not know. */
  Unknown: 0,
  /** In filters alone. */
  Any: 1,
  All: 2,
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  ClusterAction: 9,
  DescribeConfigs: 10,
  AlterConfigs: 11,
  IdempotentWrite: 12,
  /** KIP-373. */
  CreateTokens: 13,
  DescribeTokens: 14,
  /** KIP-939. */
  TwoPhaseCommit: 15,
} as const
export type ACLOperationType = (typeof ACLOperationType)[keyof typeof ACLOperationType]

/** Whether an access rule allows or denies. */
export const ACLPermissionType = {
  /** One that this package does not know. */
  Unknown: 0,
  /** In filters alone. */
  Any: 1,
  Deny: 2,
  Allow: 3,
} as const
export type ACLPermissionType = (typeof ACLPermissionType)[keyof typeof ACLPermissionType]

/** What is done to a setting (KIP-339). */
export const ConfigOperation = {
  Set: 0,
  /** Back to its default. */
  Delete: 1,
  /** Adds to a setting that is a list. */
  Append: 2,
  /** Takes out of a setting that is a list. */
  Subtract: 3,
} as const
export type ConfigOperation = (typeof ConfigOperation)[keyof typeof ConfigOperation]

/** Where a setting's value comes from. */
export const ConfigSource = {
  Unknown: 0,
  Topic: 1,
  DynamicBroker: 2,
  DynamicDefaultBroker: 3,
  StaticBroker: 4,
  Default: 5,
  DynamicBrokerLogger: 6,
  ClientMetrics: 7,
  Group: 8,
} as const
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource]

/** The type of a setting. */
export const ConfigType = {
  Unknown: 0,
  Boolean: 1,
  String: 2,
  Int: 3,
  Short: 4,
  Long: 5,
  Double: 6,
  List: 7,
  Class: 8,
  Password: 9,
} as const
export type ConfigType = (typeof ConfigType)[keyof typeof ConfigType]

/** The hash of a user's SCRAM credentials. */
export const ScramMechanism = { Unknown: 0, Sha256: 1, Sha512: 2 } as const
export type ScramMechanism = (typeof ScramMechanism)[keyof typeof ScramMechanism]

/** How a quota's entity is matched. */
export const QuotaMatch = {
  /** The one of that name. */
  Exact: 0,
  /** The one that is for those without quotas of their own. */
  Default: 1,
  /** Whatever name. */
  Any: 2,
} as const
export type QuotaMatch = (typeof QuotaMatch)[keyof typeof QuotaMatch]

/** Who may become a leader (KIP-460). */
export const ElectionType = {
  /** The first of the replicas, if it is in sync. */
  Preferred: 0,
  /** Any replica, if none in sync is there: what it lacks is lost. */
  Unclean: 1,
} as const
export type ElectionType = (typeof ElectionType)[keyof typeof ElectionType]

/** What changing the level of a cluster's feature may lead to (KIP-584). */
export const FeatureUpgradeType = {
  Upgrade: 1,
  /** Refused if metadata would be lost. */
  SafeDowngrade: 2,
  UnsafeDowngrade: 3,
} as const
export type FeatureUpgradeType = (typeof FeatureUpgradeType)[keyof typeof FeatureUpgradeType]

/** Whose endpoints are told. */
export const EndpointType = { Brokers: 1, Controllers: 2 } as const
export type EndpointType = (typeof EndpointType)[keyof typeof EndpointType]
