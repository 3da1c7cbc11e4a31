import { describe, expect, test } from 'vitest'
import { until } from '../../support/waiting.ts'
import { forever, next, numbered, type SeenMessage, Stage, seenOf, texts } from './fixture.ts'

describe('where a consumer begins', () => {
  test('at the end, unless it is told otherwise', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const consumer = stage.consumer()
    const seen: SeenMessage[] = []
    await consumer.subscribe({ topic: 't' })
    const fetched = next(consumer, 'FETCH')
    await consumer.run({ eachMessage: async payload => void seen.push(seenOf(payload)) })
    await fetched
    await stage.write(numbered(3, 1))
    expect(await texts(seen, 1)).toEqual(['3'])
  })

  test('at what the group has committed', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const { consumer, seen } = await stage.reading()
    await texts(seen, 3)
    await consumer.stop()
    await stage.write(numbered(3, 2))
    const other = await stage.reading()
    expect(await texts(other.seen, 2)).toEqual(['3', '4'])
  })

  test('where it is told for each topic', async () => {
    await using stage = new Stage({ topics: [{ name: 't' }, { name: 'u' }] })
    await stage.write(numbered(0, 1))
    await stage.write(numbered(0, 1), { topic: 'u' })
    const consumer = stage.consumer()
    const seen: SeenMessage[] = []
    await consumer.subscribe({ topic: 't' })
    await consumer.subscribe({ topic: 'u', fromBeginning: true })
    await consumer.run({ eachMessage: async payload => void seen.push(seenOf(payload)) })
    await texts(seen, 1)
    expect(seen).toMatchObject([{ topic: 'u', text: '0' }])
  })

  test('again at that end where the offsets are gone', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const { consumer, seen } = await stage.reading()
    await texts(seen, 3)
    await consumer.commitOffsets([{ topic: 't', partition: 0, offset: '1000' }])
    await consumer.stop()
    const other = await stage.reading()
    expect(await texts(other.seen, 3)).toEqual(['0', '1', '2'])
  })
})

describe('what is committed', () => {
  test('is all that was handled, when a batch ends', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const consumer = stage.consumer()
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    const committed = next(consumer, 'COMMIT_OFFSETS')
    await consumer.run({ eachMessage: async () => {} })
    expect(await committed).toEqual({
      groupId: 'g',
      memberId: expect.stringMatching(/./),
      groupGenerationId: 1,
      topics: [{ topic: 't', partitions: [{ partition: '0', offset: '3' }] }],
    })
    expect(await stage.committed()).toEqual({ offset: '3', metadata: expect.toBeOneOf([null, '']) })
  })

  test('is nothing without autoCommit, and what the user says', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const { consumer, seen } = await stage.reading({}, { autoCommit: false })
    await texts(seen, 3)
    expect((await stage.committed()).offset).toBe('-1')
    await consumer.commitOffsets([{ topic: 't', partition: 0, offset: '2', metadata: 'by hand' }])
    expect(await stage.committed()).toEqual({ offset: '2', metadata: 'by hand' })
    await consumer.commitOffsets([{ topic: 't', partition: 0, offset: '1' }])
    expect((await stage.committed()).offset).toBe('1')
    await consumer.stop()
    expect((await stage.committed()).offset).toBe('1')
  })

  test('is as much as the threshold says, in the middle of a batch', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 5))
    const offsets: string[] = []
    await stage.reading(
      {},
      {
        autoCommitThreshold: 2,
        eachMessage: async () => void offsets.push((await stage.committed()).offset),
      },
    )
    await until(forever, () => offsets.length === 5)
    expect(offsets).toEqual(['-1', '-1', '2', '2', '4'])
  })

  test('is what a transaction of the same Kafka commits, be its partitions texts, as uncommittedOffsets() has them', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const kafka = stage.kafka()
    const producer = kafka.producer({ transactionalId: 'x' })
    const told: unknown[] = []
    const consumer = stage.consumer({}, kafka)
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    await producer.connect()
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, resolveOffset, uncommittedOffsets }) => {
        resolveOffset(batch.lastOffset())
        const offsets = uncommittedOffsets()
        const transaction = await producer.transaction()
        await transaction.sendOffsets({ consumerGroupId: 'g', ...offsets })
        await transaction.commit()
        told.push(offsets, uncommittedOffsets())
      },
    })
    await until(forever, () => told.length === 2)
    expect(told).toEqual([{ topics: [{ topic: 't', partitions: [{ partition: '0', offset: '3' }] }] }, { topics: [] }])
    await producer.disconnect()
  })

  test('is refused where it is no offset', async () => {
    await using stage = new Stage()
    const consumer = stage.consumer()
    const commit = (given: object) => consumer.commitOffsets([given as never])
    await expect(commit({ partition: 0, offset: '1' })).rejects.toThrow('Invalid topic undefined')
    await expect(commit({ topic: 't', offset: '1' })).rejects.toThrow(
      'Invalid partition, expected a number received undefined',
    )
    await expect(commit({ topic: 't', partition: 0, offset: 'x' })).rejects.toThrow(
      'Invalid offset, expected a long received x',
    )
    await expect(commit({ topic: 't', partition: 0, offset: '-1' })).rejects.toThrow(
      'Offset must not be a negative number',
    )
    await expect(commit({ topic: 't', partition: 0, offset: '1', metadata: 1 })).rejects.toThrow(
      'Invalid offset metadata, expected string or null, received 1',
    )
    await expect(commit({ topic: 't', partition: 0, offset: '1' })).rejects.toThrow(
      'Consumer group was not initialized, consumer#run must be called first',
    )
  })
})

describe('a seek', () => {
  test('has read again from there, and is committed', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const { consumer, seen } = await stage.reading()
    await texts(seen, 3)
    consumer.seek({ topic: 't', partition: 0, offset: '1' })
    expect(await texts(seen, 5)).toEqual(['0', '1', '2', '1', '2'])
  })

  test('right after run begins counts when the partition comes', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const consumer = stage.consumer()
    const seen: SeenMessage[] = []
    await consumer.connect()
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    const running = consumer.run({ eachMessage: async payload => void seen.push(seenOf(payload)) })
    consumer.seek({ topic: 't', partition: 0, offset: '0' })
    consumer.seek({ topic: 't', partition: 0, offset: '2' })
    await running
    expect(await texts(seen, 1)).toEqual(['2'])
  })

  test('in a handler ends the batch in hand', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 5))
    const seen: SeenMessage[] = []
    const { consumer } = await stage.reading(
      {},
      {
        eachMessage: async payload => {
          seen.push(seenOf(payload))
          if (seen.length === 2) consumer.seek({ topic: 't', partition: 0, offset: '4' })
        },
      },
    )
    expect(await texts(seen, 3)).toEqual(['0', '1', '4'])
    await until(forever, async () => (await stage.committed()).offset === '5')
  })

  test.each([
    ['-2', ['0', '1', '2']],
    ['-1', ['3']],
  ])('to %s is one to a bound of the partition', async (offset, after) => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const { consumer, seen } = await stage.reading({}, { autoCommit: false })
    await texts(seen, 3)
    seen.length = 0
    consumer.seek({ topic: 't', partition: 0, offset })
    if (offset === '-1') {
      await next(consumer, 'FETCH')
      await stage.write(numbered(3, 1))
    }
    expect(await texts(seen, after.length)).toEqual(after)
  })

  test('is refused where it can not be meant', async () => {
    await using stage = new Stage()
    const consumer = stage.consumer()
    const seek = (given: object) => () => consumer.seek(given as never)
    expect(seek({ partition: 0, offset: '1' })).toThrow('Invalid topic undefined')
    expect(seek({ topic: 't', offset: '1' })).toThrow('Invalid partition, expected a number received undefined')
    expect(seek({ topic: 't', partition: 0, offset: 'x' })).toThrow('Invalid offset, expected a long received x')
    expect(seek({ topic: 't', partition: 0, offset: '-3' })).toThrow('Offset must not be a negative number')
    expect(seek({ topic: 't', partition: 0, offset: '1' })).toThrow(
      'Consumer group was not initialized, consumer#run must be called first',
    )
  })
})
