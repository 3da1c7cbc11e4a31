import type * as enums from './enums.ts'

// enums.ts says which numbers there are: one that is missing here, or another, does not compile.
type NumbersOf<Enum> = {
  readonly [Name in keyof Enum]: `${Enum[Name] & number}` extends `${infer Value extends number}` ? Value : never
}

function numbers<Enum>(values: NumbersOf<Enum>): Enum {
  return values as unknown as Enum
}

/** How much a logger tells; each level includes those below it. */
export const logLevel = numbers<typeof enums.logLevel>({ NOTHING: 0, ERROR: 1, WARN: 2, INFO: 4, DEBUG: 5 })
export type logLevel = enums.logLevel

/** How a send's messages are compressed. */
export const CompressionTypes = numbers<typeof enums.CompressionTypes>({
  None: 0,
  GZIP: 1,
  Snappy: 2,
  LZ4: 3,
  ZSTD: 4,
})
export type CompressionTypes = enums.CompressionTypes

/** What has settings. */
export const ConfigResourceTypes = numbers<typeof enums.ConfigResourceTypes>({
  UNKNOWN: 0,
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
})
export type ConfigResourceTypes = enums.ConfigResourceTypes

/** Where the value of a setting comes from. */
export const ConfigSource = numbers<typeof enums.ConfigSource>({
  UNKNOWN: 0,
  TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
})
export type ConfigSource = enums.ConfigSource

/** What an access rule is about. */
export const AclResourceTypes = numbers<typeof enums.AclResourceTypes>({
  UNKNOWN: 0,
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
})
export type AclResourceTypes = enums.AclResourceTypes

/** What an access rule is about doing. */
export const AclOperationTypes = numbers<typeof enums.AclOperationTypes>({
  UNKNOWN: 0,
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
})
export type AclOperationTypes = enums.AclOperationTypes

/** Whether an access rule allows or denies. */
export const AclPermissionTypes = numbers<typeof enums.AclPermissionTypes>({
  UNKNOWN: 0,
  ANY: 1,
  DENY: 2,
  ALLOW: 3,
})
export type AclPermissionTypes = enums.AclPermissionTypes

/** How the name in an access rule is meant. */
export const ResourcePatternTypes = numbers<typeof enums.ResourcePatternTypes>({
  UNKNOWN: 0,
  ANY: 1,
  MATCH: 2,
  LITERAL: 3,
  PREFIXED: 4,
})
export type ResourcePatternTypes = enums.ResourcePatternTypes
