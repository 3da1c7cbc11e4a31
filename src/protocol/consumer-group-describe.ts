import { array, ignorable, nullable, since, struct, withDefault } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinators } from './route.ts'

const topicPartitions = { topicId: uuid, topicName: string, partitions: array(int32) }

const assignment = { topicPartitions: array(topicPartitions) }

/** State and members of newer consumer groups (KIP-848), from each group's coordinator. */
export const ConsumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexible: 0,
  route: toCoordinators('group', ['groupIds'], ['groups']),
  repeatable: true,
  request: { groupIds: array(string), includeAuthorizedOperations: boolean },
  response: {
    throttleTimeMs: int32,
    groups: array({
      errorCode: int16,
      errorMessage: withDefault(nullable(string), null),
      groupId: string,
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      assignorName: string,
      members: array({
        memberId: string,
        instanceId: withDefault(nullable(string), null),
        rackId: withDefault(nullable(string), null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string),
        subscribedTopicRegex: withDefault(nullable(string), null),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        memberType: ignorable(since(1, int8, -1)),
      }),
      authorizedOperations: withDefault(int32, -2147483648),
    }),
  },
})
