import { zeroUuid } from '../../bytes/reader.ts'
import type { RequestOf, ResponseInput } from '../../protocol/api.ts'
import { CreateTopics } from '../../protocol/create-topics.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster, deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { mostPartitions } from '../check-config.ts'
import type { Cluster } from '../cluster.ts'
import { invalidValue, tooLong } from '../configs/configs.ts'
import { topicDefinition } from '../configs/definitions.ts'
import { type Handler, handler } from '../handler.ts'
import { lastOfEach, repeatedKeys } from '../topics/named-once.ts'
import { invalidTopicName } from '../topics/names.ts'
import { andThen } from '../turns.ts'

// What making and describing a topic takes, besides its partitions.
const unitsPerTopic = 15

type Asked = RequestOf<typeof CreateTopics>['topics'][number]
type Answer = ResponseInput<typeof CreateTopics>['topics'][number]

/** What is wrong with a request. */
type Problem = readonly [errorCode: number, message: string]

export const createTopics: Handler = handler(CreateTopics, [2, 7], ({ topics, validateOnly }, context) => {
  const { cluster } = context
  if (partitionsOf(topics, cluster) > mostPartitions)
    return {
      topics: topics.map(({ name }) =>
        failed(name, [ErrorCode.PolicyViolation, 'Excessively large number of partitions per request.']),
      ),
    }
  const repeated = repeatedKeys(topics, ({ name }) => name)
  const asked = lastOfEach(topics, ({ name }) => name)
  // All before any is made: those of one request may collide with each other, as in Kafka.
  const wrongNames = asked.map(({ name }) => wrongName(name, cluster))
  const mayAll = deniedCluster(context, Operation.create)
  const results = cluster.turns.map(asked, (topic, at) => {
    if (repeated.has(topic.name)) return failed(topic.name, [ErrorCode.InvalidRequest, 'Duplicate topic name.'])
    const refused = mayAll === 0 ? 0 : deniedTopic(context, Operation.create, topic.name)
    if (refused !== 0) return failed(topic.name, [refused, 'Authorization failed.'])
    const created = create(topic, wrongNames[at], validateOnly, cluster)
    const unseen = created.errorCode === 0 ? deniedTopic(context, Operation.describeConfigs, topic.name) : 0
    return unseen === 0 ? created : withoutConfigs(created, unseen)
  })
  return andThen(results, topics => ({ topics }))
})

/** For who may make a topic and not see its configs. */
function withoutConfigs({ name, topicId, errorCode, errorMessage }: Answer, topicConfigErrorCode: number): Answer {
  return { name, topicId, errorCode, errorMessage, topicConfigErrorCode, configs: [] }
}

/** Of all topics together, which Kafka counts before it looks any closer. */
function partitionsOf(topics: readonly Asked[], cluster: Cluster): number {
  return topics.reduce((sum, { numPartitions, assignments }) => {
    if (assignments.length > 0) return sum + assignments.length
    return sum + (numPartitions === -1 ? cluster.configs.number('num.partitions') : Math.max(0, numPartitions))
  }, 0)
}

function failed(name: string, [errorCode, errorMessage]: Problem): Answer {
  return { name, topicId: zeroUuid, errorCode, errorMessage, configs: [] }
}

function create(asked: Asked, wrong: Problem | undefined, validateOnly: boolean, cluster: Cluster): Answer {
  const { name, configs } = asked
  const problem = wrong ?? wrongLayout(asked, cluster) ?? wrongConfigs(configs)
  if (problem !== undefined) return failed(name, problem)
  const partitions = asked.numPartitions < 0 ? cluster.configs.number('num.partitions') : asked.numPartitions
  const replicationFactor = asked.replicationFactor < 0 ? cluster.replicationFactor : asked.replicationFactor
  const assignment =
    asked.assignments.length > 0
      ? asked.assignments.toSorted((a, b) => a.partitionIndex - b.partitionIndex).map(({ brokerIds }) => brokerIds)
      : cluster.assign(partitions, replicationFactor)
  const given = configs.map(config => [config.name, config.value!] as const)
  const unable = cluster.unableToHold(1, assignment.length)
  if (unable !== undefined) return failed(name, [ErrorCode.PolicyViolation, unable])
  cluster.turns.spend(unitsPerTopic + assignment.length / 2)
  const made = validateOnly ? undefined : cluster.createTopic(name, assignment, given)
  const described = (made?.configs ?? cluster.topicConfigs(given)).describe(null)
  return {
    name,
    // Kafka tells an id even of what it has not made.
    topicId: made?.id ?? cluster.randomUuid(),
    errorCode: 0,
    errorMessage: null,
    numPartitions: assignment.length,
    replicationFactor: assignment[0]!.length,
    configs: described.map(config => ({
      name: config.name,
      value: config.value,
      readOnly: false,
      configSource: config.source,
      isSensitive: false,
    })),
  }
}

function wrongName(name: string, cluster: Cluster): Problem | undefined {
  const invalid = invalidTopicName(name)
  if (invalid !== undefined) return [ErrorCode.InvalidTopic, invalid]
  if (cluster.topics.has(name)) return [ErrorCode.TopicAlreadyExists, `Topic '${name}' already exists.`]
  const other = cluster.collidingTopic(name)
  return other === undefined
    ? undefined
    : [ErrorCode.InvalidTopic, `Topic '${name}' collides with existing topic: ${other}`]
}

function wrongLayout({ numPartitions, replicationFactor, assignments }: Asked, cluster: Cluster): Problem | undefined {
  if (assignments.length > 0) {
    if (numPartitions !== -1)
      return [
        ErrorCode.InvalidRequest,
        'A manual partition assignment was specified, but numPartitions was not set to -1.',
      ]
    if (replicationFactor !== -1)
      return [
        ErrorCode.InvalidRequest,
        'A manual partition assignment was specified, but replication factor was not set to -1.',
      ]
    return wrongAssignment(assignments, cluster)
  }
  if (numPartitions === 0 || numPartitions < -1)
    return [ErrorCode.InvalidPartitionNumber, 'Number of partitions was set to an invalid non-positive value.']
  if (replicationFactor === 0 || replicationFactor < -1)
    return [
      ErrorCode.InvalidReplicationFactor,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    ]
  const unable = cluster.unableToReplicate(replicationFactor < 0 ? cluster.replicationFactor : replicationFactor)
  return unable === undefined ? undefined : [ErrorCode.InvalidReplicationFactor, unable]
}

function wrongAssignment(assignments: Asked['assignments'], cluster: Cluster): Problem | undefined {
  const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex))
  for (const { partitionIndex, brokerIds } of assignments) {
    if (brokerIds.length === 0)
      return [ErrorCode.InvalidReplicaAssignment, 'The manual partition assignment includes an empty replica list.']
    if (new Set(brokerIds).size !== brokerIds.length)
      return [
        ErrorCode.InvalidReplicaAssignment,
        `The manual partition assignment includes a broker more than once in partition ${partitionIndex}.`,
      ]
    const unknown = brokerIds.find(id => !cluster.isRegistered(id))
    if (unknown !== undefined)
      return [
        ErrorCode.InvalidReplicaAssignment,
        `The manual partition assignment includes broker ${unknown}, but no such broker is registered.`,
      ]
  }
  const factor = assignments[0]!.brokerIds.length
  if (assignments.some(({ brokerIds }) => brokerIds.length !== factor))
    return [
      ErrorCode.InvalidReplicaAssignment,
      `The manual partition assignment has ${factor} replicas in partition ${assignments[0]!.partitionIndex} and others elsewhere.`,
    ]
  if (indexes.size !== assignments.length || assignments.some((_, index) => !indexes.has(index)))
    return [ErrorCode.InvalidReplicaAssignment, 'partitions should be a consecutive 0-based integer sequence']
  return undefined
}

function wrongConfigs(configs: Asked['configs']): Problem | undefined {
  for (const { name, value } of configs) {
    const definition = topicDefinition(name)
    const problem = definition === undefined ? `Unknown topic config name: ${name}` : invalidValue(definition, value)
    if (problem !== undefined) return [ErrorCode.InvalidConfiguration, problem]
  }
  const long = tooLong(configs.map(({ value }) => value))
  if (long !== undefined) return [ErrorCode.InvalidConfiguration, long]
  return undefined
}
