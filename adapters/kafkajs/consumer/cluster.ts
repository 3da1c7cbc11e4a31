import type { Cluster as CoreCluster } from '../../../src/transport/cluster.ts'
import { KafkaJSMetadataNotLoaded, KafkaJSNotImplemented, KafkaJSTopicMetadataNotLoaded } from '../errors.ts'
import { partitionMetadata } from '../partition-metadata.ts'
import type { Cluster } from '../types/cluster.ts'
import type { PartitionMetadata } from '../types/common.ts'
import type { Link } from './link.ts'

const [earliest, latest] = [-2, -1]

/** What a consumer's assigners are given: what is known of the cluster, and no brokers to speak to. */
export function clusterOf(link: Link): Cluster {
  const known = (): CoreCluster => {
    if (link.known === undefined) throw new KafkaJSMetadataNotLoaded('Topic metadata not loaded')
    return link.known
  }
  const partitionsOf = (topic: string): PartitionMetadata[] => {
    if (link.known === undefined) throw new KafkaJSTopicMetadataNotLoaded('Topic metadata not loaded', { topic })
    const layout = link.known.peek(topic)
    return layout === undefined ? [] : partitionMetadata(layout)
  }
  const notHere = async (): Promise<never> => {
    throw new KafkaJSNotImplemented('Assigners are given no brokers here: use an admin of your own')
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
    async metadata() {
      const { brokers, topics } = await link.ask(client => client.metadata({}))
      return {
        brokers: brokers.map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack })),
        topicMetadata: topics.map(({ name, error, partitions }) => ({
          topicErrorCode: error?.code ?? 0,
          topic: name,
          partitionMetadata: partitions.map(({ id, leader, replicas, isr, error: its }) => ({
            partitionErrorCode: its?.code ?? 0,
            partitionId: id,
            leader: leader.id,
            replicas: replicas.map(each => each.id),
            isr: isr.map(each => each.id),
          })),
        })),
      }
    },
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
    async findGroupCoordinatorMetadata({ groupId }) {
      const { coordinator, error } = await link.ask(client => client.findCoordinator({ key: groupId }))
      return { errorCode: error?.code ?? 0, coordinator: coordinator ?? { nodeId: -1, host: '', port: -1 } }
    },
    defaultOffset: ({ fromBeginning }) => (fromBeginning ? earliest : latest),
    findBroker: notHere,
    findControllerBroker: notHere,
    findGroupCoordinator: notHere,
    fetchTopicsOffset: notHere,
  }
}
