import { Metadata } from '../protocol/metadata.ts'
import { type Peer, strangerError } from '../socket/peer.ts'
import type { Requester } from '../socket/requester.ts'

/**
 * Brokers before Kafka 4.4 don't check themselves whom a connection is for (KIP-1242): they are asked for their
 * cluster's id.
 */
export async function checkCluster(
  connection: Requester & { readonly broker: string; readonly checksPeer: boolean },
  peer: Peer,
  timeoutMs: number,
): Promise<void> {
  // Before version 2 there was none.
  if (connection.checksPeer || peer.isNews || connection.version(Metadata) < 2) return
  const { clusterId } = await connection.request(Metadata, { topics: [], allowAutoTopicCreation: false }, { timeoutMs })
  if (clusterId !== null && clusterId !== peer.clusterId) throw strangerError(connection.broker, peer, clusterId)
}
