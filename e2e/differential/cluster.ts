import { DescribeQuorum } from '../../src/protocol/describe-quorum.ts'
import { UnregisterBroker } from '../../src/protocol/unregister-broker.ts'
import { UpdateFeatures } from '../../src/protocol/update-features.ts'
import type { Peer } from './peer.ts'

export async function features(peer: Peer, _unique: string): Promise<void> {
  const update = (version: number, updates: { feature: string; maxVersionLevel: number; upgradeType?: number }[]) =>
    peer.ask(UpdateFeatures, version, { featureUpdates: updates, validateOnly: true })
  for (const version of [1, 2]) {
    const transactions = 'transaction.version'
    await update(version, [{ feature: transactions, maxVersionLevel: 2, upgradeType: 1 }])
    await update(version, [{ feature: transactions, maxVersionLevel: 1, upgradeType: 1 }])
    await update(version, [{ feature: transactions, maxVersionLevel: 1, upgradeType: 2 }])
    await update(version, [{ feature: transactions, maxVersionLevel: 1, upgradeType: 3 }])
    await update(version, [{ feature: transactions, maxVersionLevel: 0, upgradeType: 3 }])
    await update(version, [{ feature: transactions, maxVersionLevel: 99, upgradeType: 1 }])
    await update(version, [{ feature: transactions, maxVersionLevel: -1, upgradeType: 3 }])
    await update(version, [{ feature: transactions, maxVersionLevel: 2, upgradeType: 2 }])
    await update(version, [{ feature: transactions, maxVersionLevel: 2, upgradeType: 0 }])
    await update(version, [{ feature: 'nothing', maxVersionLevel: 1, upgradeType: 1 }])
    await update(version, [
      { feature: 'nothing', maxVersionLevel: 1, upgradeType: 1 },
      { feature: transactions, maxVersionLevel: 2, upgradeType: 1 },
    ])
    await update(version, [])
  }
}

export async function unregistered(peer: Peer, _unique: string): Promise<void> {
  for (const brokerId of [99, 0, -1, 2_147_483_647]) await peer.ask(UnregisterBroker, 0, { brokerId })
}

export async function quorum(peer: Peer, _unique: string): Promise<void> {
  const describe = (topicName: string, partitionIndex: number, version: number) =>
    peer.ask(DescribeQuorum, version, { topics: [{ topicName, partitions: [{ partitionIndex }] }] })
  await describe('__cluster_metadata', 1, 0)
  await describe('another', 0, 2)
  const response = await peer.settle(
    DescribeQuorum,
    2,
    { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
    ({ errorCode }) => errorCode === 0,
  )
  const { leaderId, currentVoters, observers, highWatermark, errorCode } = response.topics[0]!.partitions[0]!
  peer.note('DescribeQuorum v2', {
    errorCode,
    leaderId,
    voters: currentVoters.map(({ replicaId, logEndOffset }) => [replicaId, logEndOffset > 0]),
    observers,
    written: highWatermark > 0,
    nodes: response.nodes?.map(({ nodeId, listeners }) => [nodeId, listeners.map(({ name }) => name)]),
  })
}
