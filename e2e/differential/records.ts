import { Fetch } from '../../src/protocol/fetch.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { batch, now, type Peer } from './peer.ts'

const nobody = 'AAAAAAAAAAAAAAAAAAAAAQ'

function produce(
  peer: Peer,
  topic: string,
  records: Uint8Array | null,
  {
    version = 9,
    acks = -1,
    index = 0,
    name = topic,
    topicId = peer.topicId(topic),
    transactionalId = null as string | null,
  } = {},
) {
  return peer.ask(Produce, version, {
    transactionalId,
    acks,
    timeoutMs: 5000,
    topicData: [{ name, topicId, partitionData: [{ index, records }] }],
  })
}

/** The bytes of a batch, changed. */
function spoilt(records: Uint8Array, change: (view: DataView) => void): Uint8Array {
  change(new DataView(records.buffer, records.byteOffset, records.byteLength))
  return records
}

export async function produceAndList(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic, 2)
  for (const version of [3, 5, 8, 9, 10, 12, 13]) await produce(peer, topic, batch(2, { timestamp: now }), { version })
  await produce(peer, topic, batch(1, { timestamp: now - 60_000 }), { acks: 1 })
  await produce(peer, topic, batch(1), { acks: 2 })
  await produce(peer, topic, batch(1), { index: 7 })
  await produce(peer, topic, batch(1), { name: `${topic}-absent` })
  await produce(peer, topic, batch(1), { topicId: nobody, version: 13 })
  await produce(peer, topic, batch(1), { index: 7, version: 13 })
  const list = (timestamp: number, version = 11, more = {}) =>
    peer.ask(ListOffsets, version, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp, ...more }] }],
    })
  for (const version of [1, 2, 4, 5, 7, 11]) for (const time of [-1, -2]) await list(time, version)
  for (const time of [-3, -4, -5, -6, -7, 0, now, now + 1, now + 2]) await list(time)
  await list(-3, 5)
  await list(-4, 7)
  await list(-1, 11, { currentLeaderEpoch: 0 })
  await list(-1, 11, { currentLeaderEpoch: 3 })
  await list(-1, 11, { partitionIndex: 9 })
  await peer.ask(ListOffsets, 11, {
    replicaId: -1,
    isolationLevel: 1,
    topics: [
      { name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] },
      { name: `${topic}-absent`, partitions: [{ partitionIndex: 0, timestamp: -1 }] },
    ],
  })
  await peer.ask(ListOffsets, 11, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: 1, timestamp: -3 }] }],
  })
}

export async function badBatches(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic, 1, { 'max.message.bytes': '500' })
  const attempt = async (records: Uint8Array | null, version = 9) => {
    await produce(peer, topic, records, { version }).catch(() => {})
  }
  await attempt(batch(1, { value: 'x'.repeat(600) }))
  await attempt(spoilt(batch(1), view => view.setUint8(70, 99)))
  await attempt(new Uint8Array([...batch(1), ...batch(1)]))
  await attempt(batch(2).subarray(0, 80))
  await attempt(new Uint8Array([...batch(1), 0, 0, 0]))
  await attempt(batch(1, { timestamp: Date.now() + 7_200_000 }), 9)
  await attempt(batch(1, { timestamp: -1 }))
  await attempt(spoilt(batch(1), view => view.setUint8(16, 1)))
  await attempt(spoilt(batch(1), view => view.setInt32(8, 5)))
  await attempt(spoilt(batch(1), view => view.setInt32(4, 7)))
  await attempt(batch(1, { producerId: 3n, producerEpoch: 0, baseSequence: -1 }))
}

export async function empties(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic, 1)
  await produce(peer, topic, new Uint8Array(0)).catch(() => {})
  await peer.ask(Produce, 9, { acks: -1, timeoutMs: 5000, topicData: [] }).catch(() => {})
}

export async function idempotence(peer: Peer, topic: string): Promise<void> {
  await peer.producerIds()
  await peer.topic(topic, 1)
  const { producerId } = await peer.ask(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 })
  const send = (baseSequence: number, count = 1, producerEpoch = 0) =>
    produce(peer, topic, batch(count, { producerId, producerEpoch, baseSequence }))
  for (const sequence of [0, 1, 2]) await send(sequence)
  await send(1)
  await send(3, 3)
  await send(3, 3)
  await send(3, 2)
  await send(4, 1)
  await send(9)
  await send(6)
  await send(7)
  await send(8)
  await send(9)
  await send(0)
  await send(2)
  await send(10, 1, 1)
  await send(0, 1, 1)
  await send(10, 1, 0)
  await send(1, 1, 1)
  const other = await peer.ask(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 })
  await produce(peer, topic, batch(1, { producerId: other.producerId, producerEpoch: 0, baseSequence: 5 }))
  await produce(peer, topic, batch(1, { producerId: other.producerId, producerEpoch: 0, baseSequence: 6 }))
  await produce(peer, topic, batch(1, { producerId: other.producerId, producerEpoch: 3, baseSequence: 4 }))
  await produce(peer, topic, batch(3, { producerId: other.producerId, producerEpoch: 4, baseSequence: 2147483646 }))
  await produce(
    peer,
    topic,
    batch(3, { producerId: other.producerId + 1000n, producerEpoch: 4, baseSequence: 2147483646 }),
  )
  await produce(peer, topic, batch(1, { producerId: other.producerId + 1000n, producerEpoch: 4, baseSequence: 1 }))
  await peer.ask(InitProducerId, 4, { transactionalId: '', transactionTimeoutMs: 60_000 })
  await peer.ask(InitProducerId, 4, {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
    producerId,
    producerEpoch: 0,
  })
}

export async function appendTime(peer: Peer, topic: string): Promise<void> {
  await peer.producerIds()
  await peer.topic(topic, 1, { 'message.timestamp.type': 'LogAppendTime' })
  const { producerId } = await peer.ask(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 })
  const records = batch(1, { producerId, producerEpoch: 0, baseSequence: 0 })
  const { responses } = await produce(peer, topic, records)
  const again = await produce(peer, topic, records)
  const stamp = (answer: typeof responses) => answer[0]!.partitionResponses[0]!.logAppendTimeMs
  peer.note('the time of appending', [stamp(responses) > now, stamp(again.responses) === stamp(responses)])
}

export async function compacted(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic, 1, { 'cleanup.policy': 'compact' })
  await produce(peer, topic, batch(1))
}

type FetchMore = {
  fetchOffset?: number
  partitionMaxBytes?: number
  currentLeaderEpoch?: number
  lastFetchedEpoch?: number
  partition?: number
}

export async function fetch(peer: Peer, topic: string): Promise<void> {
  const topicId = await peer.topic(topic, 2)
  for (const count of [1, 2, 3]) await produce(peer, topic, batch(count))
  const ask = (
    version: number,
    { fetchOffset = 0, partitionMaxBytes = 100_000, partition = 0, ...more }: FetchMore = {},
    request: object = {},
  ) =>
    peer.ask(Fetch, version, {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topic, topicId, partitions: [{ partition, fetchOffset, partitionMaxBytes, ...more }] }],
      ...request,
    })
  for (const version of [4, 5, 7, 9, 11, 12, 13, 15, 16, 17, 18]) await ask(version)
  for (const fetchOffset of [1, 2, 3, 5, 6]) await ask(13, { fetchOffset })
  for (const fetchOffset of [7, -1, 100]) await ask(13, { fetchOffset })
  for (const partitionMaxBytes of [0, 1, 70, 100, 200]) await ask(12, { partitionMaxBytes })
  for (const maxBytes of [0, 1, 100, 150]) await ask(12, {}, { maxBytes })
  await ask(12, { partition: 5 })
  await ask(12, { currentLeaderEpoch: 4 })
  await ask(12, { currentLeaderEpoch: 0 })
  await ask(12, { lastFetchedEpoch: 0 })
  await ask(12, { lastFetchedEpoch: 5 })
  await ask(12, {}, { isolationLevel: 1 })
  await ask(12, {}, { topics: [] })
  await ask(
    13,
    {},
    {
      topics: [{ topic: '', topicId: nobody, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
    },
  )
  await ask(
    12,
    {},
    {
      topics: [
        { topic: `${topic}-absent`, topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] },
      ],
    },
  )
  const both = [0, 1].map(partition => ({ partition, fetchOffset: 0, partitionMaxBytes: 100_000 }))
  await ask(12, {}, { topics: [{ topic, topicId, partitions: both }] })
  // The first partition has its batch whole, whatever the limits; the second gets nothing.
  await peer.ask(Produce, 9, {
    acks: -1,
    timeoutMs: 5000,
    topicData: [{ name: topic, topicId, partitionData: [{ index: 1, records: batch(5) }] }],
  })
  await ask(12, {}, { maxBytes: 10, topics: [{ topic, topicId, partitions: both }] })
}

export async function sessions(peer: Peer, topic: string): Promise<void> {
  for (const version of [12, 13]) {
    const name = `${topic}-${version}`
    const topicId = await peer.topic(name, 2)
    const at = (partition: number, fetchOffset: number) => ({ partition, fetchOffset, partitionMaxBytes: 100_000 })
    const ask = (sessionId: number, sessionEpoch: number, partitions: ReturnType<typeof at>[], more: object = {}) =>
      peer.ask(Fetch, version, {
        maxWaitMs: 0,
        minBytes: 1,
        sessionId,
        sessionEpoch,
        topics: partitions.length === 0 ? [] : [{ topic: name, topicId, partitions }],
        ...more,
      })
    const { sessionId } = await ask(0, 0, [at(0, 0), at(1, 0)])
    peer.note('a session id', sessionId > 0)
    await ask(sessionId, 1, [])
    await produce(peer, name, batch(2))
    await ask(sessionId, 2, [])
    await ask(sessionId, 3, [])
    await ask(sessionId, 4, [at(0, 2)])
    await ask(sessionId, 5, [])
    await ask(sessionId, 5, [])
    await ask(sessionId, 6, [at(1, 9)])
    await ask(sessionId, 7, [])
    await ask(sessionId, 8, [], { forgottenTopicsData: [{ topic: name, topicId, partitions: [1] }] })
    await produce(peer, name, batch(2), { index: 1 })
    await ask(sessionId, 9, [])
    await ask(sessionId, 9, [])
    await ask(12345, 1, [])
    await ask(sessionId, -1, [at(0, 0)])
    await ask(sessionId, 10, [])
    const second = await ask(0, 0, [at(0, 0)])
    await ask(second.sessionId, 0, [at(0, 0)])
    await ask(second.sessionId, 1, [])
    const third = await ask(0, 0, [at(0, 2)])
    await ask(third.sessionId, 1, [], { forgottenTopicsData: [{ topic: name, topicId, partitions: [0] }] })
    await ask(third.sessionId, 2, [])
    const fourth = await ask(0, 0, [])
    peer.note('a session of nothing', fourth.sessionId > 0)
  }
}
