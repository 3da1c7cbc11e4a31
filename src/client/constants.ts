// Kafka's numbers by name. Where a request wants one of them its name does as well, in any case: 'cluster_action'.

/** A constant, or its name. */
export type OrName<C> = C[keyof C] | (keyof C & string) | Lowercase<keyof C & string>

/** What an access rule is about. Broker and Cluster are one number: in rules it means the cluster. */
export const ResourceType = {
  /** One that this package does not know. */
  Unknown: 0,
  /** In filters alone. */
  Any: 1,
  /** A topic, by name. */
  Topic: 2,
  /** A group, by its id. */
  Group: 3,
  /** The cluster, as `Cluster`: kafka-go's name. */
  Broker: 4,
  /** The cluster, by the name 'kafka-cluster'. */
  Cluster: 4,
  /** A transactional id. */
  TransactionalID: 5,
  /** A delegation token, by its token id. */
  DelegationToken: 6,
  /** For whom delegation tokens may be made (KIP-373). */
  User: 7,
} as const
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType]

/** What has settings. Topic and Broker are the same numbers as ResourceType's, the others are not. */
export const ConfigResourceType = {
  /** A topic, by name. */
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
  /** Each of the operations that there are for the kind of resource. */
  All: 2,
  /** To read records, or as a group: to join it, and to store offsets. */
  Read: 3,
  /** To write records, or as a transactional id: to begin transactions. */
  Write: 4,
  /** To make topics. */
  Create: 5,
  /** To delete it, or records of it. */
  Delete: 6,
  /** To change it: partitions, users, rules. */
  Alter: 7,
  /** To see that it is there, and what it is like. */
  Describe: 8,
  /** What brokers ask of each other. */
  ClusterAction: 9,
  /** To see its settings. */
  DescribeConfigs: 10,
  /** To change its settings. */
  AlterConfigs: 11,
  /** To write idempotently without a transactional id; since Kafka 2.8 `Write` on any topic does. */
  IdempotentWrite: 12,
  /** KIP-373. */
  CreateTokens: 13,
  /** To see delegation tokens of a user. */
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
  /** Forbids, whatever else allows. */
  Deny: 2,
  /** Allows. */
  Allow: 3,
} as const
export type ACLPermissionType = (typeof ACLPermissionType)[keyof typeof ACLPermissionType]

/** What is done to a setting (KIP-339). */
export const ConfigOperation = {
  /** Sets the value. */
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
  /** None that this package knows. */
  Unknown: 0,
  /** The topic's own settings. */
  Topic: 1,
  /** A setting of this broker, changed while it ran. */
  DynamicBroker: 2,
  /** A setting of all brokers, changed while they ran. */
  DynamicDefaultBroker: 3,
  /** The broker's file of settings. */
  StaticBroker: 4,
  /** Set nowhere: the default. */
  Default: 5,
  /** The level of one of a broker's loggers. */
  DynamicBrokerLogger: 6,
  /** A subscription to clients' metrics (KIP-714). */
  ClientMetrics: 7,
  /** The group's own settings. */
  Group: 8,
} as const
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource]

/** The type of a setting. */
export const ConfigType = {
  /** None that the broker tells. */
  Unknown: 0,
  /** 'true' or 'false'. */
  Boolean: 1,
  /** Text. */
  String: 2,
  /** An integer of 32 bits. */
  Int: 3,
  /** An integer of 16 bits. */
  Short: 4,
  /** An integer of 64 bits. */
  Long: 5,
  /** A number with a fraction. */
  Double: 6,
  /** Texts with commas between. */
  List: 7,
  /** The name of a Java class. */
  Class: 8,
  /** A secret. */
  Password: 9,
} as const
export type ConfigType = (typeof ConfigType)[keyof typeof ConfigType]

/** The hash of a user's SCRAM credentials. */
export const ScramMechanism = {
  /** None that this package knows. */
  Unknown: 0,
  /** SCRAM-SHA-256. */
  Sha256: 1,
  /** SCRAM-SHA-512. */
  Sha512: 2,
} as const
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
  /** To a higher level. */
  Upgrade: 1,
  /** Refused if metadata would be lost. */
  SafeDowngrade: 2,
  /** Even if metadata is lost. */
  UnsafeDowngrade: 3,
} as const
export type FeatureUpgradeType = (typeof FeatureUpgradeType)[keyof typeof FeatureUpgradeType]

/** Whose endpoints are told. */
export const EndpointType = {
  /** Those of the brokers. */
  Brokers: 1,
  /** Those of the controllers. */
  Controllers: 2,
} as const
export type EndpointType = (typeof EndpointType)[keyof typeof EndpointType]
