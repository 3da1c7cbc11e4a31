import { KafkaJSAggregateError, KafkaJSAlterPartitionReassignmentsError } from '../errors.ts'
import { protocolError } from '../protocol-errors.ts'
import { kafkaJSError } from '../translate.ts'
import type { Admin, ReplicaAssignment } from '../types/admin.ts'
import { type AdminCluster, atController } from './cluster.ts'
import { refuse, refuseDoubles } from './refuse.ts'

/** Milliseconds that the controller has, where a call says nothing else. */
const defaultTimeout = 5000

export async function alterPartitionReassignments(
  cluster: AdminCluster,
  { topics, timeout = defaultTimeout }: Parameters<Admin['alterPartitionReassignments']>[0],
): Promise<void> {
  if (!topics || !Array.isArray(topics)) refuse(`Invalid topics array ${topics}`)
  refuseDoubles('topics array', topics)
  for (const { topic, partitionAssignment } of topics) {
    if (!partitionAssignment || !Array.isArray(partitionAssignment))
      refuse(`Invalid partitions array: ${partitionAssignment} for topic: ${topic}`)
    for (const assignment of partitionAssignment) checkAssignment(topic, assignment)
  }
  const assignments = topics.flatMap(({ topic, partitionAssignment }) =>
    partitionAssignment.map(({ partition, replicas }) => ({ topic, partitionId: partition, brokerIds: replicas })),
  )
  await atController(cluster, 'Could not reassign partitions', async () => {
    const { error, partitionResults } = await cluster.ask(client =>
      client.alterPartitionReassignments({ assignments, timeout }),
    )
    if (error !== null) throw new KafkaJSAlterPartitionReassignmentsError(protocolError(error.code))
    const failed = partitionResults.flatMap(({ topic, partitionId, error }) =>
      error === null
        ? []
        : [new KafkaJSAlterPartitionReassignmentsError(protocolError(error.code), topic, partitionId)],
    )
    if (failed.length > 0) throw new KafkaJSAggregateError('Errors altering partition reassignments', failed)
  })
}

function checkAssignment(topic: string, { partition, replicas }: ReplicaAssignment): void {
  if (typeof partition !== 'number' || partition < 0)
    refuse(`Invalid partitions index: ${partition} for topic: ${topic}`)
  const where = `Invalid replica assignment: ${replicas} for topic: ${topic} on partition: ${partition}`
  if (!replicas || !Array.isArray(replicas)) refuse(where)
  if (replicas.some(replica => typeof replica !== 'number' || replica < 0))
    refuse(`${where}. Replicas must be a non negative number`)
}

export async function listPartitionReassignments(
  cluster: AdminCluster,
  { topics, timeout = defaultTimeout }: Parameters<Admin['listPartitionReassignments']>[0],
): ReturnType<Admin['listPartitionReassignments']> {
  if (topics) {
    if (!Array.isArray(topics)) refuse(`Invalid topics array ${topics}`)
    refuseDoubles('topics array', topics)
    for (const { topic, partitions } of topics) {
      const where = `Invalid partition array: ${partitions} for topic: ${topic}`
      if (!partitions || !Array.isArray(partitions)) refuse(where)
      if (partitions.some(partition => typeof partition !== 'number' || partition < 0))
        refuse(`${where}. The partition indices have to be a valid number greater than 0.`)
    }
  }
  const asked = topics && {
    topics: Object.fromEntries(topics.map(({ topic, partitions }) => [topic, { partitionIndexes: partitions }])),
  }
  return atController(cluster, 'Could not reassign partitions', async () => {
    const answer = await cluster.ask(client => client.listPartitionReassignments({ ...asked, timeout }))
    if (answer.error !== null) throw kafkaJSError(answer.error)
    return {
      // kafkajs gives the names in front, its types promise the others: both are there.
      topics: Object.entries(answer.topics).map(([topic, { partitions }]) => ({
        name: topic,
        topic,
        partitions: partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
          partition: partitionIndex,
          partitionIndex,
          replicas,
          addingReplicas,
          removingReplicas,
        })),
      })),
    }
  })
}
