import { ErrorCode } from '../../protocol/errors.ts'

/** What may be done, in Kafka's numbers. */
export const Operation = {
  any: 1,
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
  createTokens: 13,
  describeTokens: 14,
  twoPhaseCommit: 15,
} as const

/** What it may be done with, in Kafka's numbers. */
export const ResourceType = {
  any: 1,
  topic: 2,
  group: 3,
  cluster: 4,
  transactionalId: 5,
  delegationToken: 6,
  user: 7,
} as const

export const PatternType = { any: 1, match: 2, literal: 3, prefixed: 4 } as const

export const PermissionType = { any: 1, deny: 2, allow: 3 } as const

export const clusterName = 'kafka-cluster'

/** What who may not is told. */
export const denials: Readonly<Record<number, number>> = {
  [ResourceType.topic]: ErrorCode.TopicAuthorizationFailed,
  [ResourceType.group]: ErrorCode.GroupAuthorizationFailed,
  [ResourceType.cluster]: ErrorCode.ClusterAuthorizationFailed,
  [ResourceType.transactionalId]: ErrorCode.TransactionalIDAuthorizationFailed,
  [ResourceType.delegationToken]: ErrorCode.DelegationTokenAuthorizationFailed,
  [ResourceType.user]: ErrorCode.DelegationTokenAuthorizationFailed,
}

const { read, write, create, alter, describe, clusterAction, describeConfigs, alterConfigs, idempotentWrite } =
  Operation

/** What can be done with each at all (KIP-430). */
export const operationsOn = {
  [ResourceType.topic]: [read, write, create, Operation.delete, alter, describe, describeConfigs, alterConfigs],
  [ResourceType.group]: [read, Operation.delete, describe, describeConfigs, alterConfigs],
  [ResourceType.cluster]: [create, alter, describe, clusterAction, describeConfigs, alterConfigs, idempotentWrite],
} as const
