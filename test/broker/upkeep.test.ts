import { describe, expect, test } from 'vitest'
import { FirstOffset } from '../../src/index.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { open } from './open.ts'

/** Something to write, at a time of a ManualClock. */
function records(time: number, ...entries: readonly [key: string, value: string | null][]): Uint8Array {
  const builder = new BatchBuilder()
  for (const [key, value] of entries) builder.append(key, value, [], 1_700_000_000_000 + time)
  return new Uint8Array(builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 }))
}

async function produce(connection: BrokerConnection, ...batches: readonly Uint8Array[]): Promise<void> {
  for (const each of batches) {
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: each }] }]
    const { responses } = await connection.request(Produce, { acks: -1, timeoutMs: 1, topicData }, { version: 9 })
    expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(0)
  }
}

async function bounds(connection: BrokerConnection): Promise<[first: number, end: number]> {
  const at = async (timestamp: number) => {
    const asked = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }]
    const { topics } = await connection.request(ListOffsets, { replicaId: -1, topics: asked }, { version: 7 })
    return topics[0]!.partitions[0]!.offset
  }
  return [await at(-2), await at(-1)]
}

/** The first offsets of all batches. */
async function offsets(connection: BrokerConnection): Promise<number[]> {
  const found: number[] = []
  for (let [from, end] = await bounds(connection); from < end; ) {
    const asked = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: from, partitionMaxBytes: 1 }] }]
    const { responses } = await connection.request(Fetch, { maxWaitMs: 0, minBytes: 0, topics: asked }, { version: 12 })
    const batch = scanBatches(responses[0]!.partitions[0]!.records!)[0]!
    found.push(batch.baseOffset)
    from = batch.lastOffset + 1
  }
  return found
}

const minute = 60_000

describe('retention.ms', () => {
  test('lets go of what is older, the segment being written included, at the next look', async () => {
    const clock = new ManualClock()
    const { connect } = open({ clock, topics: [{ name: 't', configs: { 'retention.ms': '60000' } }] })
    const connection = await connect()
    await produce(connection, records(0, ['a', '1'], ['b', '2']))
    clock.advance(2 * minute)
    expect(await bounds(connection)).toEqual([0, 2])
    clock.advance(3 * minute)
    expect(await bounds(connection)).toEqual([2, 2])
    await produce(connection, records(5 * minute, ['a', '3']))
    expect(await offsets(connection)).toEqual([2])
  })

  test('keeps a segment as long as one of its records is young', async () => {
    const clock = new ManualClock()
    const configs = { 'retention.ms': '600000' }
    const { connect } = open({
      clock,
      topics: [{ name: 't', configs }],
      configs: { 'log.retention.check.interval.ms': '1' },
    })
    const connection = await connect()
    await produce(connection, records(0, ['a', '1']))
    clock.advance(9 * minute)
    await produce(connection, records(9 * minute, ['a', '2']))
    clock.advance(9 * minute)
    expect(await bounds(connection)).toEqual([0, 2])
    clock.advance(2 * minute)
    expect(await bounds(connection)).toEqual([2, 2])
  })

  test('of −1 keeps all', async () => {
    const clock = new ManualClock()
    const { connect } = open({ clock, topics: [{ name: 't', configs: { 'retention.ms': '-1' } }] })
    const connection = await connect()
    await produce(connection, records(0, ['a', '1']))
    clock.advance(1e11)
    expect(await bounds(connection)).toEqual([0, 1])
  })
})

describe('cleanup.policy=compact', () => {
  const configs = { 'cleanup.policy': 'compact', 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0.01' }

  async function compacted(clock: ManualClock, more: Readonly<Record<string, string>> = {}) {
    const { connect, reader } = open({ clock, topics: [{ name: 't', configs: { ...configs, ...more } }] })
    const connection = await connect()
    return { connection, reader }
  }

  test('keeps the last of each key; readers pass over the holes', async () => {
    const clock = new ManualClock()
    const { connection, reader } = await compacted(clock)
    const keys = ['a', 'b', 'a', 'c', 'a', 'b', 'd', 'e']
    for (const [at, key] of keys.entries()) await produce(connection, records(at * 10, [key, `${at}`]))
    expect(await offsets(connection)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    clock.advance(minute)
    await expect.poll(() => offsets(connection)).toEqual([3, 4, 5, 6, 7])
    expect(await bounds(connection)).toEqual([0, 8])
    const r = reader({ topic: 't', startOffset: FirstOffset })
    for (const [offset, key] of [
      [3, 'c'],
      [4, 'a'],
    ] as const) {
      const message = await r.readMessage()
      expect([message.offset, new TextDecoder().decode(message.key!)]).toEqual([offset, key])
    }
  })

  test('keeps a batch as long as one of its records is the last of its key, and what is being written', async () => {
    const clock = new ManualClock()
    const { connection } = await compacted(clock)
    await produce(
      connection,
      records(0, ['a', '1'], ['b', '1']),
      records(10, ['a', '2']),
      records(20, ['a', '3']),
      records(30, ['a', '4']),
    )
    clock.advance(minute)
    await expect.poll(() => offsets(connection)).toEqual([0, 3, 4])
  })

  test('lets go of a key that is said to be gone, once delete.retention.ms is over', async () => {
    const clock = new ManualClock()
    const { connection } = await compacted(clock, { 'delete.retention.ms': '120000' })
    await produce(connection, records(0, ['a', '1']), records(10, ['a', null]), records(20, ['b', '1']))
    clock.advance(minute)
    await expect.poll(() => offsets(connection)).toEqual([1, 2])
    await produce(connection, records(minute, ['c', '1']))
    clock.advance(5 * minute)
    await expect.poll(() => offsets(connection)).toEqual([2, 3])
  })

  test('counts that from when it is first seen, however old it is then', async () => {
    const clock = new ManualClock()
    const { connection } = await compacted(clock, { 'delete.retention.ms': '120000' })
    clock.advance(60 * minute)
    await produce(connection, records(0, ['a', '1']), records(10, ['a', null]), records(20, ['b', '1']))
    clock.advance(minute)
    await expect.poll(() => offsets(connection)).toEqual([1, 2])
    await produce(connection, records(30, ['b', '2']), records(40, ['c', '1']))
    clock.advance(minute)
    await expect.poll(() => offsets(connection)).toEqual([1, 3, 4])
    await produce(connection, records(50, ['d', '1']))
    clock.advance(minute)
    await expect.poll(() => offsets(connection)).toEqual([3, 4, 5])
  })

  test('does not go by age or bytes where it is the only policy', async () => {
    const clock = new ManualClock()
    const { connection } = await compacted(clock, { 'retention.ms': '1', 'retention.bytes': '1' })
    for (let at = 0; at < 5; at++) await produce(connection, records(at * 10, [`${at}`, 'x']))
    clock.advance(1e9)
    await bounds(connection)
    expect(await offsets(connection)).toEqual([0, 1, 2, 3, 4])
  })
})
