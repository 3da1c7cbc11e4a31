import type { ResponseInput } from '../../protocol/api.ts'
import { ConsumerGroupDescribe } from '../../protocol/consumer-group-describe.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { authorizedOperations, deniedGroup, deniedTopic } from '../access/access.ts'
import { Operation, ResourceType } from '../access/operations.ts'
import { notGroupCoordinator } from '../coordinator-checks.ts'
import type { ConsumerGroup } from '../groups/consumer/group.ts'
import type { ConsumerMember } from '../groups/consumer/member.ts'
import { type Assigned, type Target, together, toNamed } from '../groups/consumer/partitions.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { andThen } from '../turns.ts'
import { hasConsumerGroups } from './consumer-group-heartbeat.ts'

type Described = ResponseInput<typeof ConsumerGroupDescribe>['groups'][number]
type DescribedMember = Described['members'][number]

// As many bytes as an element of an answer may well have.
const bytesPerElement = 256
// Kafka's number for a member that speaks this protocol, not the classic one.
const classicMember = 0
const consumerMember = 1

export const consumerGroupDescribe: Handler = handler(
  ConsumerGroupDescribe,
  [0, 1],
  ({ groupIds, includeAuthorizedOperations }, context) => {
    const described = context.cluster.turns.map(groupIds, groupId => {
      const group = describe(groupId, context)
      return includeAuthorizedOperations && group.errorCode === 0
        ? { ...group, authorizedOperations: authorizedOperations(context, ResourceType.group, groupId) }
        : group
    })
    return andThen(described, groups => ({ groups }))
  },
)

function describe(groupId: string, context: RequestContext): Described {
  const failed = (errorCode: number, errorMessage: string | null = null): Described => ({
    errorCode,
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  })
  if (!hasConsumerGroups(context)) return failed(ErrorCode.UnsupportedVersion)
  const refused = deniedGroup(context, Operation.describe, groupId) || notGroupCoordinator(groupId, context)
  if (refused !== 0) return failed(refused)
  const { cluster, room } = context
  const group = cluster.groups.get(groupId)
  if (group?.kind !== 'consumer') {
    const what = group === undefined ? 'not found' : 'is not a consumer group'
    return failed(ErrorCode.GroupIdNotFound, `Group ${groupId} ${what}.`)
  }
  // What members say of themselves and have is no small thing to repeat.
  room.take(group.size + group.bytes / bytesPerElement)
  cluster.turns.spend(group.bytes / bytesPerElement / 4)
  const hidden = hiddenTopic(group, context)
  if (hidden) return failed(ErrorCode.TopicAuthorizationFailed, 'Not all topics of the group may be described.')
  const { state, epoch, assignmentEpoch, assignor } = group
  return {
    errorCode: 0,
    errorMessage: null,
    groupId,
    groupState: state,
    groupEpoch: epoch,
    assignmentEpoch,
    assignorName: assignor,
    members: [...group.members.values()].map(member => describeMember(member, context)),
  }
}

/** Whether the client may not see some topic that members have or are to have, or read by name. */
function hiddenTopic(group: ConsumerGroup, context: RequestContext): boolean {
  if (context.access === undefined) return false
  const names = new Set<string>()
  for (const { details, standing, target } of group.members.values()) {
    for (const name of details.topics) names.add(name)
    for (const topicId of [...standing.assigned.keys(), ...target.keys()]) {
      const name = context.cluster.topicById(topicId)?.name
      if (name !== undefined) names.add(name)
    }
  }
  return [...names].some(name => deniedTopic(context, Operation.describe, name) !== 0)
}

function describeMember(
  { id, details, standing, target, epoch }: ConsumerMember,
  context: RequestContext,
): DescribedMember {
  const { instanceId, rackId, clientId, clientHost, topics, pattern, classic } = details
  return {
    memberId: id,
    instanceId,
    rackId,
    memberEpoch: epoch,
    clientId,
    clientHost,
    subscribedTopicNames: [...topics].sort(),
    subscribedTopicRegex: pattern,
    // What it has to let go of it has.
    assignment: named(together(standing.assigned, standing.revoking), context),
    targetAssignment: named(target, context),
    memberType: classic === null ? consumerMember : classicMember,
  }
}

/** Those of topics that there are still. */
function named(partitions: Assigned | Target, { cluster }: RequestContext): DescribedMember['assignment'] {
  const topicPartitions = toNamed(partitions).flatMap(each => {
    const topic = cluster.topicById(each.topicId)
    return topic === undefined ? [] : [{ ...each, topicName: topic.name }]
  })
  return { topicPartitions }
}
