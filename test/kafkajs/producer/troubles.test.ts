import { expect, test } from 'vitest'
import { Kafka, type KafkaConfig, logLevel, type ProducerConfig } from '../../../adapters/kafkajs/index.ts'
import { memory } from '../../../adapters/memory/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import { Broker } from '../../../src/broker/index.ts'
import { Client } from '../../../src/client/client.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { Metadata } from '../../../src/protocol/metadata.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { Transport } from '../../../src/transport/transport.ts'
import { topicContents } from '../../support/topic-contents.ts'
import { produceAnswer } from '../../writer/embedded.ts'

const quick = { initialRetryTime: 5, maxRetryTime: 20, retries: 5 }

/** A cluster in memory, and a producer of it under kafkajs's names. */
async function fixture(brokers = 1, producerConfig: ProducerConfig = {}, kafkaConfig: Partial<KafkaConfig> = {}) {
  const partitions = brokers * 2
  const broker = new Broker({
    brokers,
    natives,
    topics: [{ name: 't', partitions, ...(brokers > 1 && { replicationFactor: brokers }) }],
  })
  const adapter = memory(broker, natives)
  const kafka = new Kafka({
    brokers: [...broker.addresses],
    logLevel: logLevel.NOTHING,
    retry: quick,
    transport: { adapter, natives, backoff: { min: 1, max: 20 } },
    ...kafkaConfig,
  })
  const producer = kafka.producer(producerConfig)
  await producer.connect()
  const client = new Client({ addr: broker.addresses, transport: new Transport({ adapter, natives }) })
  return {
    broker,
    producer,
    client,
    async values(): Promise<string[]> {
      await using transport = new Transport({ adapter, natives })
      const contents = await topicContents(transport, broker.addresses, 't', AbortSignal.timeout(10_000))
      return contents.flatMap(messages => messages.map(message => message.text()))
    },
    async [Symbol.asyncDispose]() {
      await producer.disconnect()
      await broker.close()
    },
  }
}

const thrownBy = (run: Promise<unknown>): Promise<Error & Record<string, unknown>> =>
  run.then(
    () => {
      throw new Error('it did not reject')
    },
    error => error,
  )

test('an error that lasts is told once the tries are used up, with the last one as its cause', async () => {
  await using f = await fixture()
  let asked = 0
  f.broker.control(Produce, request => {
    asked++
    return produceAnswer(request, ErrorCode.NotEnoughReplicas)
  })
  const error = await thrownBy(f.producer.send({ topic: 't', messages: [{ value: 'v' }] }))
  expect(error).toMatchObject({ name: 'KafkaJSNumberOfRetriesExceeded', retriable: false, retryCount: 5 })
  expect(error.cause).toMatchObject({
    name: 'KafkaJSProtocolError',
    type: 'NOT_ENOUGH_REPLICAS',
    code: 19,
    retriable: true,
  })
  expect(asked).toBe(6)
})

test('an error that does not pass is told at once, as it is', async () => {
  await using f = await fixture()
  let asked = 0
  f.broker.control(Produce, request => {
    asked++
    return produceAnswer(request, ErrorCode.TopicAuthorizationFailed)
  })
  const error = await thrownBy(f.producer.send({ topic: 't', messages: [{ value: 'v' }] }))
  expect(error).toMatchObject({ name: 'KafkaJSProtocolError', type: 'TOPIC_AUTHORIZATION_FAILED', retriable: false })
  expect(asked).toBe(1)
})

test('an error that passes is not told', async () => {
  await using f = await fixture()
  let asked = 0
  f.broker.control(Produce, request =>
    ++asked < 4 ? produceAnswer(request, ErrorCode.NotLeaderForPartition) : undefined,
  )
  const sent = await f.producer.send({ topic: 't', messages: [{ value: 'v', partition: 1 }] })
  expect(sent).toMatchObject([{ partition: 1, baseOffset: '0' }])
  expect(await f.values()).toEqual(['v'])
})

test('brokers that die one after the other cost no message of an idempotent producer, and none comes twice', async () => {
  await using f = await fixture(3, { idempotent: true })
  const sending: Promise<unknown>[] = []
  const wanted: string[] = []
  const burst = (): void => {
    for (let i = 0; i < 50; i++) {
      const value = `${wanted.length}`
      wanted.push(value)
      sending.push(f.producer.send({ topic: 't', messages: [{ value }] }))
    }
  }
  for (const id of [1, 2, 3]) {
    burst()
    f.broker.stopBroker(id)
    burst()
    await Promise.all(sending)
    f.broker.startBroker(id)
  }
  expect((await f.values()).sort()).toEqual(wanted.sort())
})

test('where no broker answers any more the error says so, and the producer goes on when one does', async () => {
  await using f = await fixture(1, {}, { connectionTimeout: 100 })
  await f.producer.send({ topic: 't', messages: [{ value: 'before', partition: 0 }] })
  f.broker.stopBroker(1)
  const error = await thrownBy(f.producer.send({ topic: 't', messages: [{ value: 'lost', partition: 0 }] }))
  expect(error.name).toBe('KafkaJSNumberOfRetriesExceeded')
  expect((error.cause as Error).name).toMatch(/^KafkaJSConnection(Closed)?Error$/)
  f.broker.startBroker(1)
  await f.producer.send({ topic: 't', messages: [{ value: 'after', partition: 0 }] })
  expect(await f.values()).toEqual(['before', 'after'])
})

test('a broker that does not answer is waited for requestTimeout, and told of', async () => {
  await using f = await fixture(1, { retry: { retries: 0 } }, { requestTimeout: 200 })
  await f.producer.send({ topic: 't', messages: [{ value: 'v' }] })
  const stop = f.broker.control(Produce, () => 'hang')
  const told: object[] = []
  f.producer.on(f.producer.events.REQUEST_TIMEOUT, ({ payload }) => void told.push(payload))
  const error = await thrownBy(f.producer.send({ topic: 't', messages: [{ value: 'v' }] }))
  expect(error.name).toBe('KafkaJSNumberOfRetriesExceeded')
  expect(error.cause).toMatchObject({ name: 'KafkaJSRequestTimeoutError', broker: f.broker.addresses[0] })
  expect((error.cause as Error).message).toMatch(/^Request Produce\(key: 0, version: \d+\) timed out$/)
  expect(told).toMatchObject([{ apiName: 'Produce', apiKey: 0, broker: f.broker.addresses[0] }])
  stop()
})

test('a broker that is not given the time to answer is told of, too', async () => {
  await using f = await fixture(1, { retry: { retries: 0 } }, { requestTimeout: 50 })
  f.broker.control(Metadata, () => 'hang')
  const told: object[] = []
  f.producer.on(f.producer.events.REQUEST_TIMEOUT, ({ payload }) => void told.push(payload))
  const error = await thrownBy(f.producer.send({ topic: 't', messages: [{ value: 'v' }] }))
  expect(error.cause).toMatchObject({ name: 'KafkaJSRequestTimeoutError' })
  expect(told).toMatchObject([{ apiName: 'Metadata', apiKey: 3, clientId: 'kafkajs' }])
})

test('what connecting asks brokers is told of', async () => {
  await using f = await fixture()
  await f.producer.disconnect()
  const told: string[] = []
  f.producer.on(f.producer.events.REQUEST, ({ payload }) => void told.push(payload.apiName))
  await f.producer.connect()
  expect(told).toContain('ApiVersions')
})

test('a message for a partition that there is not is refused, and one that has come meanwhile is found', async () => {
  await using f = await fixture()
  await f.producer.send({ topic: 't', messages: [{ value: 'v', partition: 0 }] })
  const error = await thrownBy(f.producer.send({ topic: 't', messages: [{ value: 'v', partition: 2 }] }))
  expect(error).toMatchObject({ name: 'KafkaJSNonRetriableError', message: 'Topic "t" has no partition 2' })
  await f.client.createPartitions({ topics: [{ name: 't', count: 3 }] })
  const sent = await f.producer.send({ topic: 't', messages: [{ value: 'v', partition: 2 }] })
  expect(sent).toMatchObject([{ partition: 2, baseOffset: '0' }])
})

test.each([1, 2, 3, 4])('messages are compressed by type %i', async compression => {
  await using f = await fixture()
  const values = Array.from({ length: 100 }, (_, i) => `the same words again ${i}`)
  await f.producer.send({ topic: 't', compression, messages: values.map(value => ({ value, partition: 0 })) })
  expect(await f.values()).toEqual(values)
})

test('one message may be larger than a batch of several, as far as the broker takes it', async () => {
  await using f = await fixture()
  const large = 'x'.repeat(1_040_000)
  const values = ['small', large, 'small again']
  await f.producer.send({ topic: 't', messages: values.map(value => ({ value, partition: 0 })) })
  expect((await f.values()).map(value => value.length)).toEqual(values.map(value => value.length))
})

test('disconnect waits for what was sent', async () => {
  await using f = await fixture()
  const sending = Promise.all(
    Array.from({ length: 100 }, (_, i) => f.producer.send({ topic: 't', messages: [{ value: `${i}` }] })),
  )
  await Promise.all([f.producer.disconnect(), sending])
  expect((await f.values()).length).toBe(100)
})

test('a thousand timeouts of their own make no thousand writers', async () => {
  await using f = await fixture()
  const memoryBefore = process.memoryUsage().heapUsed
  for (let timeout = 1000; timeout < 2000; timeout++)
    await f.producer.send({ topic: 't', timeout, messages: [{ value: 'v' }] })
  expect((await f.values()).length).toBe(1000)
  expect(process.memoryUsage().heapUsed - memoryBefore).toBeLessThan(100_000_000)
})

test('who disconnects while it connects is not connected', async () => {
  await using f = await fixture()
  const connecting = thrownBy(
    f.producer.disconnect().then(() => Promise.all([f.producer.connect(), f.producer.disconnect()])),
  )
  expect((await connecting).message).toBe('The producer is disconnected')
  expect((await thrownBy(f.producer.send({ topic: 't', messages: [{ value: 'v' }] }))).message).toBe(
    'The producer is disconnected',
  )
})
