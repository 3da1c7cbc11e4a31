import { array, nullable, since, struct, withDefault } from '../schema/combinators.ts'
import { int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

const topicPartitions = { topicId: uuid, partitions: array(int32) }

/**
 * Joining, leaving, subscribing and being assigned in the newer consumer groups (KIP-848): all in one request to the
 * group's coordinator. Null and -1 mean unchanged since the last.
 */
export const ConsumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexible: 0,
  route: toCoordinator('group', 'groupId'),
  request: {
    groupId: string,
    /** The member's own choice: a UUID (KIP-1082). */
    memberId: string,
    /** 0 joins, -1 leaves, -2 leaves for a while (static members). */
    memberEpoch: int32,
    instanceId: withDefault(nullable(string), null),
    rackId: withDefault(nullable(string), null),
    rebalanceTimeoutMs: withDefault(int32, -1),
    subscribedTopicNames: withDefault(nullable(array(string)), null),
    /** In RE2's syntax; the broker matches it. */
    subscribedTopicRegex: since(1, nullable(string), null),
    /** null: the broker's choice. */
    serverAssignor: withDefault(nullable(string), null),
    /** What the member owns. */
    topicPartitions: withDefault(nullable(array({ topicId: uuid, partitions: array(int32) })), null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    memberId: withDefault(nullable(string), null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    /** null: unchanged. */
    assignment: withDefault(nullable(struct({ topicPartitions: array(topicPartitions) })), null),
  },
})
