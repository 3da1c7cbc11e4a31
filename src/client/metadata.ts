import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { Metadata } from '../protocol/metadata.ts'
import type { Broker, Partition } from '../transport/layout.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'

/** What `metadata` of a Client is asked. */
export interface MetadataRequest extends Addressed {
  /** The topics to tell of; all by default, none for []. */
  topics?: readonly string[]
}

export const metadataSettings: SettingKinds<MetadataRequest> = { addr: 'any', topics: 'list' }

/** What `metadata` of a Client answers. */
export interface MetadataResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** '' when the broker tells none. */
  clusterId: string
  /** With KRaft any broker: each passes on what is for the controller. */
  controller: Broker
  /** The brokers that run. */
  brokers: Broker[]
  /** The topics asked for. */
  topics: Topic[]
}

/** A topic of the cluster. */
export interface Topic {
  /** Its name. */
  name: string
  /** KIP-516; 'AAAAAAAAAAAAAAAAAAAAAA' when the broker gives none. */
  id: string
  /** Whether it is Kafka's own, as '__consumer_offsets'. */
  internal: boolean
  /** Its partitions, ascending. */
  partitions: Partition[]
  /** Why it can't be told of, or used; null: it can. */
  error: KafkaError | null
}

export async function metadata(
  caller: Caller,
  request: MetadataRequest,
  options: CallOptions,
): Promise<MetadataResponse> {
  const { topics } = request
  const wire = { topics: topics?.map(name => ({ name })) ?? null, allowAutoTopicCreation: false }
  const response = await caller.send(request, Metadata, wire, options)
  const brokers = new Map<number, Broker>(
    response.brokers.map(({ nodeId, host, port, rack }) => [nodeId, { id: nodeId, host, port, rack: rack ?? '' }]),
  )
  // A broker that the cluster does not know any more keeps its id alone.
  const broker = (id: number): Broker => brokers.get(id) ?? { id, host: '', port: 0, rack: '' }
  return {
    throttle: response.throttleTimeMs,
    clusterId: response.clusterId ?? '',
    controller: broker(response.controllerId),
    brokers: [...brokers.values()],
    topics: response.topics.map(told => ({
      name: told.name ?? '',
      id: told.topicId,
      internal: told.isInternal,
      error: errorAbout(`topic ${told.name ?? told.topicId}`, told.errorCode),
      // Brokers with ZooKeeper have them in no order.
      partitions: [...told.partitions]
        .sort((a, b) => a.partitionIndex - b.partitionIndex)
        .map(p => ({
          topic: told.name ?? '',
          id: p.partitionIndex,
          leader: broker(p.leaderId),
          replicas: p.replicaNodes.map(broker),
          isr: p.isrNodes.map(broker),
          offlineReplicas: p.offlineReplicas.map(broker),
          error: errorAbout(`${told.name}/${p.partitionIndex}`, p.errorCode),
        })),
    })),
  }
}
