import { array, nullable, struct, withDefault } from '../schema/combinators.ts'
import { int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

const topicPartitions = { topicId: uuid, partitions: array(int32) }

/**
 * Joining, leaving, subscribing and being assigned in share groups (KIP-932). To the group's coordinator. Null and -1
 * mean unchanged since the last. v0 was a preview.
 */
export const ShareGroupHeartbeat = api({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: [0, 1],
  flexible: 0,
  route: toCoordinator('group', 'groupId'),
  request: {
    groupId: string,
    memberId: string,
    /** 0 joins, -1 leaves. */
    memberEpoch: int32,
    rackId: withDefault(nullable(string), null),
    subscribedTopicNames: withDefault(nullable(array(string)), null),
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
