import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { ConfigError, ConnectionError, TimeoutError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Transport } from '../../src/transport/transport.ts'
import { SendLimits } from '../../src/writer/send-limits.ts'
import { boundedAdapter } from '../support/bounded-adapter.ts'
import { topicContents } from '../support/topic-contents.ts'
import { batchesOf, Embedded, numbered, produceAnswer, topic, values } from './embedded.ts'

/** A transport whose connections end under requests of more bytes than `most`. */
function bounded(kafka: Embedded, most: number) {
  const { adapter, ended } = boundedAdapter(memory(kafka.broker, natives), most)
  return { ended, transport: new Transport({ adapter, natives, backoff: { min: 1, max: 5 } }) }
}

describe('a request stays below what brokers take', () => {
  test('maxRequestBytes bounds it, with one batch at least', async () => {
    await using kafka = new Embedded({ partitions: 6 })
    const sizes: number[] = []
    const writer = kafka.open({ balancer: new RoundRobin(), maxRequestBytes: 2_500 })
    await writer.writeMessages({ value: 'first' })
    kafka.onProduce(({ topicData }) => {
      sizes.push(topicData[0]!.partitionData.reduce((sum, { records }) => sum + records!.length, 0))
      return undefined
    })
    await writer.writeMessages(Array.from({ length: 12 }, () => ({ value: 'x'.repeat(500) })))
    await writer.writeMessages({ value: 'x'.repeat(5_000) })
    expect(sizes.slice(0, -1).every(size => size <= 2_500)).toBe(true)
    expect(sizes.at(-1)).toBeGreaterThan(5_000)
  })

  test('connections that end on large requests: they get smaller, and the same is not sent again and again', async () => {
    await using kafka = new Embedded({ partitions: 6 })
    const { ended, transport } = bounded(kafka, 400_000)
    const writer = kafka.open({ transport, balancer: new RoundRobin(), batchBytes: 150_000, deliveryTimeout: 20_000 })
    await writer.writeMessages(Array.from({ length: 24 }, () => ({ value: 'x'.repeat(100_000) })))
    await writer.writeMessages(Array.from({ length: 24 }, () => ({ value: 'x'.repeat(100_000) })))
    expect(ended.length).toBeLessThan(8)
    await transport.close()
  })

  test('even a single batch that is too large for the connection is written, in parts, once', async () => {
    await using kafka = new Embedded()
    const { ended, transport } = bounded(kafka, 300_000)
    const writer = kafka.open({ transport, deliveryTimeout: 20_000 })
    await writer.writeMessages({ value: 'first' })
    const large = Array.from({ length: 30 }, (_, i) => ({ value: `${i}`.padEnd(30_000) }))
    await Promise.all([writer.writeMessages(large), writer.writeMessages(large)])
    expect((await kafka.texts()).map(text => text.trim())).toEqual(['first', ...numbered(30), ...numbered(30)])
    expect(ended.length).toBeLessThan(10)
    await transport.close()
  })

  test('limits shrink by half, grow back slowly, and stay below what was refused', () => {
    const limits = new SendLimits(1_000_000)
    limits.answered(100_000, 0)
    limits.died(90_000, 0)
    expect(limits.refusedBytes).toBe(Number.POSITIVE_INFINITY)
    limits.answered(90_000, 0)
    limits.died(900_000, 0)
    expect([limits.requestBytes, limits.refusedBytes, limits.refuses(900_000)]).toEqual([450_000, 900_000, false])
    for (let i = 0; i < 1000; i++) limits.answered(limits.requestBytes, 1)
    expect(limits.requestBytes).toBeGreaterThan(800_000)
    expect(limits.requestBytes).toBeLessThan(900_000)
    // Ten minutes later it is tried again.
    for (let i = 0; i < 1000; i++) limits.answered(limits.requestBytes, 700_000)
    expect(limits.requestBytes).toBe(1_000_000)
  })

  test('after a timeout less is under way, and more again when all is well', () => {
    const limits = new SendLimits(1_000_000)
    limits.timedOut(800_000)
    limits.timedOut(800_000)
    expect([limits.requests, limits.requestBytes]).toEqual([1, 400_000])
    for (let i = 0; i < 50; i++) limits.answered(1000, 1)
    expect(limits.requests).toBe(5)
  })
})

describe('a message’s partition', () => {
  test('is where it says', async () => {
    await using kafka = new Embedded({ partitions: 3 })
    const writer = kafka.open({ balancer: () => 0 })
    // While the topic is looked up, and when it is known.
    for (const write of [1, 2]) {
      expect(await writer.writeMessage({ partition: 2, key: `k${write}`, value: 'x' })).toMatchObject({ partition: 2 })
      await writer.writeMessages([{ partition: 1, value: 'a' }, { value: 'b' }])
    }
    expect([(await kafka.texts(0)).length, (await kafka.texts(1)).length, (await kafka.texts(2)).length]).toEqual([
      2, 2, 2,
    ])
  })

  test.each([3, -1, 0.5, '1', Number.NaN])(
    '%s of three is refused, and nothing of the call is written',
    async partition => {
      await using kafka = new Embedded({ partitions: 3 })
      const writer = kafka.open()
      for (let i = 0; i < 2; i++) {
        const error = await writer
          .writeMessages([{ value: 'x' }, { partition: partition as number, value: 'x' }])
          .catch(e => e)
        expect(error).toBeInstanceOf(ConfigError)
        expect(error.message).toMatch(/names partition .* of orders, which has 3/)
      }
      expect(kafka.sent).toEqual([])
    },
  )

  test('of a message that was read says nothing', async () => {
    await using kafka = new Embedded({ partitions: 3 })
    const read = {
      topic: undefined,
      partition: 2,
      offset: 7,
      value: 'x',
      highWaterMark: 9,
      leaderEpoch: 0,
      headers: [],
    }
    expect(await kafka.open({ balancer: () => 1 }).writeMessage(read as never)).toMatchObject({ partition: 1 })
  })

  test('without one, a key goes where Java’s clients put it, whoever leads; empty keys too', async () => {
    await using kafka = new Embedded({ partitions: 6 })
    const writer = kafka.open()
    const where = async (key: string | Uint8Array) => (await writer.writeMessage({ key, value: 'x' })).partition
    // From Utils.toPositive(Utils.murmur2(key)) % 6.
    expect(await where('foobar')).toBe((-790332482 & 0x7fffffff) % 6)
    expect(await where('a-little-bit-long-string')).toBe((-985981536 & 0x7fffffff) % 6)
    expect(await where(new TextEncoder().encode('foobar'))).toBe(await where('foobar'))
    expect(await where('')).toBe((275646681 & 0x7fffffff) % 6)
  })

  test('without key either, what is written in one turn rides together, and partitions take turns', async () => {
    await using kafka = new Embedded({ partitions: 3 })
    const writer = kafka.open()
    for (let i = 0; i < 3; i++)
      await Promise.all([writer.writeMessages(values(5)), writer.writeMessages({ value: '5' })])
    expect(kafka.sent.map(({ batch }) => batch.count)).toEqual([6, 6, 6])
    expect(new Set(kafka.sent.map(({ partition }) => partition)).size).toBe(3)
    kafka.sent.length = 0
    await writer.writeMessages(Array.from({ length: 60 }, () => ({ value: 'x'.repeat(1000) })))
    expect(kafka.sent.length).toBe(3)
  })
})

describe('fields that there are not', () => {
  test.each([
    [{ valeu: 'x' }, /valeu is no field of a message; did you mean value\?/],
    [{ key: 'k', value: 'v', partion: 1 }, /did you mean partition\?/],
    [{ value: 'v', header: [] }, /did you mean headers\?/],
    [{ value: 'v', whatever: 1 }, /whatever is no field/],
  ])('%j is refused', async (message, text) => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    const rest = Array.from({ length: 100 }, () => ({ value: 'fine' }))
    for (const messages of [message, [message], [{ value: 'fine' }, message], [...rest, { key: 'k', ...message }]]) {
      const error = await writer.writeMessages(messages as never).catch(e => e)
      expect(error).toBeInstanceOf(ConfigError)
      expect(error.message).toMatch(text)
    }
    await expect(writer.writeMessage(message as never)).rejects.toBeInstanceOf(ConfigError)
    expect(kafka.sent).toEqual([])
  })
})

describe('arguments too many', () => {
  test.each([
    [[{ value: 'a' }, { value: 'b' }]],
    [[{ value: 'a' }, undefined, { value: 'c' }]],
    [[[{ value: 'a' }], [{ value: 'b' }]]],
    [[{ value: 'a' }, 5]],
    [[{ value: 'a' }, { signal: 'none' }]],
  ])('%j: a ConfigError, and nothing is written', async given => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    await expect(
      (writer.writeMessages as (...all: unknown[]) => Promise<void>).apply(writer, given),
    ).rejects.toBeInstanceOf(ConfigError)
    await expect(
      (writer.writeMessage as (...all: unknown[]) => Promise<unknown>).apply(writer, given),
    ).rejects.toBeInstanceOf(ConfigError)
    expect(kafka.sent).toEqual([])
  })
})

describe('flush()', () => {
  test('sends what is open at once, and later batches gather again', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ batchTimeout: 60_000 })
    await writer.writeMessages({ value: 'first' })
    let release!: () => void
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    let asked = 0
    kafka.onProduce(async () => {
      asked++
      await held
      return undefined
    })
    const writing = [writer.writeMessages({ value: '0' })]
    await expect.poll(() => asked).toBe(1)
    const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
    // The second goes along, the third gathers until it is flushed, and the fourth finds its batch gone.
    for (const value of ['1', '2', '3']) {
      writing.push(writer.writeMessages({ value }))
      await turn()
      if (value === '2') writing.push(writer.flush())
      await turn()
    }
    release()
    await Promise.all(writing)
    expect(kafka.sent.map(({ batch }) => batch.count)).toEqual([1, 1, 1, 1, 1])
    expect(await kafka.texts()).toEqual(['first', ...numbered(4)])
  })

  test('waits for calls that wait for the topic, and never fails for what they do', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    kafka.answerProduce(ErrorCode.TopicAuthorizationFailed)
    const writing = writer.writeMessages(values(3)).catch(e => e)
    await writer.flush()
    expect(writer.stats().bufferedBytes).toBe(0)
    expect((await writing).errors[0].code).toBe(ErrorCode.TopicAuthorizationFailed)
    await writer.flush()
  })
})

describe('what cannot pass by itself fails at once, and what can names its cause', () => {
  test('after a producer id was refused the next write is done', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    let refuse = true
    kafka.broker.control(InitProducerId, () =>
      refuse ? { errorCode: ErrorCode.ClusterAuthorizationFailed, producerId: -1n, producerEpoch: -1 } : undefined,
    )
    for (let i = 0; i < 3; i++) await expect(writer.writeMessage({ value: 'x' })).rejects.toBeInstanceOf(KafkaError)
    refuse = false
    await writer.writeMessages({ value: 'y' })
    expect(await kafka.texts()).toEqual(['y'])
  })

  test('no producer id in time: the error says why', async () => {
    await using kafka = new Embedded()
    kafka.broker.control(InitProducerId, () => ({
      errorCode: ErrorCode.GroupCoordinatorNotAvailable,
      producerId: -1n,
      producerEpoch: -1,
    }))
    const error = await kafka
      .open({ deliveryTimeout: 300 })
      .writeMessage({ value: 'x' })
      .catch(e => e)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toMatch(/the last failure: .*Coordinator Not Available/)
  })

  test('a leader out of reach: the error of the batch, and of who found no room meanwhile, names it', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ deliveryTimeout: 500, maxBufferedBytes: 3_000, batchBytes: 2_000 })
    await writer.writeMessages({ value: 'first' })
    kafka.broker.stopBroker(1)
    const writes = Array.from({ length: 10 }, () => writer.writeMessages({ value: 'x'.repeat(900) }).catch(e => e))
    for (const error of await Promise.all(writes)) expect(error.message).toMatch(/the last failure: .*broker-1/)
    kafka.broker.startBroker(1)
    await writer.writeMessages({ value: 'again' })
  })

  test('a topic that is not there names itself', async () => {
    await using kafka = new Embedded()
    const error = await kafka
      .open({ topic: 'nowhere' })
      .writeMessages({ value: 'x' })
      .catch(e => e)
    expect(error.message).toMatch(/topic nowhere does not exist; create it or set allowAutoTopicCreation/)
  })

  test('the stack of a failed write leads to the line that waits', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    await writer.writeMessages({ value: 'first' })
    const here = async (): Promise<void> => {
      kafka.answerProduce(ErrorCode.TopicAuthorizationFailed)
      await writer.writeMessages([{ value: 'x' }, { value: 'y' }])
    }
    expect((await here().catch(e => e)).stack).toContain('kinds.test.ts')
  })
})

test('a topic made anew while a request is under way: the answer finds its batch by the id of then', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open()
  await writer.writeMessages({ value: 'first' })
  const answers: number[] = []
  const stop = kafka.onProduce(async (_request, { apply }) => {
    const answer = await apply()
    stop()
    // What the writer believes the topic's id to be changes before the answer comes.
    const cluster = kafka.transport.cluster(kafka.broker.addresses)
    const layout = cluster.peek(topic)!
    Object.assign(layout, { id: 'BBBBBBBBBBBBBBBBBBBBBA' })
    answers.push(answer!.responses.length)
    return answer
  })
  await writer.writeMessages({ value: 'x' })
  expect(answers).toEqual([1])
  expect(writer.stats().retries).toBe(0)
})

test('two topics in one request, of which one is made anew while it is under way: each answer finds its batch', async () => {
  await using kafka = new Embedded()
  await using other = new Transport({ adapter: memory(kafka.broker, natives), natives })
  const client = new Client({ addr: kafka.broker.addresses, transport: other })
  const create = () => client.createTopics({ topics: [{ topic: 'invoices', numPartitions: 1, replicationFactor: 1 }] })
  await create()
  const writer = kafka.open({ topic: '' })
  const write = (value: string) =>
    Promise.all([topic, 'invoices'].map(name => writer.writeMessage({ topic: name, value })))
  await write('first')
  const later: Promise<unknown>[] = []
  const stop = kafka.onProduce(async (request, { apply }) => {
    expect(request.topicData).toHaveLength(2)
    stop()
    const answer = await apply()
    await client.deleteTopics({ topics: ['invoices'] })
    await create()
    const cluster = kafka.transport.cluster(kafka.broker.addresses)
    const { id } = cluster.peek('invoices')!
    await expect.poll(() => cluster.refresh(['invoices']).then(() => cluster.peek('invoices')!.id)).not.toBe(id)
    // By this the writer comes to know of the new one.
    later.push(writer.writeMessage({ topic: 'invoices', value: 'third' }))
    return answer
  })
  expect((await write('second')).map(({ offset }) => offset)).toEqual([1, 1])
  await Promise.all(later)
  const [invoices] = await topicContents(other, kafka.broker.addresses, 'invoices', AbortSignal.timeout(10_000))
  expect(invoices!.map(message => message.text())).toEqual(['third'])
})

test('300,000 messages of one batch are split, again and again, and written', async () => {
  await using kafka = new Embedded({ configs: { 'max.message.bytes': '500000' } })
  const writer = kafka.open({ batchSize: 1_000_000, batchBytes: 16_000_000, maxRequestBytes: 16_000_000 })
  const messages = Array.from({ length: 300_000 }, () => ({ value: 'x' }))
  await writer.writeMessages(messages)
  expect((await kafka.texts()).length).toBe(300_000)
})

test('50,000 calls that nobody waits for: taken in bit by bit, in order, within the bound', {
  timeout: 60_000,
}, async () => {
  await using kafka = new Embedded()
  const writer = kafka.open({ maxBufferedBytes: 200_000, batchBytes: 50_000 })
  let most = 0
  kafka.broker.control(Produce, () => {
    most = Math.max(most, writer.stats().bufferedBytes)
    return undefined
  })
  const writing: Promise<void>[] = []
  for (let i = 0; i < 50_000; i++) writing.push(writer.writeMessages({ value: String(i) }))
  await Promise.all(writing)
  expect(most).toBeLessThanOrEqual(200_000)
  expect(await kafka.texts()).toEqual(numbered(50_000))
})

test('a write that a broken connection ended for good may have been written, and says so', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open({ idempotent: false, maxAttempts: 1 })
  await writer.writeMessages({ value: 'first' })
  kafka.broker.loseAnswer(Produce)
  const error = await writer.writeMessages({ value: 'x' }).catch(e => e)
  expect(error.mayHaveBeenWritten()).toBe(true)
  expect(error.errors[0].cause).toBeInstanceOf(ConnectionError)
  expect(await kafka.texts()).toEqual(['first', 'x'])
})

test.each([
  ['refused for good', ErrorCode.InvalidRecord],
  ['too large', ErrorCode.MessageSizeTooLarge],
])('messages that are %s cost those behind them no wait', async (_what, code) => {
  await using kafka = new Embedded()
  const writer = kafka.open({ writeBackoffMin: 60_000, writeBackoffMax: 60_000 })
  kafka.onProduce(request => {
    const { batch } = batchesOf(request)[0]!
    return new TextDecoder().decode(batch.bytes).includes('bad') ? produceAnswer(request, code) : undefined
  })
  const refused: unknown[] = []
  for (let i = 0; i < 10; i++)
    await writer.writeMessages({ value: i % 2 ? 'bad' : 'good' }).catch(error => refused.push(error))
  expect(refused).toHaveLength(5)
  expect(await kafka.texts()).toEqual(Array(5).fill('good'))
})
