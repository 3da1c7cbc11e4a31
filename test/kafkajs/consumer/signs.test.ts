import { expect, test } from 'vitest'
import type { EachMessagePayload } from '../../../adapters/kafkajs/index.ts'
import { Heartbeat } from '../../../src/protocol/heartbeat.ts'
import { until } from '../../support/waiting.ts'
import { forever, next, numbered, Stage } from './fixture.ts'

test('heartbeats that a handler has no part in are not told of, for the event says that it gets on', async () => {
  await using stage = new Stage()
  await stage.write(numbered(0, 1))
  let beats = 0
  stage.broker.control(Heartbeat, () => void beats++)
  const told: number[] = []
  let payload: EachMessagePayload | undefined
  let release: () => void = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const consumer = stage.consumer()
  await consumer.connect()
  await consumer.subscribe({ topic: 't', fromBeginning: true })
  await consumer.run({
    eachMessage: async given => {
      payload = given
      await held
    },
  })
  await until(forever, () => payload !== undefined)
  consumer.on('consumer.heartbeat', () => told.push(beats))
  await until(forever, () => beats > 5)
  expect(told).toEqual([])
  const heartbeat = next(consumer, 'HEARTBEAT')
  await payload!.heartbeat()
  expect(await heartbeat).toEqual({ groupId: 'g', memberId: expect.any(String), groupGenerationId: 1 })
  // At the end of its work, too.
  const another = next(consumer, 'HEARTBEAT')
  await until(forever, () => beats > 10)
  expect(told).toHaveLength(1)
  release()
  await another
})

test('a consumer of which all is paused gets on', async () => {
  await using stage = new Stage()
  const { consumer } = await stage.reading()
  await next(consumer, 'FETCH')
  consumer.pause([{ topic: 't' }])
  // The first may be the end of one that was under way.
  await next(consumer, 'FETCH')
  const start = next(consumer, 'FETCH_START')
  const fetched = next(consumer, 'FETCH')
  const heartbeat = next(consumer, 'HEARTBEAT')
  expect(await start).toEqual({ nodeId: '1' })
  expect(await fetched).toEqual({ numberOfBatches: 0, duration: 100, nodeId: '1' })
  await heartbeat
})

test('a member without partitions gets on', async () => {
  await using stage = new Stage()
  await stage.reading()
  const second = await stage.reading()
  await Promise.all([next(second.consumer, 'FETCH'), next(second.consumer, 'HEARTBEAT')])
})
