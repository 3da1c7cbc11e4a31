import { Fetch } from '../../src/protocol/fetch.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { now, type Peer } from './peer.ts'

// What becomes of records in time: brokers that are asked this look after it several times a second.

/** A batch of these records, a second between two. */
function record(key: string, value: string | null, timestamp: number, ...more: readonly string[]): Uint8Array {
  const builder = new BatchBuilder()
  builder.append(key, value, [], timestamp)
  for (const [at, each] of more.entries()) builder.append(each, value, [], timestamp + (at + 1) * 1_000)
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
  await peer.topic(topic, 1, { 'retention.ms': '3600000' })
  // Hours, for the file takes a while, and now is when it began. At once: between two writes the first could go.
  await produce(peer, topic, record('a', '1', now - 7_200_000, 'b'))
  await firstOffset(peer, topic, 2)
  await produce(peer, topic, record('a', '1', now))
  await produce(peer, topic, record('a', '1', now - 7_200_000))
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
    'delete.retention.ms': '4000',
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
  const offsets = async (end: number): Promise<number[]> => {
    const asked = { maxWaitMs: 0, minBytes: 0, sessionEpoch: -1 }
    const found: number[] = []
    for (let fetchOffset = 0; fetchOffset < end; ) {
      const topics = [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 }] }]
      const { responses } = await peer.settle(Fetch, 12, { ...asked, topics }, () => true)
      const [batch] = scanBatches(responses[0]!.partitions[0]!.records!)
      if (batch === undefined) break
      found.push(batch.baseOffset)
      fetchOffset = batch.lastOffset + 1
    }
    return found
  }
  const left = async (what: string, end: number, most: number): Promise<void> => {
    let found = await offsets(end)
    for (let tries = 0; tries < 100 && found.length > most; tries++) {
      await new Promise(resolve => setTimeout(resolve, 100))
      found = await offsets(end)
    }
    peer.note(what, found)
  }
  await left('offsets that are left', 8, 5)
  await new Promise(resolve => setTimeout(resolve, 4_500))
  await left('and after delete.retention.ms, as long as nothing comes', 8, 5)
  await produce(peer, topic, record('e', '1', now))
  await left('and once something does', 9, 4)
}
