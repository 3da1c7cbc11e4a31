import { describe, expect, test } from 'vitest'
import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { ProtocolError, TimeoutError } from '../../src/base/errors.ts'
import { ErrorCode, type KafkaError } from '../../src/protocol/errors.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { UnknownOutcomeError, type WriteErrors } from '../../src/writer/errors.ts'
import { pause } from '../support/waiting.ts'
import { batchesOf, Embedded, numbered, produceAnswer, values } from './embedded.ts'

/** Producer epoch and base sequence of all batches sent. */
const stamps = ({ sent }: Embedded): [epoch: number, sequence: number][] =>
  sent.map(({ batch }) => [batch.producerEpoch, batch.baseSequence])

describe('numbers of batches', () => {
  test('count up per partition, under one producer id', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    const writer = kafka.open({ balancer: new RoundRobin() })
    for (let i = 0; i < 3; i++) await writer.writeMessages(values(4))
    expect(new Set(kafka.sent.map(({ batch }) => batch.producerId)).size).toBe(1)
    for (const partition of [0, 1]) {
      expect(kafka.sent.filter(batch => batch.partition === partition).map(({ batch }) => batch.baseSequence)).toEqual([
        0, 2, 4,
      ])
    }
  })

  test('begin again under the next epoch when the broker misses what it had acknowledged', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    await writer.writeMessages({ value: 'a' })
    kafka.answerProduce(ErrorCode.OutOfOrderSequenceNumber)
    await writer.writeMessages({ value: 'b' })
    await writer.writeMessages({ value: 'c' })
    expect(stamps(kafka)).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ])
    expect(await kafka.texts()).toEqual(['a', 'b', 'c'])
  })

  test('begin again when the broker does not know the producer any more', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    await writer.writeMessages({ value: 'a' })
    kafka.answerProduce(ErrorCode.UnknownProducerId)
    await writer.writeMessages({ value: 'b' })
    expect(stamps(kafka)).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ])
  })

  test('are not written under a producer id that is none, by which nothing would be safe to repeat', async () => {
    await using kafka = new Embedded()
    kafka.broker.control(InitProducerId, () => ({ errorCode: 0, producerId: -1n, producerEpoch: -1 }))
    await expect(kafka.open().writeMessages({ value: 'a' })).rejects.toMatchObject({ cause: expect.any(ProtocolError) })
    expect(kafka.sent).toEqual([])
  })

  test('are under another producer id when the epoch is fenced', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    await writer.writeMessages({ value: 'a' })
    kafka.answerProduce(ErrorCode.InvalidProducerEpoch)
    await writer.writeMessages({ value: 'b' })
    const [first, , second] = kafka.sent.map(({ batch }) => batch)
    expect(second!.producerId).not.toBe(first!.producerId)
    expect([second!.producerEpoch, second!.baseSequence]).toEqual([0, 0])
    expect(await kafka.texts()).toEqual(['a', 'b'])
  })

  test('a fenced batch that may have been written before fails: another id would write it twice', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    await writer.writeMessages({ value: 'a' })
    kafka.answerProduce(ErrorCode.RequestTimedOut, ErrorCode.ProducerFenced)
    const error = await writer.writeMessage({ value: 'b' }).catch(e => e)
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(error.cause).toMatchObject({ code: ErrorCode.ProducerFenced })
    await writer.writeMessages({ value: 'c' })
    expect(await kafka.texts()).toEqual(['a', 'c'])
  })

  test('leave no gap behind a batch that is refused for good: those after it are numbered anew', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ batchSize: 2 })
    await writer.writeMessages({ value: 'first' })
    kafka.answerProduce(0, ErrorCode.TopicAuthorizationFailed)
    const error: WriteErrors = await writer.writeMessages(values(8)).catch(e => e)
    expect(error.errors.map(e => (e as KafkaError | null)?.code ?? 0)).toEqual([0, 0, 29, 29, 0, 0, 0, 0])
    expect(await kafka.texts()).toEqual(['first', '0', '1', '4', '5', '6', '7'])
    expect(stamps(kafka).at(-1)![0]).toBe(1)
  })

  test('a batch given up that was written after all: those behind it keep their numbers, and are written once', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ deliveryTimeout: 600, writeTimeout: 350 })
    await writer.writeMessages({ value: 'first' })
    // Everything is written and nothing answered, until the first batch is given up.
    const stop = kafka.onProduce(async (_request, { apply }) => {
      await apply()
      return 'hang' as const
    })
    const failing = writer.writeMessages(values(2)).catch(e => e)
    await expect.poll(() => kafka.sent.length, { interval: 5 }).toBe(2)
    // Sent before the first is sent again, and with time left when that is given up.
    await pause(250)
    const behind = writer.writeMessages(values(4, 2))
    const error: WriteErrors = await failing
    expect(error.errors[0]).toBeInstanceOf(TimeoutError)
    stop()
    await behind
    expect(await kafka.texts()).toEqual(['first', ...numbered(6)])
    expect(kafka.sent.at(-1)!.batch.producerEpoch).toBe(0)
    // Only then the gap in what was acknowledged is closed.
    await writer.writeMessages({ value: 'last' })
    expect([kafka.sent.at(-1)!.batch.producerEpoch, kafka.sent.at(-1)!.batch.baseSequence]).toEqual([1, 0])
    expect(await kafka.texts()).toEqual(['first', ...numbered(6), 'last'])
  })

  test('a batch that fails again and again after it was written is written once, however much is to come behind it', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ batchSize: 1 })
    await writer.writeMessages({ value: 'first' })
    let failures = 0
    kafka.onProduce(async (request, { apply }) => {
      const answer = await apply()
      return batchesOf(request)[0]!.batch.baseSequence === 1 && failures++ < 3
        ? produceAnswer(request, ErrorCode.NotEnoughReplicasAfterAppend)
        : answer
    })
    await writer.writeMessages(values(20))
    expect(await kafka.texts()).toEqual(['first', ...numbered(20)])
    expect(failures).toBeGreaterThan(3)
  })

  test('the first batch of a writer, refused, is not overtaken by the second', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ batchSize: 1 })
    kafka.answerProduce(ErrorCode.NotEnoughReplicas)
    await writer.writeMessages(values(5))
    expect(await kafka.texts()).toEqual(numbered(5))
  })

  test('a batch given up that was never written: those behind it are, once', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ batchSize: 2, deliveryTimeout: 150, writeTimeout: 40 })
    await writer.writeMessages({ value: 'first' })
    const lost = new Set<number>()
    const stop = kafka.onProduce(request => {
      for (const { batch } of batchesOf(request)) lost.add(batch.baseSequence)
      return 'drop' as const
    })
    const failing = writer.writeMessages(values(2)).catch(e => e)
    await expect.poll(() => lost.size).toBeGreaterThan(0)
    const error = (await failing) as WriteErrors
    expect(error.count()).toBe(2)
    stop()
    await writer.writeMessages(values(4, 2))
    expect(await kafka.texts()).toEqual(['first', ...numbered(4, 2)])
    expect(kafka.sent.at(-1)!.batch.producerEpoch).toBe(1)
  })

  test('parts of a split batch take the numbers of the whole', async () => {
    await using kafka = new Embedded({ configs: { 'max.message.bytes': '1000' } })
    const writer = kafka.open()
    await writer.writeMessages({ value: 'first' })
    await writer.writeMessages(values(200))
    expect(await kafka.texts()).toEqual(['first', ...numbered(200)])
    expect(kafka.sent.every(({ batch }) => batch.producerEpoch === 0)).toBe(true)
    expect(writer.stats()).toMatchObject({ errors: 0, bufferedBytes: 0 })
  })
})

describe('the producer id', () => {
  test('may be any 63 bits, which no plain number holds', async () => {
    await using kafka = new Embedded()
    const ids = [2n ** 63n - 1n, 8_000_000_000_000_000_001n]
    const given = [...ids]
    kafka.broker.control(InitProducerId, () => ({ errorCode: 0, producerId: given.shift()!, producerEpoch: 0 }))
    const writer = kafka.open()
    await writer.writeMessages({ value: 'a' })
    kafka.answerProduce(ErrorCode.InvalidProducerEpoch)
    await writer.writeMessages({ value: 'b' })
    expect(kafka.sent.map(({ batch }) => batch.producerId)).toEqual([ids[0], ids[0], ids[1]])
    expect(await kafka.texts()).toEqual(['a', 'b'])
  })

  const answer = (errorCode: number) => ({ errorCode, producerId: -1n, producerEpoch: -1 })

  test('is asked for again while brokers can’t give one', async () => {
    await using kafka = new Embedded()
    let asked = 0
    kafka.broker.control(InitProducerId, () => (++asked < 3 ? answer(ErrorCode.GroupLoadInProgress) : undefined))
    await kafka.open().writeMessages({ value: 'x' })
    expect(asked).toBe(3)
  })

  test('is refused: the writes fail with that, and later ones ask again', async () => {
    await using kafka = new Embedded()
    const stop = kafka.broker.control(InitProducerId, () => answer(ErrorCode.ClusterAuthorizationFailed))
    const writer = kafka.open()
    const error = await writer.writeMessage({ value: 'x' }).catch(e => e)
    expect(error.code).toBe(ErrorCode.ClusterAuthorizationFailed)
    stop()
    await writer.writeMessages({ value: 'y' })
    expect(await kafka.texts()).toEqual(['y'])
  })

  test('is never given: the writes fail in time', async () => {
    await using kafka = new Embedded()
    kafka.broker.control(InitProducerId, () => answer(ErrorCode.GroupCoordinatorNotAvailable))
    await expect(kafka.open({ deliveryTimeout: 80 }).writeMessage({ value: 'x' })).rejects.toBeInstanceOf(TimeoutError)
  })

  test('is not asked for without idempotence', async () => {
    await using kafka = new Embedded()
    kafka.broker.control(InitProducerId, () => answer(ErrorCode.ClusterAuthorizationFailed))
    await kafka.open({ idempotent: false }).writeMessages({ value: 'x' })
    expect(kafka.sent[0]!.batch.baseSequence).toBe(-1)
  })

  test('another code than Kafka has is an error like others', async () => {
    await using kafka = new Embedded()
    const stop = kafka.onProduce(request => {
      stop()
      return produceAnswer(request, 12_345)
    })
    const error = await kafka
      .open()
      .writeMessage({ value: 'x' })
      .catch(e => e)
    expect(error.code).toBe(12_345)
  })
})
