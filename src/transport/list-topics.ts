import { ConnectionError } from '../base/errors.ts'
import { ErrorCode, errorFor } from '../protocol/errors.ts'
import { Metadata } from '../protocol/metadata.ts'
import type { Cluster, WaitOptions } from './cluster.ts'

/** A topic among all. */
export interface ListedTopic {
  readonly name: string
  /** KIP-516; the zero uuid where there is none. */
  readonly id: string
  /** Kafka's own. */
  readonly internal: boolean
}

/** All topics that may be seen, Kafka's own included. One try, of one request, whose answer grows with their partitions. */
export async function listTopics(cluster: Cluster, options: WaitOptions): Promise<readonly ListedTopic[]> {
  const given = { timeoutMs: cluster.patience, ...options }
  const connection = await cluster.connection('any', 'control', given)
  try {
    const response = await connection.request(Metadata, { topics: null, allowAutoTopicCreation: false }, given)
    const error = errorFor(response.errorCode)
    if (error !== null) throw error
    // A broker that is just starting may not have heard of any yet.
    if (response.brokers.length === 0) throw new ConnectionError(cluster.name, 'the metadata names no brokers')
    return response.topics
      .filter(({ errorCode }) => errorCode === 0 || errorCode === ErrorCode.LeaderNotAvailable)
      .map(({ name, topicId, isInternal }) => ({ name: name!, id: topicId, internal: isInternal }))
  } catch (error) {
    cluster.avoid(connection, error)
    throw error
  }
}
