import { array, nullable, struct, withDefault } from '../schema/combinators.ts'
import { boolean, int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinators } from './route.ts'

const topicPartitions = { topicId: uuid, topicName: string, partitions: array(int32) }

const assignment = { topicPartitions: array(topicPartitions) }

/** State and members of share groups (KIP-932), from each group's coordinator. v0 was a preview. */
export const ShareGroupDescribe = api({
  key: 77,
  name: 'ShareGroupDescribe',
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
        rackId: withDefault(nullable(string), null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string),
        assignment: struct(assignment),
      }),
      authorizedOperations: withDefault(int32, -2147483648),
    }),
  },
})
