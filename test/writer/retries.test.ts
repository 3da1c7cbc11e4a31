import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { deferred } from '../../src/base/deferred.ts'
import { ClosedError, ConnectionError, TimeoutError } from '../../src/base/errors.ts'
import type { ClientEvent } from '../../src/base/events.ts'
import { Broker } from '../../src/broker/index.ts'
import { RequiredAcks } from '../../src/protocol/acks.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Transport } from '../../src/transport/transport.ts'
import { UnknownOutcomeError, WriteErrors } from '../../src/writer/errors.ts'
import { Writer } from '../../src/writer/writer.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { Embedded, numbered, produceAnswer, topic, values } from './embedded.ts'

describe('an idempotent writer', () => {
  test.each([
    ErrorCode.InvalidMessage,
    ErrorCode.UnknownTopicOrPartition,
    ErrorCode.LeaderNotAvailable,
    ErrorCode.NotLeaderForPartition,
    ErrorCode.RequestTimedOut,
    ErrorCode.NetworkException,
    ErrorCode.NotEnoughReplicas,
    ErrorCode.NotEnoughReplicasAfterAppend,
    ErrorCode.KafkaStorageError,
    ErrorCode.FencedLeaderEpoch,
    ErrorCode.ThrottlingQuotaExceeded,
    ErrorCode.UnknownTopicID,
  ])('sends again after error %i, under the same number', async code => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    await writer.writeMessages({ value: 'first' })
    kafka.answerProduce(code, code)
    await writer.writeMessages(values(3))
    expect(await kafka.texts()).toEqual(['first', ...numbered(3)])
    expect(kafka.sent.map(({ batch }) => [batch.producerEpoch, batch.baseSequence])).toEqual([
      [0, 0],
      [0, 1],
      [0, 1],
      [0, 1],
    ])
    expect(writer.stats().retries).toBe(2)
  })

  test('writes once when answers are lost after the write', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    kafka.broker.loseAnswer(Produce, { times: 4 })
    await writer.writeMessages(values(3))
    expect(await kafka.texts()).toEqual(numbered(3))
    const { offset } = await writer.writeMessage({ value: 'next' })
    expect(offset).toBe(3)
  })

  test('writes once when the broker appended and says it could not tell', async () => {
    await using kafka = new Embedded()
    const stop = kafka.onProduce(async (request, { apply }) => {
      stop()
      await apply()
      return produceAnswer(request, ErrorCode.NotEnoughReplicasAfterAppend)
    })
    const { offset } = await kafka.open().writeMessage({ value: 'once' })
    expect(offset).toBe(0)
    expect(await kafka.texts()).toEqual(['once'])
  })

  test('takes DUPLICATE_SEQUENCE_NUMBER for success, at an offset nobody knows', async () => {
    await using kafka = new Embedded()
    kafka.answerProduce(ErrorCode.DuplicateSequenceNumber)
    expect((await kafka.open().writeMessage({ value: 'x' })).offset).toBe(-1)
  })

  test('ends a connection that answers no more, and sends again on another', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ writeTimeout: 50 })
    const stop = kafka.onProduce(() => {
      stop()
      return 'hang'
    })
    await writer.writeMessages(values(2))
    expect(await kafka.texts()).toEqual(numbered(2))
    expect(kafka.events.some(event => event.type === 'disconnect' && event.lane === 'produce')).toBe(true)
  })

  test('sends again a batch that the broker left out of its answer', async () => {
    await using kafka = new Embedded()
    const stop = kafka.onProduce(async (_request, { apply }) => {
      stop()
      await apply()
      return { responses: [] }
    })
    await kafka.open().writeMessages(values(2))
    expect(await kafka.texts()).toEqual(numbered(2))
  })

  test('goes to the new leader that the old one names, without asking for metadata', async () => {
    await using kafka = new Embedded({ brokers: 2 })
    const writer = kafka.open()
    await writer.writeMessages({ value: 'a' })
    const old = kafka.sent[0]!.brokerId
    const metadata = kafka.events.filter(({ type }) => type === 'metadataRefresh').length
    kafka.broker.moveLeader(topic, 0, 3 - old)
    await writer.writeMessages({ value: 'b' })
    expect(kafka.sent.at(-1)!.brokerId).toBe(3 - old)
    expect(await kafka.texts()).toEqual(['a', 'b'])
    expect(kafka.events.filter(({ type }) => type === 'metadataRefresh').length).toBe(metadata)
  })

  test('follows the leader when its broker stops, with batches in flight, and keeps the order', async () => {
    await using kafka = new Embedded({ brokers: 3, partitions: 3 })
    const writer = kafka.open({ batchBytes: 500, balancer: () => 0 })
    const writing: Promise<void>[] = []
    for (let i = 0; i < 200; i++) {
      writing.push(writer.writeMessages(values(5, 5 * i)))
      if (i % 50 === 25) {
        await writing[i - 5]
        kafka.broker.stopBroker(kafka.sent.at(-1)!.brokerId)
      }
      if (i % 50 === 45) for (const id of kafka.broker.brokerIds) kafka.broker.startBroker(id)
      if (i % 10 === 9) await writing[i - 9]
    }
    await Promise.all(writing)
    expect(await kafka.texts()).toEqual(numbered(1000))
  })

  test('holds back the batches behind a failed one, then sends all again in order', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ batchSize: 1 })
    await writer.writeMessages({ value: 'first' })
    // The second of five is refused; those behind it are on their way already.
    kafka.answerProduce(0, ErrorCode.NotEnoughReplicas)
    await writer.writeMessages(values(8))
    expect(await kafka.texts()).toEqual(['first', ...numbered(8)])
  })

  test('pauses for as long as a throttled answer says', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    let answered = 0
    const stop = kafka.onProduce(async (_request, { apply }) => {
      stop()
      const answer = { ...(await apply())!, throttleTimeMs: 60 }
      answered = performance.now()
      return answer
    })
    await writer.writeMessages({ value: 'a' })
    await writer.writeMessages({ value: 'b' })
    expect(performance.now() - answered).toBeGreaterThan(50)
    expect(writer.stats().waitTime.max).toBe(60)
  })
})

describe('delivery is bounded', () => {
  test('a broker that stops answering: the call fails after deliveryTimeout and says that the outcome is unknown', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ deliveryTimeout: 80 })
    await writer.writeMessages({ value: 'first' })
    kafka.onProduce(() => 'hang')
    const before = performance.now()
    const error = await writer.writeMessages(values(2)).catch(e => e)
    expect(error).toBeInstanceOf(WriteErrors)
    expect(error.errors[1]).toBeInstanceOf(TimeoutError)
    expect(error.errors[1].message).toContain('may have been written')
    expect(performance.now() - before).toBeLessThan(2_000)
  })

  test('nobody listens: the call fails after deliveryTimeout, and the error says why', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ deliveryTimeout: 1_000 })
    await writer.writeMessages({ value: 'first' })
    kafka.broker.stopBroker(1)
    const error = await writer.writeMessage({ value: 'x' }).catch(e => e)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.cause).toBeInstanceOf(ConnectionError)
  })

  test('what is buffered for a broker that stops answering stays below maxBufferedBytes; waiting callers fail in time', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ deliveryTimeout: 150, maxBufferedBytes: 100_000, batchBytes: 10_000 })
    await writer.writeMessages({ value: 'first' })
    kafka.onProduce(() => 'hang')
    let highest = 0
    const outcomes = await Promise.allSettled(
      Array.from({ length: 500 }, async () => {
        const writing = writer.writeMessages({ value: new Uint8Array(1000) })
        highest = Math.max(highest, writer.stats().bufferedBytes)
        return writing
      }),
    )
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    expect(highest).toBeLessThanOrEqual(100_000)
    expect(highest).toBeGreaterThan(80_000)
    expect(writer.stats().bufferedBytes).toBe(0)
  })

  test('one call with more than maxBufferedBytes is taken on bit by bit', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ maxBufferedBytes: 100_000, batchBytes: 10_000 })
    await writer.writeMessages({ value: 'first' })
    let highest = 0
    kafka.onProduce(() => {
      highest = Math.max(highest, writer.stats().bufferedBytes)
      return undefined
    })
    await writer.writeMessages(Array.from({ length: 1000 }, () => ({ value: new Uint8Array(1000) })))
    expect(highest).toBeGreaterThan(80_000)
    expect(highest).toBeLessThanOrEqual(100_000)
    expect((await kafka.texts()).length).toBe(1001)
  })

  test('close() with a signal gives up at once', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    await writer.writeMessages({ value: 'first' })
    const arrived = deferred<void>()
    kafka.onProduce(() => {
      arrived.resolve()
      return 'hang'
    })
    const sent = Promise.allSettled([writer.writeMessages({ value: 'a' }), writer.writeMessage({ value: 'b' })])
    await arrived.promise
    const unsent = writer.writeMessage({ value: 'c' }).catch(e => e)
    await writer.close({ signal: AbortSignal.abort() })
    // What is on its way may arrive yet, and the errors say so; what has not left is surely not written.
    const [list, one] = (await sent).map(outcome => (outcome as PromiseRejectedResult).reason)
    expect(list.mayHaveBeenWritten()).toBe(true)
    expect(one).toBeInstanceOf(UnknownOutcomeError)
    expect(one.cause).toBeInstanceOf(ClosedError)
    expect(await unsent).toBeInstanceOf(ClosedError)
  })
})

describe('without idempotence', () => {
  test('gives up after maxAttempts, and goes on with what comes next', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ idempotent: false, maxAttempts: 3 })
    const code = ErrorCode.NotEnoughReplicas
    kafka.answerProduce(code, code, code)
    const error = await writer.writeMessage({ value: 'lost' }).catch(e => e)
    expect(error).toBeInstanceOf(KafkaError)
    expect(error.code).toBe(code)
    await writer.writeMessages({ value: 'next' })
    expect(await kafka.texts()).toEqual(['next'])
    expect(kafka.sent[0]!.batch.producerId).toBe(-1n)
  })

  test.each([RequiredAcks.None, RequiredAcks.One, RequiredAcks.All])(
    'acks %i: retries keep the order',
    async requiredAcks => {
      await using kafka = new Embedded()
      const writer = kafka.open({ idempotent: false, requiredAcks, batchSize: 2 })
      if (requiredAcks !== RequiredAcks.None)
        kafka.answerProduce(0, ErrorCode.NotEnoughReplicas, 0, ErrorCode.RequestTimedOut)
      await writer.writeMessages(values(20))
      await writer.close()
      await expect.poll(() => kafka.texts()).toEqual(numbered(20))
    },
  )

  test('an unreachable broker counts as a failed attempt', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ idempotent: false, maxAttempts: 3 })
    await writer.writeMessages({ value: 'first' })
    kafka.broker.stopBroker(1)
    await expect(writer.writeMessage({ value: 'x' })).rejects.toBeInstanceOf(ConnectionError)
  })
})

test('what a dead broker led is sent to the others in few requests, however many partitions it is of', async () => {
  using clock = new LeapingClock()
  await using broker = new Broker({
    clock,
    brokers: 3,
    topics: [{ name: 't', partitions: 300, replicationFactor: 3 }],
  })
  let requests = 0
  const onEvent = ({ type, ...event }: ClientEvent): void => {
    if (type === 'request' && 'api' in event && event.api === 'Produce') requests++
  }
  await using transport = new Transport({ clock, adapter: memory(broker, natives), natives, logger: null, onEvent })
  await using writer = new Writer({ addr: broker.addresses, topic: 't', transport })
  const messages = Array.from({ length: 300 }, (_, partition) => ({ partition, value: 'x' }))
  await writer.writeMessages(messages)
  broker.crashBroker(1)
  requests = 0
  await writer.writeMessages(messages)
  expect(requests).toBeLessThan(20)
})
