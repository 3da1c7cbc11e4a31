import { array, ignorable, nullable, since, struct, withDefault } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, int64, string, uint16 } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinators } from './route.ts'

const keyValue = { key: string, value: string }

const topicInfo = { name: string, partitions: int32, replicationFactor: int16, topicConfigs: array(keyValue) }

const endpoint = { host: string, port: uint16 }

const taskOffset = { subtopologyId: string, partition: int32, offset: int64 }

const taskIds = { subtopologyId: string, partitions: array(int32) }

const assignment = { activeTasks: array(taskIds), standbyTasks: array(taskIds), warmupTasks: array(taskIds) }

const node = {
  name: string,
  nodeType: int8,
  sourceTopics: array(string),
  sinkTopic: withDefault(nullable(string), null),
  stores: array(string),
  successors: array(string),
}

const subtopology = { subtopologyId: string, nodes: array(node) }

const globalStore = { source: struct(node), processor: struct(node) }

const topologyDescription = { subtopologies: array(subtopology), globalStores: array(globalStore) }

/** State, topology and members of streams groups (KIP-1071), from each group's coordinator. */
export const StreamsGroupDescribe = api({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0, 1],
  flexible: 0,
  route: toCoordinators('group', ['groupIds'], ['groups']),
  repeatable: true,
  request: {
    groupIds: array(string),
    includeAuthorizedOperations: boolean,
    includeTopologyDescription: since(1, boolean),
  },
  response: {
    throttleTimeMs: int32,
    groups: array({
      errorCode: int16,
      errorMessage: withDefault(nullable(string), null),
      groupId: string,
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      topology: withDefault(
        nullable(
          struct({
            epoch: int32,
            subtopologies: withDefault(
              nullable(
                array({
                  subtopologyId: string,
                  sourceTopics: array(string),
                  repartitionSinkTopics: array(string),
                  stateChangelogTopics: array(topicInfo),
                  repartitionSourceTopics: array(topicInfo),
                }),
              ),
              null,
            ),
          }),
        ),
        null,
      ),
      members: array({
        memberId: string,
        memberEpoch: int32,
        instanceId: withDefault(nullable(string), null),
        rackId: withDefault(nullable(string), null),
        clientId: string,
        clientHost: string,
        topologyEpoch: int32,
        processId: string,
        userEndpoint: withDefault(nullable(struct(endpoint)), null),
        clientTags: array(keyValue),
        taskOffsets: array(taskOffset),
        taskEndOffsets: array(taskOffset),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        isClassic: boolean,
      }),
      authorizedOperations: withDefault(int32, -2147483648),
      topologyDescription: since(1, nullable(struct(topologyDescription)), null),
      topologyDescriptionStatus: since(1, int8),
      assignorName: ignorable(since(1, nullable(string), null)),
    }),
  },
})
