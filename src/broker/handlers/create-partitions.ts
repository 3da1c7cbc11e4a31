import type { RequestOf } from '../../protocol/api.ts'
import { CreatePartitions } from '../../protocol/create-partitions.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { mostPartitions } from '../check-config.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler } from '../handler.ts'
import { lastOfEach, repeatedKeys } from '../topics/named-once.ts'
import { andThen } from '../turns.ts'

const unitsPerTopic = 6

type Asked = RequestOf<typeof CreatePartitions>['topics'][number]

export const createPartitions: Handler = handler(CreatePartitions, [0, 3], ({ topics, validateOnly }, context) => {
  const { cluster } = context
  const room = { partitions: mostPartitions }
  const repeated = repeatedKeys(topics, ({ name }) => name)
  const results = cluster.turns.map(
    lastOfEach(topics, ({ name }) => name),
    topic => {
      const refused = deniedTopic(context, Operation.alter, topic.name)
      const [errorCode, errorMessage] = repeated.has(topic.name)
        ? [ErrorCode.InvalidRequest, 'Duplicate topic name.']
        : refused !== 0
          ? [refused, 'Authorization failed.']
          : add(topic, validateOnly, cluster, room)
      return { name: topic.name, errorCode, errorMessage }
    },
    unitsPerTopic,
  )
  return andThen(results, results => ({ results }))
})

function add(
  { name, count, assignments }: Asked,
  validateOnly: boolean,
  cluster: Cluster,
  room: { partitions: number },
): [errorCode: number, errorMessage: string | null] {
  const topic = cluster.topics.get(name)
  if (topic === undefined) return [ErrorCode.UnknownTopicOrPartition, 'This server does not host this topic-partition.']
  const present = topic.partitions.length
  if (count === present) return [ErrorCode.InvalidPartitionNumber, `Topic already has ${present} partition(s).`]
  if (count < present)
    return [
      ErrorCode.InvalidPartitionNumber,
      `The topic ${name} currently has ${present} partition(s); ${count} would not be an increase.`,
    ]
  const added = count - present
  if (assignments !== null && assignments.length !== added)
    return [
      ErrorCode.InvalidReplicaAssignment,
      `Attempted to add ${added} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    ]
  if (assignments?.some(({ brokerIds }) => brokerIds.length === 0))
    return [ErrorCode.InvalidReplicaAssignment, 'The manual partition assignment includes an empty replica list.']
  if (assignments?.some(({ brokerIds }) => new Set(brokerIds).size < brokerIds.length))
    return [ErrorCode.InvalidReplicaAssignment, 'The manual partition assignment includes a broker more than once.']
  const factor = topic.partitions[0]!.replicas.ids.length
  if (assignments?.some(({ brokerIds }) => brokerIds.length !== factor))
    return [
      ErrorCode.InvalidReplicaAssignment,
      `The manual partition assignment includes a partition with another number of replicas than the others, which have ${factor}.`,
    ]
  const unknown = assignments?.flatMap(({ brokerIds }) => brokerIds).find(id => !cluster.isRegistered(id))
  if (unknown !== undefined)
    return [
      ErrorCode.InvalidReplicaAssignment,
      `The manual partition assignment includes broker ${unknown}, but no such broker is registered.`,
    ]
  if (added > room.partitions) return [ErrorCode.PolicyViolation, 'Excessively large number of partitions per request.']
  const unable = assignments === null ? cluster.unableToReplicate(factor) : undefined
  if (unable !== undefined) return [ErrorCode.InvalidReplicationFactor, unable]
  const full = cluster.unableToHold(0, added)
  if (full !== undefined) return [ErrorCode.PolicyViolation, full]
  room.partitions -= added
  cluster.turns.spend(added / 2)
  if (validateOnly) return [0, null]
  const replicas = assignments?.map(({ brokerIds }) => brokerIds) ?? cluster.assign(added, factor)
  for (const brokerIds of replicas) cluster.addPartition(topic, brokerIds)
  return [0, null]
}
