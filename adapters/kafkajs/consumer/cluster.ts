import type { PartitionOffsets } from '../../../src/client/list-offsets.ts'
import type { IsolationLevel } from '../../../src/protocol/offsets.ts'
import type { Cluster as CoreCluster } from '../../../src/transport/cluster.ts'
import {
  KafkaJSBrokerNotFound,
  KafkaJSGroupCoordinatorNotFound,
  KafkaJSMetadataNotLoaded,
  KafkaJSTopicMetadataNotLoaded,
} from '../errors.ts'
import { partitionMetadata } from '../partition-metadata.ts'
import { kafkaJSError } from '../translate.ts'
import type { Cluster } from '../types/cluster.ts'
import type { PartitionMetadata } from '../types/common.ts'
import { brokerOf, metadataOf } from './broker.ts'
import type { Link } from './link.ts'

const [earliest, latest] = [-2, -1]

const defaultOffset: Cluster['defaultOffset'] = ({ fromBeginning }) => (fromBeginning ? earliest : latest)

/** −1: nothing is as young as that. */
function offsetAt({ firstOffset, lastOffset, offsets, error }: PartitionOffsets, timestamp: number): number {
  if (error !== null) throw kafkaJSError(error)
  if (timestamp === earliest) return firstOffset
  if (timestamp === latest) return lastOffset
  const [found = -1] = offsets.keys()
  return found
}

/** What a consumer's assigners are given of the cluster: what is known of it, and whom to ask. */
export function clusterOf(link: Link, isolationLevel: IsolationLevel): Cluster {
  const known = (): CoreCluster => {
    if (link.known === undefined) throw new KafkaJSMetadataNotLoaded('Topic metadata not loaded')
    return link.known
  }
  const partitionsOf = (topic: string): PartitionMetadata[] => {
    if (link.known === undefined) throw new KafkaJSTopicMetadataNotLoaded('Topic metadata not loaded', { topic })
    const layout = link.known.peek(topic)
    return layout === undefined ? [] : partitionMetadata(layout)
  }
  const findBroker: Cluster['findBroker'] = async ({ nodeId }) => {
    const place = known()
      .brokers()
      .find(({ id }) => id === Number(nodeId))
    if (place === undefined) throw new KafkaJSBrokerNotFound(`Broker ${nodeId} not found in the cached metadata`)
    return brokerOf(link, { nodeId: place.id, host: place.host, port: place.port })
  }
  const coordinatorOf: Cluster['findGroupCoordinatorMetadata'] = async ({ groupId }) => {
    const { coordinator, error } = await link.ask(client => client.findCoordinator({ key: groupId }))
    if (coordinator === null || error !== null)
      throw error === null
        ? new KafkaJSGroupCoordinatorNotFound('Failed to find group coordinator')
        : kafkaJSError(error)
    return { errorCode: 0, coordinator }
  }
  const knownOf = (topic: string, partitions: readonly { partition: number }[]): number[] => {
    const there = new Set(partitionsOf(topic).map(({ partitionId }) => partitionId))
    return partitions.map(({ partition }) => partition).filter(partition => there.has(partition))
  }
  const learn = (topics: string[]): Promise<void> => link.learn(topics, false)

  return {
    isConnected: () => link.known !== undefined,
    connect: async () => void (await link.connect()),
    // It is the consumer's.
    disconnect: async () => {},
    removeBroker() {},
    getNodeIds: () =>
      known()
        .brokers()
        .map(({ id }) => id),
    metadata: () => metadataOf(link),
    refreshMetadata: () => known().refresh(),
    // Metadata is kept young without being asked.
    refreshMetadataIfNecessary: async () => {},
    addTargetTopic: topic => learn([topic]),
    addMultipleTargetTopics: learn,
    findTopicPartitionMetadata: partitionsOf,
    findLeaderForPartitions(topic, partitions) {
      const leaders: Record<string, number[]> = {}
      for (const { partitionId, leader } of partitionsOf(topic)) {
        if (!partitions.includes(partitionId)) continue
        leaders[leader] ??= []
        leaders[leader].push(partitionId)
      }
      return leaders
    },
    findGroupCoordinatorMetadata: coordinatorOf,
    defaultOffset,
    findBroker,
    async findControllerBroker() {
      const { controller } = await link.ask(client => client.metadata({ topics: [] }))
      return await findBroker({ nodeId: `${controller?.id ?? -1}` })
    },
    findGroupCoordinator: async group => brokerOf(link, (await coordinatorOf(group)).coordinator),
    async fetchTopicsOffset(topics) {
      const asked = topics.map(({ topic, partitions, fromBeginning = false, fromTimestamp }) => ({
        topic,
        timestamp: fromTimestamp ?? defaultOffset({ fromBeginning }),
        partitions: knownOf(topic, partitions),
      }))
      const answer = await link.ask(client =>
        client.listOffsets({
          topics: Object.fromEntries(
            asked.map(({ topic, timestamp, partitions }) => [
              topic,
              partitions.map(partition => ({ partition, timestamp })),
            ]),
          ),
          isolationLevel,
        }),
      )
      return asked.map(({ topic, timestamp }) => ({
        topic,
        partitions: (answer.topics[topic] ?? []).map(found => ({
          partition: found.partition,
          offset: String(offsetAt(found, timestamp)),
        })),
      }))
    },
  }
}
