import { array, ignorable, nullable, since, struct, until, withDefault } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, int64, size64, string, uint16 } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

const keyValue = { key: string, value: string }

const topicInfo = { name: string, partitions: int32, replicationFactor: int16, topicConfigs: array(keyValue) }

const taskIds = { subtopologyId: string, partitions: array(int32) }

const endpoint = { host: string, port: uint16 }

const taskOffset = { subtopologyId: string, partition: int32, offset: int64 }

const status = { statusCode: int8, statusDetail: string }

const topicPartition = { topic: string, partitions: array(int32) }

/**
 * Joining, leaving and being assigned tasks in streams groups (KIP-1071). To the group's coordinator. Null and -1 mean
 * unchanged since the last.
 */
export const StreamsGroupHeartbeat = api({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: [0, 1],
  flexible: 0,
  route: toCoordinator('group', 'groupId'),
  request: {
    groupId: string,
    memberId: string,
    /** 0 joins, -1 leaves, -2 leaves for a while (static members). */
    memberEpoch: int32,
    endpointInformationEpoch: int32,
    instanceId: withDefault(nullable(string), null),
    rackId: withDefault(nullable(string), null),
    rebalanceTimeoutMs: withDefault(int32, -1),
    /** Given on joining. */
    topology: withDefault(
      nullable(
        struct({
          epoch: int32,
          subtopologies: array({
            subtopologyId: string,
            sourceTopics: array(string),
            sourceTopicRegex: array(string),
            stateChangelogTopics: array(topicInfo),
            repartitionSinkTopics: array(string),
            repartitionSourceTopics: array(topicInfo),
            copartitionGroups: array({
              sourceTopics: array(int16),
              sourceTopicRegex: array(int16),
              repartitionSourceTopics: array(int16),
            }),
          }),
        }),
      ),
      null,
    ),
    activeTasks: withDefault(nullable(array(taskIds)), null),
    standbyTasks: withDefault(nullable(array(taskIds)), null),
    warmupTasks: withDefault(nullable(array(taskIds)), null),
    processId: withDefault(nullable(string), null),
    userEndpoint: withDefault(nullable(struct(endpoint)), null),
    clientTags: withDefault(nullable(array(keyValue)), null),
    taskOffsets: withDefault(nullable(array(taskOffset)), null),
    taskEndOffsets: withDefault(nullable(array(taskOffset)), null),
    shutdownApplication: withDefault(boolean, false),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    memberId: string,
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    acceptableRecoveryLagLegacy: until(0, int32),
    taskOffsetIntervalMs: int32,
    acceptableRecoveryLag: ignorable(since(1, size64, -1)),
    status: nullable(array(status)),
    activeTasks: withDefault(nullable(array(taskIds)), null),
    standbyTasks: withDefault(nullable(array(taskIds)), null),
    warmupTasks: withDefault(nullable(array(taskIds)), null),
    topologyDescriptionRequired: since(1, boolean),
    endpointInformationEpoch: int32,
    partitionsByUserEndpoint: withDefault(
      nullable(
        array({
          userEndpoint: struct(endpoint),
          activePartitions: array(topicPartition),
          standbyPartitions: array(topicPartition),
        }),
      ),
      null,
    ),
  },
})
