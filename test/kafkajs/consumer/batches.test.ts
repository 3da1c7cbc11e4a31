import { describe, expect, test } from 'vitest'
import type { Batch, EachBatchPayload } from '../../../adapters/kafkajs/index.ts'
import { RawProducer } from '../../support/transactions.ts'
import { until } from '../../support/waiting.ts'
import { forever, next, numbered, Stage } from './fixture.ts'

const textsOf = ({ messages }: Batch): string[] => messages.map(({ value }) => value!.toString())

describe('a batch', () => {
  test('is what was fetched of a partition, whatever batches it was written in', async () => {
    await using stage = new Stage()
    for (let i = 0; i < 3; i++) await stage.write(numbered(i * 2, 2))
    const batches: object[] = []
    const eachBatch = async ({ batch }: EachBatchPayload): Promise<void> => {
      batches.push({
        topic: batch.topic,
        partition: batch.partition,
        highWatermark: batch.highWatermark,
        texts: textsOf(batch),
        isEmpty: batch.isEmpty(),
        first: batch.firstOffset(),
        last: batch.lastOffset(),
        lag: batch.offsetLag(),
        low: batch.offsetLagLow(),
      })
    }
    await stage.reading({}, { eachMessage: undefined as never, eachBatch })
    await until(forever, () => batches.length > 0)
    expect(batches).toEqual([
      {
        topic: 't',
        partition: 0,
        highWatermark: '6',
        texts: ['0', '1', '2', '3', '4', '5'],
        isEmpty: false,
        first: '0',
        last: '5',
        lag: '0',
        low: '5',
      },
    ])
  })

  test('is no larger than maxBytesPerPartition', async () => {
    await using stage = new Stage()
    for (let i = 0; i < 4; i++) await stage.write([{ value: 'x'.repeat(1_000) }])
    const sizes: number[] = []
    await stage.reading(
      { maxBytesPerPartition: 2_500 },
      { eachMessage: undefined as never, eachBatch: async ({ batch }) => void sizes.push(batch.messages.length) },
    )
    await until(forever, () => sizes.reduce((sum, size) => sum + size, 0) === 4)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2)
  })

  test('comes again from what was not resolved, where it is not by itself', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 4))
    const batches: string[][] = []
    await stage.reading(
      {},
      {
        eachBatchAutoResolve: false,
        eachMessage: undefined as never,
        eachBatch: async ({ batch, resolveOffset }) => {
          batches.push(textsOf(batch))
          resolveOffset(batch.messages[0]!.offset)
        },
      },
    )
    await until(forever, () => batches.length >= 4)
    expect(batches.slice(0, 4)).toEqual([['0', '1', '2', '3'], ['1', '2', '3'], ['2', '3'], ['3']])
    await until(forever, async () => (await stage.committed()).offset === '4')
  })

  test('is stale once its partition was sought elsewhere', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const stale: boolean[] = []
    const { consumer } = await stage.reading(
      {},
      {
        eachMessage: undefined as never,
        eachBatch: async ({ isStale }) => {
          if (stale.length > 0) return
          stale.push(isStale())
          consumer.seek({ topic: 't', partition: 0, offset: '1' })
          stale.push(isStale())
        },
      },
    )
    await until(forever, () => stale.length === 2)
    expect(stale).toEqual([false, true])
  })
})

describe('what transactions wrote', () => {
  test('is handed out once it is committed; markers are done with along with what is before them', async () => {
    await using stage = new Stage()
    const producer = await new RawProducer(stage.transport, stage.broker.addresses, 'tx').init()
    await producer.write('t', 0, ['a', 'b'])
    await producer.end('commit')
    const batches: { texts: string[]; last: string }[] = []
    await stage.reading(
      {},
      {
        eachBatchAutoResolve: false,
        eachMessage: undefined as never,
        eachBatch: async ({ batch, resolveOffset }) => {
          batches.push({ texts: textsOf(batch), last: batch.lastOffset() })
          resolveOffset(batch.messages.at(-1)!.offset)
        },
      },
    )
    await until(forever, async () => (await stage.committed()).offset === '3')
    expect(batches).toEqual([{ texts: ['a', 'b'], last: '2' }])
  })

  test('is passed over where it was aborted, told of, and committed', async () => {
    await using stage = new Stage()
    const producer = await new RawProducer(stage.transport, stage.broker.addresses, 'tx').init()
    await producer.write('t', 0, ['a', 'b'])
    await producer.end('abort')
    const consumer = stage.consumer()
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    const begun = next(consumer, 'START_BATCH_PROCESS')
    const ended = next(consumer, 'END_BATCH_PROCESS')
    await consumer.run({ eachMessage: () => Promise.reject(new Error('nobody is to see this')) })
    const payload = { topic: 't', partition: 0, highWatermark: '3', batchSize: 0, firstOffset: '0', lastOffset: '2' }
    expect(await begun).toEqual({ ...payload, offsetLag: '0', offsetLagLow: '2' })
    expect(await ended).toMatchObject({ ...payload, duration: expect.any(Number) })
    await until(forever, async () => (await stage.committed()).offset === '3')
  })

  test('is handed out before that with readUncommitted', async () => {
    await using stage = new Stage()
    const producer = await new RawProducer(stage.transport, stage.broker.addresses, 'tx').init()
    await producer.write('t', 0, ['a'])
    const { seen } = await stage.reading({ readUncommitted: true })
    await until(forever, () => seen.length === 1)
    await producer.end('abort')
  })
})
