import { Client, FirstOffset, lastOffsetOf, Reader, Transport } from '../../src/index.ts'
import type { KafkaCluster, KafkaNode } from '../kafka/index.ts'
import { numberOf } from './load.ts'

/** What every scenario has: a topic on three nodes, and a client of its own with a good network. */
export class Scene implements AsyncDisposable {
  readonly cluster: KafkaCluster
  readonly topic: string
  readonly partitions: number
  readonly transport = new Transport()
  readonly client: Client

  private constructor(cluster: KafkaCluster, topic: string, partitions: number) {
    this.cluster = cluster
    this.topic = topic
    this.partitions = partitions
    this.client = new Client({ addr: cluster.brokers, transport: this.transport })
  }

  static async open(cluster: KafkaCluster, topic: string, partitions: number): Promise<Scene> {
    const scene = new Scene(cluster, topic, partitions)
    await scene.createTopic()
    return scene
  }

  async createTopic(): Promise<void> {
    const { topic, partitions: numPartitions } = this
    const { errors } = await this.client.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 3 }] })
    if (errors[topic]) throw errors[topic]
  }

  async leaderOf(partition: number): Promise<KafkaNode> {
    const { topics } = await this.client.metadata({ topics: [this.topic] })
    const leader = topics[0]!.partitions.find(({ id }) => id === partition)!.leader.id
    return this.cluster.nodes.find(({ id }) => id === leader)!
  }

  async coordinatorOf(group: string): Promise<KafkaNode> {
    const { coordinator } = await this.client.findCoordinator({ key: group })
    return this.cluster.nodes.find(({ id }) => id === coordinator!.nodeId)!
  }

  /** Everything in the topic, read to its end by a reader of its own: the values of each partition. */
  async contents(): Promise<string[][]> {
    const { cluster, topic, transport, client } = this
    return Promise.all(
      Array.from({ length: this.partitions }, async (_, partition) => {
        const { topics } = await client.listOffsets({ topics: { [topic]: [lastOffsetOf(partition)] } })
        const end = topics[topic]![0]!.lastOffset
        const reader = new Reader({ brokers: cluster.brokers, topic, partition, transport, startOffset: FirstOffset })
        const values: string[] = []
        try {
          let at = 0
          if (end > 0) {
            for await (const batch of reader.batches()) {
              for (const message of batch.messages()) {
                if (message.offset !== at++)
                  throw new Error(`${topic}/${partition}: offset ${message.offset} where ${at - 1} was due`)
                values.push(numberOf(message.text()))
              }
              if (batch.lastOffset + 1 >= end) break
            }
          }
        } finally {
          await reader.close()
        }
        return values
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    await this.transport.close()
  }
}
