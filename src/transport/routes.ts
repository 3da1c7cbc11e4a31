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

export type Route = {
  /** Sending it twice does no harm: it may be sent again when no answer came. */
  readonly repeatable?: boolean
  /** Default `control`. */
  readonly lane?: Lane
  /** A request that waits long at the broker: what tells its connection apart within the lane. */
  readonly key?: (request: Row) => string
} & (
  | { readonly to: 'any' | 'controller' | 'all' }
  | { readonly to: 'leader'; readonly request: PartitionShape; readonly response: PartitionShape }
  | {
      readonly to: 'coordinator'
      readonly kind: CoordinatorKind /** Undefined: any broker will do. */
      readonly of: (request: Row) => string | undefined
    }
)

const any: Route = { to: 'any' }
const anyRepeatable: Route = { to: 'any', repeatable: true }
const controller: Route = { to: 'controller' }
const group: Route = { to: 'coordinator', kind: 'group', of: ({ groupId }) => groupId }
const transaction: Route = { to: 'coordinator', kind: 'transaction', of: ({ transactionalId }) => transactionalId || undefined }
const plain: PartitionShape = { topics: 'topics', name: 'name', partitions: 'partitions', index: 'partitionIndex' }
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
  /* OffsetFetch */ 9: { ...group, repeatable: true, of: ({ groupId, groups }) => groupId || groups?.[0]?.groupId } as Route,
  /* FindCoordinator */ 10: anyRepeatable,
  /* JoinGroup */ 11: { ...group, lane: 'group', key: memberKey },
  /* Heartbeat */ 12: { ...group, repeatable: true },
  /* LeaveGroup */ 13: group,
  /* SyncGroup */ 14: { ...group, lane: 'group', key: memberKey },
  /* ListGroups */ 16: { to: 'all', repeatable: true },
  /* ApiVersions */ 18: anyRepeatable,
  /* CreateTopics */ 19: controller,
  /* DeleteTopics */ 20: controller,
  /* InitProducerId */ 22: transaction,
  /* AddPartitionsToTxn */ 24: transaction,
  /* AddOffsetsToTxn */ 25: transaction,
  /* EndTxn */ 26: transaction,
  /* TxnOffsetCommit */ 28: group,
  /* CreatePartitions */ 37: controller,
}

export function routeOf(apiKey: number): Route {
  return routes[apiKey] ?? any
}
