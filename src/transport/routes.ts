import type { CoordinatorKind } from './coordinators.ts'
import type { Lane } from './lane.ts'

// biome-ignore lint/suspicious/noExplicitAny: requests and responses of every API; their shapes are what this table is about
export type Row = Record<string, any>

/** Where topics and partitions are in a request and its response. A topic is named by `name` or `topicId`. */
export interface PartitionShape {
  readonly topics: string
  readonly name: string
  readonly partitions: string
  readonly index: string
}

interface Common {
  /** Sending it twice does no harm: it may be sent again when no answer came. */
  readonly repeatable?: boolean
  /** Default `control`. */
  readonly lane?: Lane
  /** A request that waits long at the broker: what tells its connection apart within the lane. */
  readonly key?: (request: Row) => string
}

/** To any broker, the controller, or all. */
export type PlainRoute = Common & { readonly to: 'any' | 'controller' | 'all' }

/** To the leaders of partitions, split and put together again. */
export type LeaderRoute = Common & { readonly to: 'leader'; readonly request: PartitionShape; readonly response: PartitionShape }

/** To one coordinator; `of` names the group or transaction, undefined if any broker will do. */
export type CoordinatorRoute = Common & {
  readonly to: 'coordinator'
  readonly kind: CoordinatorKind
  readonly of: (request: Row) => string | undefined
}

/** To the coordinators of the groups or transactions listed in a field, each asked for its own. */
export type CoordinatorsRoute = Common & { readonly to: 'coordinators'; readonly kind: CoordinatorKind; readonly list: string }

export type Route = PlainRoute | LeaderRoute | CoordinatorRoute | CoordinatorsRoute

const any: Route = { to: 'any' }
const anyRepeatable: Route = { to: 'any', repeatable: true }
const controller: Route = { to: 'controller' }
const all: Route = { to: 'all', repeatable: true }
const group: CoordinatorRoute = { to: 'coordinator', kind: 'group', of: ({ groupId }) => groupId }
const transaction: CoordinatorRoute = { to: 'coordinator', kind: 'transaction', of: ({ transactionalId }) => transactionalId || undefined }
const plain: PartitionShape = { topics: 'topics', name: 'name', partitions: 'partitions', index: 'partitionIndex' }
const byTopic: PartitionShape = { topics: 'topics', name: 'topic', partitions: 'partitions', index: 'partition' }
const memberKey = ({ groupId, memberId }: Row): string => `${groupId} ${memberId}`

/** Which broker each API goes to, by API key; what is not here goes to any. */
const routes: Readonly<Record<number, Route>> = {
  /* Produce */ 0: {
    to: 'leader',
    lane: 'produce',
    request: { topics: 'topicData', name: 'name', partitions: 'partitionData', index: 'index' },
    response: { topics: 'responses', name: 'name', partitions: 'partitionResponses', index: 'index' },
  },
  /* Fetch */ 1: {
    to: 'leader',
    lane: 'fetch',
    repeatable: true,
    request: { topics: 'topics', name: 'topic', partitions: 'partitions', index: 'partition' },
    response: { topics: 'responses', name: 'topic', partitions: 'partitions', index: 'partitionIndex' },
  },
  /* ListOffsets */ 2: { to: 'leader', repeatable: true, request: plain, response: plain },
  /* Metadata */ 3: anyRepeatable,
  /* OffsetCommit */ 8: group,
  /* OffsetFetch */ 9: { ...group, repeatable: true, of: ({ groupId, groups }) => groupId || groups?.[0]?.groupId },
  /* FindCoordinator */ 10: anyRepeatable,
  /* JoinGroup */ 11: { ...group, lane: 'group', key: memberKey },
  /* Heartbeat */ 12: { ...group, repeatable: true },
  /* LeaveGroup */ 13: group,
  /* SyncGroup */ 14: { ...group, lane: 'group', key: memberKey },
  /* DescribeGroups */ 15: { to: 'coordinators', kind: 'group', list: 'groups', repeatable: true },
  /* ListGroups */ 16: all,
  /* ApiVersions */ 18: anyRepeatable,
  /* CreateTopics */ 19: controller,
  /* DeleteTopics */ 20: controller,
  /* DeleteRecords */ 21: { to: 'leader', request: plain, response: plain },
  /* InitProducerId */ 22: transaction,
  /* OffsetForLeaderEpoch */ 23: { to: 'leader', repeatable: true, request: byTopic, response: byTopic },
  /* AddPartitionsToTxn */ 24: { ...transaction, of: ({ v3AndBelowTransactionalId }) => v3AndBelowTransactionalId || undefined },
  /* AddOffsetsToTxn */ 25: transaction,
  /* EndTxn */ 26: transaction,
  /* TxnOffsetCommit */ 28: group,
  /* CreateAcls */ 30: controller,
  /* DeleteAcls */ 31: controller,
  /* AlterConfigs */ 33: controller,
  /* CreatePartitions */ 37: controller,
  /* DeleteGroups */ 42: { to: 'coordinators', kind: 'group', list: 'groupsNames' },
  /* ElectLeaders */ 43: controller,
  /* IncrementalAlterConfigs */ 44: controller,
  /* AlterPartitionReassignments */ 45: controller,
  /* ListPartitionReassignments */ 46: { to: 'controller', repeatable: true },
  /* OffsetDelete */ 47: group,
  /* AlterClientQuotas */ 49: controller,
  /* AlterUserScramCredentials */ 51: controller,
  /* DescribeTransactions */ 65: { to: 'coordinators', kind: 'transaction', list: 'transactionalIds', repeatable: true },
  /* ListTransactions */ 66: all,
  /* ConsumerGroupHeartbeat */ 68: { ...group, lane: 'group', key: memberKey },
  /* ConsumerGroupDescribe */ 69: { to: 'coordinators', kind: 'group', list: 'groupIds', repeatable: true },
}

export function routeOf(apiKey: number): Route {
  return routes[apiKey] ?? any
}
