import { Fetch } from '../../src/protocol/fetch.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { now, type Peer } from './peer.ts'

// What becomes of records in time: brokers that are asked this look after it several times a second.

/** A batch of one record. */
function record(key: string, value: string | null, timestamp: number): Uint8Array {
  const builder = new BatchBuilder()
  builder.append(key, value, [], timestamp)
  return new Uint8Array(builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 }))
}

async function produce(peer: Peer, topic: string, records: Uint8Array): Promise<void> {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  await peer.ask(Produce, 9, { acks: -1, timeoutMs: 5000, topicData })
}

/** The first offset, once it is as expected; else what it is in the end. */
async function firstOffset(peer: Peer, topic: string, expected: number): Promise<void> {
  const asked = { replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -2 }] }] }
  await peer.settle(ListOffsets, 7, asked, ({ topics }) => topics[0]!.partitions[0]!.offset === expected)
  await peer.ask(ListOffsets, 7, asked)
}

export async function retention(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic, 1, { 'retention.ms': '60000' })
  await produce(peer, topic, record('a', '1', now - 120_000))
  await produce(peer, topic, record('b', '1', now - 110_000))
  await firstOffset(peer, topic, 2)
  await produce(peer, topic, record('a', '1', now))
  await produce(peer, topic, record('a', '1', now - 120_000))
  await new Promise(resolve => setTimeout(resolve, 1_500))
  await firstOffset(peer, topic, 2)
  const fetched = [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }]
  await peer.ask(Fetch, 12, { maxWaitMs: 0, minBytes: 0, sessionEpoch: -1, topics: fetched })
}

export async function compaction(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic, 1, {
    'cleanup.policy': 'compact',
    'segment.ms': '1000',
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': '100000',
  })
  // Each begins a segment of its own.
  for (const [at, [key, value]] of (
    [
      ['a', '1'],
      ['b', '1'],
      ['a', '2'],
      ['c', '1'],
      ['b', null],
      ['a', '3'],
      ['d', '1'],
      ['d', '2'],
    ] as const
  ).entries())
    await produce(peer, topic, record(key, value, now - 60_000 + at * 5_000))
  const offsets = async (): Promise<number[]> => {
    const asked = { maxWaitMs: 0, minBytes: 0, sessionEpoch: -1 }
    const found: number[] = []
    for (let fetchOffset = 0; fetchOffset < 8; ) {
      const topics = [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 }] }]
      const { responses } = await peer.settle(Fetch, 12, { ...asked, topics }, () => true)
      const [batch] = scanBatches(responses[0]!.partitions[0]!.records!)
      if (batch === undefined) break
      found.push(batch.baseOffset)
      fetchOffset = batch.lastOffset + 1
    }
    return found
  }
  let found = await offsets()
  for (let tries = 0; tries < 100 && found.length > 5; tries++) {
    await new Promise(resolve => setTimeout(resolve, 100))
    found = await offsets()
  }
  peer.note('offsets that are left', found)
}
