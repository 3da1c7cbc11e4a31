import { Deadline } from '../../../src/base/deadline.ts'
import { sleep } from '../../../src/base/signals.ts'
import type { Topic } from '../../../src/client/metadata.ts'
import { ErrorCode, type KafkaError } from '../../../src/protocol/errors.ts'
import { KafkaJSAggregateError, KafkaJSCreateTopicError, KafkaJSTimeout } from '../errors.ts'
import { protocolError } from '../protocol-errors.ts'
import { kafkaJSError } from '../translate.ts'
import type { Admin, ITopicConfig } from '../types/admin.ts'
import type { PartitionMetadata } from '../types/common.ts'
import { type AdminCluster, atController } from './cluster.ts'
import { refuse, refuseDoubles } from './refuse.ts'

type Argument<Name extends keyof Admin> = Admin[Name] extends (options: infer O, ...more: never[]) => unknown
  ? O
  : never

/** Milliseconds that the controller has, where a call says nothing else. */
const defaultTimeout = 5000
/** Milliseconds between two looks for topics' leaders. */
const leaderWait = 100

export async function listTopics({ ask }: AdminCluster): Promise<string[]> {
  const { topics } = await ask(client => client.metadata())
  return topics.map(({ name }) => name)
}

export async function fetchTopicMetadata(
  cluster: AdminCluster,
  { topics = [] }: { topics?: string[] } = {},
): ReturnType<Admin['fetchTopicMetadata']> {
  for (const topic of topics ?? []) if (!topic || typeof topic !== 'string') refuse(`Invalid topic ${topic}`)
  return cluster.retrier(async bail => {
    try {
      const told = await cluster.ask(client => client.metadata(topics?.length ? { topics } : {}))
      return { topics: told.topics.map(topic => ({ name: topic.name, partitions: partitionsOf(topic) })) }
    } catch (error) {
      if ((error as { type?: string }).type === 'LEADER_NOT_AVAILABLE') throw error
      bail(error)
      return undefined as never
    }
  })
}

/** A topic's partitions, each of which is well: what is wrong with one is what the call ends with. */
export function partitionsOf({ error, partitions }: Topic): PartitionMetadata[] {
  const failure = error ?? partitions.find(each => each.error !== null)?.error
  if (failure) throw kafkaJSError(failure)
  const ids = (brokers: readonly { readonly id: number }[]): number[] => brokers.map(({ id }) => id)
  return partitions.map(({ id, leader, replicas, isr, offlineReplicas }) => ({
    partitionErrorCode: 0,
    partitionId: id,
    leader: leader.id,
    replicas: ids(replicas),
    isr: ids(isr),
    offlineReplicas: ids(offlineReplicas),
  }))
}

export async function createTopics(
  cluster: AdminCluster,
  { topics, validateOnly = false, timeout = defaultTimeout, waitForLeaders = true }: Argument<'createTopics'>,
): Promise<boolean> {
  if (!topics || !Array.isArray(topics)) refuse(`Invalid topics array ${topics}`)
  refuseDoubles('topics array', topics)
  for (const topic of topics) checkConfigEntries(topic)
  // What else an object has is passed over, as in kafkajs.
  const asked = topics.map(({ topic, numPartitions, replicationFactor, replicaAssignment, configEntries }) => ({
    topic,
    // What comes from an environment is text, which kafkajs takes too.
    ...(numPartitions !== undefined && { numPartitions: Number(numPartitions) }),
    ...(replicationFactor !== undefined && { replicationFactor: Number(replicationFactor) }),
    replicaAssignments: (replicaAssignment ?? []).map(({ partition, replicas }) => ({ partition, replicas })),
    configEntries: (configEntries ?? []).map(({ name, value }) => ({ configName: name, configValue: value })),
  }))
  try {
    return await atController(cluster, 'Could not create topics', async () => {
      const { errors } = await cluster.ask(client => client.createTopics({ topics: asked, validateOnly, timeout }))
      const failed = failuresOf(errors)
      if (failed.length > 0)
        throw new KafkaJSAggregateError(
          'Topic creation errors',
          failed.map(([topic, { code }]) => new KafkaJSCreateTopicError(protocolError(code), topic)),
        )
      if (waitForLeaders && !validateOnly)
        await untilLed(
          cluster,
          topics.map(({ topic }) => topic),
          timeout,
        )
      return true
    })
  } catch (error) {
    const allThere =
      error instanceof KafkaJSAggregateError &&
      error.errors.every(each => (each as KafkaJSCreateTopicError).type === 'TOPIC_ALREADY_EXISTS')
    if (allThere) return false
    throw error
  }
}

function checkConfigEntries({ topic, configEntries }: ITopicConfig): void {
  if (configEntries === undefined || configEntries === null) return
  if (!Array.isArray(configEntries)) refuse(`Invalid configEntries for topic "${topic}", must be an array`)
  for (const [index, entry] of configEntries.entries()) {
    const where = `Invalid configEntries for topic "${topic}". Entry ${index} must`
    if (typeof entry !== 'object' || entry === null) refuse(`${where} be an object`)
    for (const property of ['name', 'value'] as const) {
      if (!Object.hasOwn(entry, property) || typeof entry[property] !== 'string')
        refuse(`${where} have a valid "${property}" property`)
    }
  }
}

/** Waits until each partition of the topics has a leader. */
async function untilLed(cluster: AdminCluster, topics: readonly string[], timeout: number): Promise<void> {
  const deadline = new Deadline(timeout)
  for (;;) {
    const told = await cluster.ask(client => client.metadata({ topics }))
    const failures = told.topics.flatMap(({ error, partitions }) => [error, ...partitions.map(each => each.error)])
    const failed = failures.find(error => error !== null)
    if (!failed) return
    if (failed.code !== ErrorCode.LeaderNotAvailable) throw kafkaJSError(failed)
    if (deadline.passed) throw new KafkaJSTimeout('Timed out while waiting for topic leaders')
    await sleep(Math.min(leaderWait, deadline.remaining))
  }
}

/** What went wrong, by topic, in the order of their names. */
function failuresOf(errors: Readonly<Record<string, KafkaError | null>>): [topic: string, error: KafkaError][] {
  return Object.entries(errors)
    .filter((entry): entry is [string, KafkaError] => entry[1] !== null)
    .sort(([a], [b]) => a.localeCompare(b))
}

export async function deleteTopics(
  cluster: AdminCluster,
  { topics, timeout = defaultTimeout }: Argument<'deleteTopics'>,
): Promise<void> {
  if (!topics || !Array.isArray(topics)) refuse(`Invalid topics array ${topics}`)
  if (topics.some(topic => typeof topic !== 'string')) refuse('Invalid topics array, the names must be a valid string')
  const again = ['UNKNOWN_TOPIC_OR_PARTITION']
  await atController(
    cluster,
    'Could not delete topics',
    async (retryCount, retryTime) => {
      const { errors } = await cluster.ask(client => client.deleteTopics({ topics, timeout }))
      const [failed] = failuresOf(errors)
      if (failed === undefined) return
      const error = kafkaJSError(failed[1]) as Error & { type: string }
      if (error.type === 'REQUEST_TIMED_OUT')
        cluster.logger.error(
          'Could not delete topics, check if "delete.topic.enable" is set to "true" (the default value is "false") or increase the timeout',
          { error: error.message, retryCount, retryTime },
        )
      throw error
    },
    again,
  )
}

export async function createPartitions(
  cluster: AdminCluster,
  { topicPartitions, validateOnly = false, timeout = defaultTimeout }: Argument<'createPartitions'>,
): Promise<void> {
  if (!topicPartitions || !Array.isArray(topicPartitions)) refuse(`Invalid topic partitions array ${topicPartitions}`)
  if (topicPartitions.length === 0) refuse('Empty topic partitions array')
  refuseDoubles('topic partitions array', topicPartitions)
  const topics = topicPartitions.map(({ topic, count, assignments }) => ({
    name: topic,
    count,
    ...(assignments?.length && {
      topicPartitionAssignments: assignments.map(brokerIds => ({ brokerIds })),
    }),
  }))
  await atController(cluster, 'Could not create topics', async () => {
    const { errors } = await cluster.ask(client => client.createPartitions({ topics, validateOnly, timeout }))
    const [failed] = failuresOf(errors)
    if (failed !== undefined) throw kafkaJSError(failed[1])
  })
}
