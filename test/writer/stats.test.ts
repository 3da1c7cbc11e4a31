import { expect, test } from 'vitest'
import { RequiredAcks } from '../../src/protocol/acks.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Embedded, produceAnswer, topic, values } from './embedded.ts'

test('WriterStats: what happened since the last call, field by field, and again nothing', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  const writer = kafka.open()
  // A retry, a batch given up, and three written: of two partitions, in one request, and one that was asked to wait.
  kafka.answerProduce(ErrorCode.NotEnoughReplicas)
  await writer.writeMessages({ value: 'retried', partition: 0 })
  kafka.answerProduce(ErrorCode.InvalidRecord)
  await writer.writeMessages({ value: 'refused', partition: 0 }).catch(() => {})
  await writer.writeMessages([...values(3).map(each => ({ ...each, partition: 0 })), { value: 'x', partition: 1 }])
  const stats = writer.stats()
  const written = kafka.sent.filter(({ batch }) => batch.count > 0)
  expect(stats).toMatchObject({ writes: 4, messages: 5, errors: 1, retries: 1, dials: 1, bufferedBytes: 0 })
  const last = written.slice(-2).map(({ batch }) => batch.end - batch.start)
  expect(stats.bytes).toBe(written[0]!.batch.end - written[0]!.batch.start + last[0]! + last[1]!)
  expect(stats.batchSize).toMatchObject({ count: 4, sum: 6, min: 1, max: 3 })
  expect(stats.batchBytes).toMatchObject({ count: 4, max: Math.max(...last) })
  for (const name of ['batchTime', 'batchQueueTime'] as const) expect(stats[name].count).toBe(4)
  expect(stats.writeTime.count).toBe(4)
  expect(stats.waitTime.count).toBe(0)
  expect(stats.dialTime.count).toBe(1)
  const after = writer.stats()
  expect(after).toMatchObject({ writes: 0, messages: 0, bytes: 0, errors: 0, retries: 0, dials: 0 })
  for (const name of [
    'batchTime',
    'batchQueueTime',
    'writeTime',
    'waitTime',
    'batchSize',
    'batchBytes',
    'dialTime',
  ] as const)
    expect(after[name].count).toBe(0)
})

test('WriterStats: bufferedBytes is how it stands, not what happened', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open()
  await writer.writeMessages({ value: 'first' })
  const stop = kafka.onProduce(() => 'hang')
  const writing = writer.writeMessages({ value: 'x'.repeat(1_000) }).catch(() => {})
  expect(writer.stats().bufferedBytes).toBeGreaterThan(1_000)
  expect(writer.stats().bufferedBytes).toBeGreaterThan(1_000)
  stop()
  await writer.close({ signal: AbortSignal.abort() })
  await writing
  expect(writer.stats().bufferedBytes).toBe(0)
})

test('WriterStats: the settings, and what kafka-go has for the sake of older programs', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open({
    maxAttempts: 3,
    writeBackoffMin: 4,
    writeBackoffMax: 5,
    batchSize: 6,
    batchTimeout: 7,
    readTimeout: 8,
    writeTimeout: 9,
    requiredAcks: RequiredAcks.One,
    async: true,
  })
  expect(writer.stats()).toMatchObject({
    topic,
    maxAttempts: 3,
    writeBackoffMin: 4,
    writeBackoffMax: 5,
    maxBatchSize: 6,
    batchTimeout: 7,
    readTimeout: 8,
    writeTimeout: 9,
    requiredAcks: RequiredAcks.One,
    async: true,
    clientId: 'isokafka',
    rebalances: 0,
    rebalanceInterval: 0,
    queueLength: 0,
    queueCapacity: 0,
  })
})

test('WriterStats: an answer that asks for a pause counts as waited', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open()
  await writer.writeMessages({ value: 'first' })
  writer.stats()
  const stop = kafka.onProduce(request => ({ ...produceAnswer(request, 0), throttleTimeMs: 30 }) as never)
  await writer.writeMessages({ value: 'x' })
  stop()
  expect(writer.stats().waitTime).toMatchObject({ count: 1, sum: 30, max: 30 })
})
