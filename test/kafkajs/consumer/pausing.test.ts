import { describe, expect, test } from 'vitest'
import type { EachMessagePayload } from '../../../adapters/kafkajs/index.ts'
import { nothing, until } from '../../support/waiting.ts'
import { forever, next, numbered, type SeenMessage, Stage, seenOf, texts } from './fixture.ts'

describe('a pause', () => {
  test('in a handler ends the batch in hand, which goes on when it is resumed', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 4))
    const seen: SeenMessage[] = []
    let resume: (() => void) | undefined
    const { consumer } = await stage.reading(
      {},
      {
        eachMessage: async payload => {
          seen.push(seenOf(payload))
          if (seen.length === 2) resume = payload.pause()
        },
      },
    )
    await until(forever, async () => (await stage.committed()).offset === '2')
    expect(consumer.paused()).toEqual([{ topic: 't', partitions: [0] }])
    resume!()
    expect(await texts(seen, 4)).toEqual(['0', '1', '2', '3'])
    expect(consumer.paused()).toEqual([])
  })

  test('and resume while a handler of batches is at work change nothing of what comes next', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 2))
    const batches: string[][] = []
    const { consumer } = await stage.reading(
      {},
      {
        eachMessage: undefined as never,
        eachBatch: async ({ batch, pause }) => {
          batches.push(batch.messages.map(({ offset }) => offset))
          if (batches.length > 1) return
          const resume = pause()
          const fetched = next(consumer, 'FETCH')
          resume()
          await fetched
        },
      },
    )
    await until(forever, async () => (await stage.committed()).offset === '2')
    await stage.write(numbered(2, 1))
    await until(forever, () => batches.length === 2)
    expect(batches).toEqual([['0', '1'], ['2']])
  })

  test('of one partition lets the others go on', async () => {
    await using stage = new Stage({ partitions: 2 })
    const consumer = stage.consumer()
    const seen: SeenMessage[] = []
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    await consumer.run({ eachMessage: async payload => void seen.push(seenOf(payload)) })
    consumer.pause([{ topic: 't', partitions: [0] }])
    await stage.write(numbered(0, 2))
    await texts(seen, 1)
    expect(seen).toMatchObject([{ partition: 1 }])
    consumer.resume([{ topic: 't', partitions: [0] }])
    await texts(seen, 2)
  })

  test('of a topic holds for partitions that come later, and ends with the run', async () => {
    await using stage = new Stage({ partitions: 2 })
    await stage.write(numbered(0, 2))
    const consumer = stage.consumer()
    const seen: SeenMessage[] = []
    await consumer.connect()
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    const run = { eachMessage: async (payload: EachMessagePayload) => void seen.push(seenOf(payload)) }
    const running = consumer.run(run)
    consumer.pause([{ topic: 't' }])
    await running
    expect(consumer.paused()).toEqual([{ topic: 't', partitions: [0, 1] }])
    consumer.resume([{ topic: 't', partitions: [1] }])
    await texts(seen, 1)
    expect([consumer.paused(), seen.map(({ partition }) => partition)]).toEqual([
      [{ topic: 't', partitions: [0] }],
      [1],
    ])
    await nothing(until(forever, () => seen.length > 1))
    await consumer.stop()
    expect(consumer.paused()).toEqual([])
    await consumer.run(run)
    await texts(seen, 2)
  })

  test('is refused where it can not be meant, and before run', async () => {
    await using stage = new Stage()
    const consumer = stage.consumer()
    for (const action of ['pause', 'resume'] as const) {
      expect(() => consumer[action]([{} as never])).toThrow('Invalid topic [object Object]')
      expect(() => consumer[action]([{ topic: 't', partitions: ['x'] as never }])).toThrow(
        `Array of valid partitions required to ${action} specific partitions instead of x`,
      )
      expect(() => consumer[action]([{ topic: 't' }])).toThrow('consumer#run must be called first')
    }
    expect(consumer.paused()).toEqual([])
  })
})
