import { zeroUuid } from '../../bytes/reader.ts'
import type { RequestOf, ResponseInput } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { Metadata } from '../../protocol/metadata.ts'
import { authorizedOperations, deniedCluster, deniedTopic } from '../access/access.ts'
import { clusterName, Operation, ResourceType } from '../access/operations.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import type { Partition } from '../log/partition.ts'
import { reachable } from '../topics/lookup.ts'
import { invalidTopicName } from '../topics/names.ts'
import type { Topic } from '../topics/topic.ts'
import { andThen } from '../turns.ts'

// What making a topic takes.
const unitsPerTopic = 15

type TopicAnswer = ResponseInput<typeof Metadata>['topics'][number]

export const metadata: Handler = handler(Metadata, [0, 13], (request, context) => {
  const { topics, allowAutoTopicCreation } = request
  const { cluster, apiVersion } = context
  // In version 0 an empty list asks for all.
  const all = topics === null || (apiVersion === 0 && topics.length === 0)
  const described = all
    ? andThen(
        cluster.turns.map([...cluster.topics.values()], topic => visible(topic, context)),
        answers => answers.flat(),
      )
    : named(topics, allowAutoTopicCreation, context)
  const answered = request.includeTopicAuthorizedOperations
    ? andThen(described, answers => cluster.turns.map(answers, answer => withOperations(answer, context)))
    : described
  return andThen(answered, answers => ({
    brokers: reachable(cluster.running, context),
    clusterId: cluster.id,
    controllerId: cluster.controllerId,
    topics: answers,
    ...(request.includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: clusterOperations(context) } : {}),
  }))
})

/** Of all topics nothing is told of those that the client may not see. */
function visible(topic: Topic, context: RequestContext): TopicAnswer[] {
  return deniedTopic(context, Operation.describe, topic.name) === 0 ? [describe(topic, context.cluster)] : []
}

function withOperations(answer: TopicAnswer, context: RequestContext): TopicAnswer {
  // Told of what there is not, too; of what is not to be seen nothing.
  if (answer.name === null || answer.errorCode === ErrorCode.TopicAuthorizationFailed) return answer
  const operations = authorizedOperations(context, ResourceType.topic, answer.name)
  return { ...answer, topicAuthorizedOperations: operations }
}

/** What the client may do with the cluster; nothing is told to who may not see it. */
export function clusterOperations(context: RequestContext): number {
  return deniedCluster(context, Operation.describe) === 0
    ? authorizedOperations(context, ResourceType.cluster, clusterName)
    : 0
}

/** Each topic once, however often it is named. Where ids are given, names count for nothing: as in Kafka. */
function named(
  topics: NonNullable<RequestOf<typeof Metadata>['topics']>,
  create: boolean,
  context: RequestContext,
): TopicAnswer[] | Promise<TopicAnswer[]> {
  const { turns } = context.cluster
  const ids = new Set(topics.map(({ topicId }) => topicId).filter(id => id !== zeroUuid))
  if (ids.size > 0) return turns.map([...ids], id => byId(id, context))
  return turns.map([...new Set(topics.map(({ name }) => name ?? ''))], name => byName(name, create, context))
}

function byId(topicId: string, context: RequestContext): TopicAnswer {
  const { cluster } = context
  const topic = cluster.topicById(topicId)
  const failed = (errorCode: number): TopicAnswer => ({ errorCode, name: null, topicId, partitions: [] })
  if (topic === undefined) return failed(ErrorCode.UnknownTopicID)
  const refused = deniedTopic(context, Operation.describe, topic.name)
  return refused === 0 ? describe(topic, cluster) : failed(refused)
}

function byName(name: string, create: boolean, context: RequestContext): TopicAnswer {
  const { cluster } = context
  const failed = (errorCode: number): TopicAnswer => ({ errorCode, name, topicId: zeroUuid, partitions: [] })
  const refused = deniedTopic(context, Operation.describe, name)
  if (refused !== 0) return failed(refused)
  const topic = cluster.topics.get(name)
  if (topic !== undefined) return describe(topic, cluster)
  if (invalidTopicName(name) !== undefined) return failed(ErrorCode.InvalidTopic)
  if (!create || cluster.configs.get('auto.create.topics.enable') !== 'true')
    return failed(ErrorCode.UnknownTopicOrPartition)
  const unmade = deniedCluster(context, Operation.create) && deniedTopic(context, Operation.create, name)
  if (unmade !== 0) return failed(unmade)
  // As Kafka: the topic is being made; it is there when the client asks again, unless too few brokers run.
  const { replicationFactor } = cluster
  const partitions = cluster.configs.number('num.partitions')
  const isPossible =
    cluster.collidingTopic(name) === undefined &&
    cluster.unableToReplicate(replicationFactor) === undefined &&
    cluster.unableToHold(1, partitions) === undefined
  if (isPossible) {
    cluster.turns.spend(unitsPerTopic)
    cluster.createTopic(name, cluster.assign(partitions, replicationFactor), [])
  }
  return failed(ErrorCode.UnknownTopicOrPartition)
}

function describe(topic: Topic, cluster: Cluster): TopicAnswer {
  cluster.turns.spend(topic.partitions.length / 4)
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.id,
    partitions: topic.partitions.map(partition => describePartition(partition, cluster)),
  }
}

function describePartition(
  { index, leader, leaderEpoch, replicas: { ids, isr } }: Partition,
  cluster: Cluster,
): TopicAnswer['partitions'][number] {
  return {
    errorCode: leader < 0 ? ErrorCode.LeaderNotAvailable : 0,
    partitionIndex: index,
    leaderId: leader,
    leaderEpoch,
    replicaNodes: ids,
    isrNodes: isr,
    offlineReplicas: ids.filter(id => !cluster.nodes.get(id)?.running),
  }
}
