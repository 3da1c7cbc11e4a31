import { ConsumerGroupHeartbeat } from '../../protocol/consumer-group-heartbeat.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedGroup, deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type HeartbeatAnswer, type HeartbeatRequest, refused, wrongRequest } from '../groups/consumer/heartbeat.ts'
import { matchTopics } from '../groups/consumer/topic-patterns.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'

export const consumerGroupHeartbeat: Handler = handler(ConsumerGroupHeartbeat, [0, 1], (request, context) => {
  const { clientId, connection, cluster, apiVersion } = context
  const asked = { ...request, clientId: clientId ?? '', clientHost: `/${connection.clientHost}` }
  const wrong = mayNot(asked, context) ?? wrongRequest(asked, apiVersion, cluster.groups.consumerAssignors)
  if (wrong !== undefined) return wrong
  const misplaced = notCoordinator('group', asked.groupId, context)
  if (misplaced !== 0) return refused(misplaced, null)
  const answer = cluster.groups.heartbeat(asked)
  // The topics of patterns are looked for behind the answer, as Kafka does.
  if (answer.errorCode === 0) void lookForTopics(asked.groupId, context)
  return answer
})

function mayNot(
  { groupId, subscribedTopicNames }: HeartbeatRequest,
  context: RequestContext,
): HeartbeatAnswer | undefined {
  if (!hasConsumerGroups(context)) return refused(ErrorCode.UnsupportedVersion, null)
  const forbidden = deniedGroup(context, Operation.read, groupId)
  if (forbidden !== 0) return refused(forbidden, null)
  const hidden = subscribedTopicNames?.find(name => deniedTopic(context, Operation.describe, name) !== 0)
  return hidden === undefined ? undefined : refused(ErrorCode.TopicAuthorizationFailed, null)
}

/** Whether the cluster was told to have consumer groups. */
export function hasConsumerGroups({ cluster }: RequestContext): boolean {
  return (cluster.features.get('group.version') ?? 0) >= 1
}

async function lookForTopics(groupId: string, context: RequestContext): Promise<void> {
  const { groups, topicsMade, configs } = context.cluster
  const group = groups.consumer(groupId)
  const patterns = group?.search.begin(topicsMade, configs.number('group.consumer.regex.refresh.interval.ms')) ?? []
  if (patterns.length === 0) return
  const matched = matchTopics(patterns, context)
  group?.found(matched instanceof Promise ? await matched : matched)
}
