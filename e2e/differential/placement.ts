import { AlterPartitionReassignments } from '../../src/protocol/alter-partition-reassignments.ts'
import { ElectLeaders } from '../../src/protocol/elect-leaders.ts'
import { ListPartitionReassignments } from '../../src/protocol/list-partition-reassignments.ts'
import type { Peer } from './peer.ts'

export async function reassignments(peer: Peer, unique: string): Promise<void> {
  const topic = `${unique}-topic`
  const missing = `${unique}-missing`
  await peer.topic(topic, 2)
  const alter = (
    partitions: { partitionIndex: number; replicas: number[] | null }[],
    { name = topic, allow = true, version = 1 } = {},
  ) =>
    peer.ask(AlterPartitionReassignments, version, {
      topics: [{ name, partitions }],
      ...(version > 0 && { allowReplicationFactorChange: allow }),
    })
  await alter([{ partitionIndex: 0, replicas: [1] }])
  await alter([{ partitionIndex: 0, replicas: [1] }], { version: 0 })
  await alter([
    { partitionIndex: 0, replicas: null },
    { partitionIndex: 7, replicas: [1] },
    { partitionIndex: 7, replicas: null },
    { partitionIndex: 1, replicas: [] },
    { partitionIndex: 1, replicas: [1, 1] },
    { partitionIndex: 1, replicas: [1, 9] },
    { partitionIndex: 1, replicas: [-1] },
  ])
  await alter([{ partitionIndex: 0, replicas: [1] }], { name: missing })
  await alter([{ partitionIndex: 0, replicas: null }], { name: missing })
  await alter([{ partitionIndex: 0, replicas: [1, 9] }], { allow: false })
  await alter([{ partitionIndex: 0, replicas: [1] }], { allow: false })
  await alter([])
  await peer.ask(AlterPartitionReassignments, 1, { topics: [] })
  await peer.ask(ListPartitionReassignments, 0, {})
  await peer.ask(ListPartitionReassignments, 0, {
    topics: [
      { name: topic, partitionIndexes: [0, 7] },
      { name: missing, partitionIndexes: [0] },
    ],
  })
}

export async function elections(peer: Peer, unique: string): Promise<void> {
  const topic = `${unique}-topic`
  await peer.topic(topic, 2)
  const elect = (electionType: number, topicPartitions: { topic: string; partitions: number[] }[]) =>
    peer.ask(ElectLeaders, 2, { electionType, topicPartitions })
  for (const type of [0, 1]) {
    await elect(type, [{ topic, partitions: [0, 1, 7] }])
    await elect(type, [
      { topic: `${unique}-missing`, partitions: [0] },
      { topic: '', partitions: [0] },
      { topic, partitions: [0, 0] },
    ])
    await elect(type, [])
    await elect(type, [{ topic, partitions: [] }])
  }
  await elect(2, [{ topic, partitions: [0] }])
  await peer.ask(ElectLeaders, 1, { electionType: 0, topicPartitions: [{ topic, partitions: [0] }] })
  await peer.ask(ElectLeaders, 0, { topicPartitions: [{ topic, partitions: [0] }] })
}
