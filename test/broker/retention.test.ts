import { describe, expect, test } from 'vitest'
import { FirstOffset } from '../../src/index.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import { open } from './open.ts'

const kibibyte = 1024

async function start(connection: BrokerConnection, topic: string, partition = 0): Promise<number> {
  const { topics } = await connection.request(
    ListOffsets,
    { replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -2 }] }] },
    { version: 7 },
  )
  return topics[0]!.partitions[0]!.offset
}

describe('retention by bytes', () => {
  test('lets go of the oldest records, and keeps as much as it says', async () => {
    const { writer, reader, connect } = open({ topics: [{ name: 't' }], retentionBytes: 256 * kibibyte })
    const w = writer({ topic: 't', batchSize: 10 })
    const value = new Uint8Array(kibibyte)
    for (let i = 0; i < 50; i++)
      await w.writeMessages(Array.from({ length: 20 }, (_, n) => ({ key: String(i * 20 + n), value })))
    const first = await start(await connect(), 't')
    // A record takes a little more than its value; a segment is an eighth of what is kept.
    expect(1000 - first).toBeGreaterThanOrEqual(240)
    expect(1000 - first).toBeLessThanOrEqual(290)
    const r = reader({ topic: 't', startOffset: FirstOffset })
    expect((await r.readMessage()).offset).toBe(first)
  })

  test('of a topic overrules that of the broker', async () => {
    const { writer, connect } = open({
      topics: [{ name: 't', configs: { 'retention.bytes': '-1' } }],
      retentionBytes: 16 * kibibyte,
    })
    const w = writer({ topic: 't' })
    for (let i = 0; i < 20; i++) await w.writeMessages({ value: new Uint8Array(10 * kibibyte) })
    expect(await start(await connect(), 't')).toBe(0)
  })

  test('a bound over all partitions holds whatever the topics say: the largest gives first', async () => {
    const configs = { 'retention.bytes': '-1' }
    const { writer, connect } = open({
      topics: ['small', 'large'].map(name => ({ name, configs })),
      maxBytes: 4096 * kibibyte,
    })
    const fill = async (topic: string, count: number) => {
      const w = writer({ topic })
      for (let i = 0; i < count; i++) await w.writeMessages({ value: new Uint8Array(100 * kibibyte) })
    }
    await fill('small', 15)
    await fill('large', 100)
    const connection = await connect()
    expect(await start(connection, 'small')).toBe(0)
    expect(await start(connection, 'large')).toBeGreaterThan(70)
  })

  test('a reader below the first offset goes on with the first', async () => {
    const { writer, reader } = open({ topics: [{ name: 't' }], retentionBytes: 16 * kibibyte })
    const w = writer({ topic: 't' })
    for (let i = 0; i < 100; i++) await w.writeMessages({ value: new Uint8Array(kibibyte) })
    const r = reader({ topic: 't' })
    r.setOffset(3)
    expect((await r.readMessage()).offset).toBeGreaterThan(50)
  })
})
