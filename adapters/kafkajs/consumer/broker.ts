import { toBuffer } from '../bytes.ts'
import { KafkaJSNotImplemented } from '../errors.ts'
import { kafkaJSError } from '../translate.ts'
import type { Broker, BrokerMetadata } from '../types/cluster.ts'
import type { Link } from './link.ts'

/** The cluster, and these topics; all of them where none is named. */
export async function metadataOf(link: Link, names: readonly string[] = []): Promise<BrokerMetadata> {
  const { brokers, topics } = await link.ask(client => client.metadata(names.length > 0 ? { topics: [...names] } : {}))
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
}

/** Who holds back whom is the client's to heed since Kafka 2.0. */
function throttled({ throttle }: { throttle: number }) {
  return { throttleTime: 0, clientSideThrottleTime: throttle }
}

/**
 * A broker as assigners ask it: who is in a group, how far that is, what there is. Each question goes to the broker that
 * can answer it, whichever is asked. What changes anything, or fetches, is a consumer's, a producer's or an admin's.
 */
export function brokerOf(link: Link, place: { nodeId: number; host: string; port: number }): Broker {
  const notHere = (): Promise<never> =>
    Promise.reject(new KafkaJSNotImplemented('Assigners only ask here: use a consumer, producer or admin of your own'))
  return {
    ...place,
    isConnected: () => link.known !== undefined,
    connect: async () => void (await link.connect()),
    // It is the consumer's.
    disconnect: async () => {},
    async apiVersions() {
      const { apiKeys } = await link.ask(client => client.apiVersions({}))
      return Object.fromEntries(
        apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { minVersion, maxVersion }]),
      )
    },
    metadata: topics => metadataOf(link, topics),
    async describeGroups({ groupIds }) {
      const answer = await link.ask(client => client.describeGroups({ groupIds }))
      return {
        ...throttled(answer),
        groups: answer.groups.map(({ error, groupId, groupState, protocolType, protocolName, members }) => {
          if (error !== null) throw kafkaJSError(error)
          return {
            errorCode: 0,
            groupId,
            state: groupState,
            protocolType,
            protocol: protocolName,
            members: members.map(({ memberId, clientId, clientHost, rawMetadata, rawAssignments }) => ({
              memberId,
              clientId,
              clientHost,
              memberMetadata: toBuffer(rawMetadata),
              memberAssignment: toBuffer(rawAssignments),
            })),
          }
        }),
      }
    },
    async offsetFetch({ groupId, topics }) {
      const asked = Object.fromEntries(
        topics.map(({ topic, partitions }) => [topic, partitions.map(({ partition }) => partition)]),
      )
      const answer = await link.ask(client => client.offsetFetch({ groupId, topics: asked }))
      if (answer.error !== null) throw kafkaJSError(answer.error)
      return {
        ...throttled(answer),
        errorCode: 0,
        responses: Object.entries(answer.topics).map(([topic, partitions]) => ({
          topic,
          partitions: partitions.map(({ partition, committedOffset, metadata, error }) => {
            if (error !== null) throw kafkaJSError(error)
            return { partition, offset: String(committedOffset), metadata, errorCode: 0 }
          }),
        })),
      }
    },
    offsetCommit: notHere,
    fetch: notHere,
    produce: notHere,
    alterPartitionReassignments: notHere,
    listPartitionReassignments: notHere,
  } as Broker
}
