import { Hash } from '../../src/balancer/hash.ts'
import { ClosedError, ConfigError } from '../../src/base/errors.ts'
import { Client, type ClientConfig } from '../../src/client/client.ts'
import { Compression } from '../../src/compression/codec.ts'
import { RequiredAcks } from '../../src/protocol/acks.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import type { Message, MessageInput } from '../../src/records/message.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig, WrittenMessage } from '../../src/writer/config.ts'
import { MessageTooLargeError, WriteErrors } from '../../src/writer/errors.ts'
import { Writer } from '../../src/writer/writer.ts'
import { chaosAdapter } from '../support/chaos-adapter.ts'
import { topicContents } from '../support/topic-contents.ts'
import type { Assert } from './assert.ts'
import type { Contract, Suite, TestContext } from './harness.ts'

/** What most cases need: a topic of their own, a writer to it, and what the topic holds afterwards. */
interface Desk {
  readonly topic: string
  readonly transport: Transport
  open(config?: Partial<WriterConfig>): Writer
  contents(topic?: string): Promise<Message[][]>
}

interface DeskOptions {
  partitions?: number
  configs?: Record<string, string>
}

export const suite: Suite = contract => {
  const { cluster } = contract
  const assert: Assert = contract.assert

  const test = (
    name: string,
    body: (desk: Desk, t: TestContext) => Promise<void>,
    options: DeskOptions & { timeoutMs?: number } = {},
  ): void =>
    contract.test(
      name,
      t => atDesk(contract, t, options, desk => body(desk, t)),
      options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs },
    )

  test(
    'what is written is read back: keys, values, headers and times, null and empty kept apart',
    async ({ open, contents }) => {
      const writer = open()
      const time = new Date(1_700_000_000_123)
      await writer.writeMessages([
        {
          key: 'k',
          value: 'text',
          headers: [
            { key: 'h', value: 'v' },
            { key: 'h', value: null },
            { key: '', value: new Uint8Array(0) },
          ],
          time,
        },
        { key: null, value: null, timestamp: 1_600_000_000_000 },
        { key: '', value: new Uint8Array(0) },
        { key: new Uint8Array([0, 255]), value: '日本語 😀' },
        {},
      ])
      const messages = (await contents())[0]!
      assert.equal(messages.length, 5)
      const [full, nulls, empties, bytes, nothing] = messages.map(({ key, value, headers }) => ({ key, value, headers }))
      const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
      assert.deepEqual(full!.key && new Uint8Array(full!.key), bytesOf('k'))
      assert.deepEqual(
        full!.headers.map(({ key, value }) => ({ key, value: value && new Uint8Array(value) })),
        [
          { key: 'h', value: bytesOf('v') },
          { key: 'h', value: null },
          { key: '', value: new Uint8Array(0) },
        ],
      )
      assert.equal(messages[0]!.timestamp, time.getTime())
      assert.equal(messages[1]!.timestamp, 1_600_000_000_000)
      assert.ok(Math.abs(messages[2]!.timestamp - Date.now()) < 60_000, 'a message without a time gets the present')
      assert.deepEqual([nulls!.key, nulls!.value], [null, null])
      assert.deepEqual([empties!.key?.length, empties!.value?.length], [0, 0])
      assert.deepEqual([Array.from(bytes!.key!), messages[3]!.text()], [[0, 255], '日本語 😀'])
      assert.deepEqual([nothing!.key, nothing!.value, nothing!.headers.length], [null, null, 0])
    },
    { partitions: 1 },
  )

  test('8 callers write 1,000 messages each at once: all there, once, each caller’s in order', async ({ open, contents }) => {
    const writer = open({ balancer: new Hash() })
    await Promise.all(
      callers(8).map(caller => writer.writeMessages(callers(1000).map(i => ({ key: `caller-${caller}`, value: `${caller}:${i}` })))),
    )
    checkOrder(contract, await contents(), 8, 1000)
  })

  test('1,000 callers write one message each: they share a few requests', async ({ open, contents }) => {
    const writer = open()
    await writer.writeMessages({ value: 'first' })
    writer.stats()
    await Promise.all(callers(1000).map(i => writer.writeMessages({ value: String(i) })))
    const { writes, messages } = writer.stats()
    assert.equal(messages, 1000)
    assert.ok(writes <= 3 * cluster.nodes, `${writes} requests`)
    assert.equal((await contents()).flat().length, 1001)
  })

  test('messages of one caller keep their order though nothing is awaited between', async ({ open, contents }) => {
    const writer = open({ balancer: new Hash() })
    const writing: Promise<void>[] = []
    for (let i = 0; i < 3000; i++)
      writing.push(writer.writeMessages(i % 3 === 0 ? { key: 'k', value: `0:${i}` } : [{ key: 'k', value: `0:${i}` }]))
    await Promise.all(writing)
    checkOrder(contract, await contents(), 1, 3000)
  })

  test(
    'a batch is closed before it has too many bytes or messages',
    async ({ open, contents }) => {
      const writer = open({ batchBytes: 300_000, batchSize: 40 })
      const large = new Uint8Array(100_000)
      await writer.writeMessages(callers(20).map(() => ({ value: large })))
      const byBytes = writer.stats()
      assert.ok(byBytes.batchBytes.max <= 300_000, `${byBytes.batchBytes.max} bytes`)
      assert.equal(byBytes.batchSize.count, 10)
      await writer.writeMessages(callers(95).map(() => ({ value: 'small' })))
      assert.equal(writer.stats().batchSize.max, 40)
      assert.equal((await contents()).flat().length, 115)
    },
    { partitions: 1 },
  )

  test('writes to many topics, each message naming its own', async ({ transport }, t) => {
    const topics = callers(30).map(i => t.unique(`writer-many-${i}`))
    await makeTopics(transport, cluster.brokers, topics, { partitions: 2 })
    const writer = new Writer({ addr: cluster.brokers, transport })
    await writer.writeMessages(topics.flatMap(topic => callers(10).map(i => ({ topic, value: String(i) }))))
    await writer.close()
    for (const topic of topics.slice(0, 5)) {
      const partitions = await topicContents(transport, cluster.brokers, topic, t.signal)
      assert.deepEqual(
        partitions.map(messages => messages.map(message => message.text())),
        [
          ['0', '2', '4', '6', '8'],
          ['1', '3', '5', '7', '9'],
        ],
      )
    }
  })

  test('a missing topic is an error at once, and the writer goes on with others', async ({ open, topic }, t) => {
    const writer = open({ topic: '' })
    const error = await assert.rejects(writer.writeMessages({ topic: t.unique('missing'), value: 'x' }), KafkaError)
    assert.equal(error.code, ErrorCode.UnknownTopicOrPartition)
    await writer.writeMessages({ topic, value: 'x' })
  })

  test('creates a missing topic if asked to', async ({ open, contents }, t) => {
    const topic = t.unique('auto-created')
    const writer = open({ topic, allowAutoTopicCreation: true })
    await Promise.all([writer.writeMessages({ value: 'a' }), writer.writeMessages({ value: 'b' })])
    assert.equal((await contents(topic)).flat().length, 2)
  })

  test('a message too large is refused before anything of its call is written', async ({ open, contents }) => {
    const writer = open({ batchBytes: 1000 })
    const offender = { key: 'k', value: 'é'.repeat(489) }
    const others = [{ value: 'a' }, { value: 'b' }]
    const error = await assert.rejects(writer.writeMessages([others[0]!, offender, others[1]!]), MessageTooLargeError)
    assert.equal(error.offender, offender)
    assert.deepEqual(error.remaining, others)
    // 22 bytes, and the key's one: exactly at the limit.
    await writer.writeMessages({ key: 'k', value: 'é'.repeat(488) + 'x' })
    assert.equal((await contents()).flat().length, 1)
  })

  test('the topic is named once: by the writer or by the message', async ({ open, topic }) => {
    await assert.rejects(open().writeMessages([{ value: 'x' }, { topic, value: 'y' }]), ConfigError)
    await assert.rejects(open({ topic: '' }).writeMessages({ value: 'x' }), ConfigError)
  })

  test('a partition that the topic has not, or no message at all, is refused', async ({ open, contents }) => {
    for (const partition of [-1, 3, 1.5, Number.NaN]) {
      await assert.rejects(open({ balancer: () => partition }).writeMessages([{ value: 'a' }, { value: 'b' }]), ConfigError)
    }
    const writer = open()
    const wrong = [
      { value: 7 },
      { key: {} },
      { headers: [{ value: 'x' }] },
      { time: new Date(Number.NaN) },
      { timestamp: 1.5 },
    ] as unknown as MessageInput[]
    for (const message of wrong) {
      await assert.rejects(writer.writeMessages(message), ConfigError)
      await assert.rejects(writer.writeMessages([{ value: 'fine' }, message]), ConfigError)
    }
    await writer.writeMessages([])
    await writer.close()
    assert.equal((await contents()).flat().length, 0)
  })

  test('writeMessage tells where the message went', async ({ open, topic }) => {
    const writer = open({ balancer: () => 2 })
    const receipts = await Promise.all(callers(5).map(i => writer.writeMessage({ value: String(i), timestamp: 1_700_000_000_000 + i })))
    assert.deepEqual(
      receipts,
      callers(5).map(i => ({ topic, partition: 2, offset: i, timestamp: 1_700_000_000_000 + i })),
    )
  })

  test(
    'the broker’s time is told where the topic stamps messages itself',
    async ({ open }) => {
      const { timestamp } = await open().writeMessage({ value: 'x', timestamp: 1_000 })
      assert.ok(Math.abs(timestamp - Date.now()) < 60_000, String(timestamp))
    },
    { configs: { 'message.timestamp.type': 'LogAppendTime' } },
  )

  test('the completion callback gets every batch with its offsets, before the callers are told', async ({ open, topic }) => {
    const completed: { messages: readonly WrittenMessage[]; error: Error | null }[] = []
    const writer = open({ completion: (messages, error) => completed.push({ messages, error }) })
    const written = callers(30).map(i => ({ value: `v${i}`, writerData: { i }, timestamp: 1_700_000_000_000 }))
    await writer.writeMessages(written)
    assert.equal(completed.length, 3)
    for (const { messages, error } of completed) {
      assert.equal(error, null)
      messages.forEach((message, n) => {
        const { i } = message.writerData as { i: number }
        assert.deepEqual({ ...message }, { ...written[i]!, topic, partition: i % 3, offset: n, time: new Date(1_700_000_000_000) })
      })
      assert.deepEqual(
        messages.map(({ writerData }) => (writerData as { i: number }).i),
        callers(10).map(n => n * 3 + messages[0]!.partition),
      )
    }
  })

  test('an async writer does not wait for delivery; its completion callback tells, and close() does wait', async ({
    open,
    contents,
  }, t) => {
    let told = 0
    const writer = open({ async: true, completion: messages => (told += messages.length) })
    await writer.writeMessages({ value: 'first' })
    for (let i = 0; i < 500; i++) await writer.writeMessages({ value: String(i) })
    assert.ok(told < 501)
    await assert.rejects(writer.writeMessages({ topic: t.unique('foreign'), value: 'x' }), ConfigError)
    await writer.close()
    assert.equal(told, 501)
    assert.equal((await contents()).flat().length, 501)
  })

  test('close() sends what is buffered; calls after it are refused', async ({ open, contents }) => {
    const writer = open()
    const writing = Promise.all([writer.writeMessages({ value: 'a' }), writer.writeMessages([{ value: 'b' }, { value: 'c' }])])
    await Promise.all([writer.close(), writer.close()])
    await writing
    assert.equal((await contents()).flat().length, 3)
    await assert.rejects(writer.writeMessages({ value: 'd' }), ClosedError)
    await assert.rejects(writer.writeMessage({ value: 'd' }), ClosedError)
    await writer.close()
  })

  test('aborting the signal ends the waiting, not the write', async ({ open, contents }) => {
    const writer = open()
    await writer.writeMessages({ value: 'first' })
    const controller = new AbortController()
    const writing = writer.writeMessages([{ value: 'a' }, { value: 'b' }], { signal: controller.signal })
    controller.abort(new Error('enough'))
    assert.equal((await assert.rejects(writing)).message, 'enough')
    assert.equal((await assert.rejects(writer.writeMessages({ value: 'never' }, { signal: controller.signal }))).message, 'enough')
    await writer.close()
    assert.deepEqual(
      (await contents())
        .flat()
        .map(message => message.text())
        .sort(),
      ['a', 'b', 'first'],
    )
  })

  for (const requiredAcks of [RequiredAcks.None, RequiredAcks.One]) {
    test(
      `acks ${requiredAcks}: written in order`,
      async ({ open, contents }, t) => {
        const writer = open({ requiredAcks })
        for (let i = 0; i < 50; i++) await writer.writeMessages([{ value: `0:${2 * i}` }, { value: `0:${2 * i + 1}` }])
        const { offset } = await writer.writeMessage({ value: '0:100' })
        assert.equal(offset, requiredAcks === RequiredAcks.None ? -1 : 100)
        await writer.close()
        // Without acks the broker may still be at work.
        while ((await contents()).flat().length < 101) t.signal.throwIfAborted()
        checkOrder(contract, await contents(), 1, 101)
      },
      { partitions: 1 },
    )
  }

  test(
    'gzip: read back, and fewer bytes; what does not shrink is sent as it is',
    async ({ open, contents }) => {
      const writer = open({ compression: Compression.Gzip })
      await writer.writeMessages(callers(2000).map(i => ({ value: `0:${i}`, headers: [{ key: 'same', value: 'same' }] })))
      const { bytes, batchBytes } = writer.stats()
      assert.ok(bytes < batchBytes.sum / 2, `${bytes} bytes of ${batchBytes.sum}`)
      checkOrder(contract, await contents(), 1, 2000)
      await writer.writeMessages({ value: 'x' })
      const tiny = writer.stats()
      assert.equal(tiny.bytes, tiny.batchBytes.sum)
    },
    { partitions: 1 },
  )

  test('stats() counts since the last call', async ({ open, topic }) => {
    const writer = open({ balancer: () => 0 })
    await writer.writeMessages(callers(10).map(() => ({ value: 'x' })))
    const stats = writer.stats()
    assert.deepEqual([stats.messages, stats.writes, stats.errors, stats.retries, stats.topic], [10, 1, 0, 0, topic])
    assert.deepEqual([stats.batchSize.max, stats.batchSize.count, stats.bufferedBytes], [10, 1, 0])
    assert.ok(stats.writeTime.max > 0 && stats.batchTime.count === 1)
    assert.deepEqual([writer.stats().messages, writer.stats().maxAttempts], [0, 10])
  })

  test(
    'a batch the topic takes no larger is split; a message too large for the topic fails alone',
    async ({ open, contents }) => {
      const writer = open()
      await writer.writeMessages({ value: 'first' })
      const value = 'x'.repeat(400)
      await writer.writeMessages(callers(40).map(i => ({ value: `${i}:${value}` })))
      const error = await assert.rejects(writer.writeMessages([{ value: 'a' }, { value: 'x'.repeat(3000) }, { value: 'b' }]), WriteErrors)
      assert.deepEqual(
        error.errors.map(e => (e as KafkaError | null)?.code ?? 0),
        [0, ErrorCode.MessageSizeTooLarge, 0],
      )
      // The same when each has its own call and they share a batch.
      const outcomes = await Promise.allSettled([
        writer.writeMessages({ value: 'c' }),
        writer.writeMessages({ value: 'x'.repeat(3000) }),
        writer.writeMessages({ value: 'd' }),
      ])
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      const texts = (await contents())[0]!.map(message => message.text())
      assert.deepEqual(texts, ['first', ...callers(40).map(i => `${i}:${value}`), 'a', 'b', 'c', 'd'])
    },
    { partitions: 1, configs: { 'max.message.bytes': '2000' } },
  )

  test('no more than maxBufferedBytes are buffered: callers wait', async ({ open, contents }) => {
    const most = 200_000
    const writer = open({ maxBufferedBytes: most, batchBytes: 50_000 })
    let highest = 0
    const writing = callers(20).map(async () => {
      for (let i = 0; i < 10; i++) {
        await writer.writeMessages(callers(20).map(() => ({ value: new Uint8Array(1000) })))
        highest = Math.max(highest, writer.stats().bufferedBytes)
      }
    })
    await Promise.all(writing)
    assert.ok(highest > 0 && highest <= most, `${highest} bytes`)
    assert.equal((await contents()).flat().length, 4000)
  })

  test('a writer closes the transport it made, and leaves alone the one it was given', async ({ open, topic, transport }) => {
    await open().close()
    await new Client({ addr: cluster.brokers, transport } satisfies ClientConfig).metadata({ topics: [topic] })
  })

  for (const seed of [1, 2, 3]) {
    test(
      `20,000 messages through dying connections, seed ${seed}: nothing lost, doubled or out of order`,
      async ({ topic, contents }) => {
        const adapter = chaosAdapter(contract.adapter, { seed, killAfterBytes: [5_000, 50_000], loseProduceAnswer: 0.1 })
        const transport = new Transport({ adapter, natives: contract.natives, backoff: { min: 5, max: 50 } })
        const writer = new Writer({
          addr: cluster.brokers,
          topic,
          transport,
          balancer: new Hash(),
          writeBackoffMin: 5,
          writeBackoffMax: 50,
        })
        await Promise.all(
          callers(8).map(async caller => {
            for (let from = 0; from < 2500; from += 50) {
              await writer.writeMessages(callers(50).map(i => ({ key: `caller-${caller}`, value: `${caller}:${from + i}` })))
            }
          }),
        )
        const { errors, retries } = writer.stats()
        await writer.close()
        await transport.close()
        assert.ok(adapter.faults >= 15 && retries > 0, `${adapter.faults} faults, ${retries} retries`)
        assert.equal(errors, 0)
        checkOrder(contract, await contents(), 8, 2500)
      },
      { timeoutMs: 60_000 },
    )
  }
}

async function atDesk(
  contract: Contract,
  t: TestContext,
  { partitions = 3, configs = {} }: DeskOptions,
  body: (desk: Desk) => Promise<void>,
): Promise<void> {
  const { cluster, adapter, natives } = contract
  const transport = new Transport({ adapter, natives })
  const topic = t.unique('writer')
  const writers: Writer[] = []
  try {
    await makeTopics(transport, cluster.brokers, [topic], { partitions, configs })
    await body({
      topic,
      transport,
      open(config = {}) {
        const writer = new Writer({ addr: cluster.brokers, topic, transport, ...config })
        writers.push(writer)
        return writer
      },
      contents: (name = topic) => topicContents(transport, cluster.brokers, name, t.signal),
    })
  } finally {
    await Promise.all(writers.map(writer => writer.close({ signal: t.signal }).catch(() => {})))
    await transport.close()
  }
}

async function makeTopics(
  transport: Transport,
  addr: readonly string[],
  names: readonly string[],
  { partitions = 3, configs = {} }: DeskOptions,
): Promise<void> {
  const configEntries = Object.entries(configs).map(([configName, configValue]) => ({ configName, configValue }))
  const { errors } = await new Client({ addr, transport }).createTopics({
    topics: names.map(topic => ({ topic, numPartitions: partitions, configEntries })),
  })
  for (const error of Object.values(errors)) if (error !== null) throw error
}

/** The values are `caller:number`: each caller's numbers must be there once, and rise in each partition. */
function checkOrder(contract: Contract, partitions: readonly Message[][], callerCount: number, count: number): void {
  const assert: Assert = contract.assert
  const seen = callers(callerCount).map(() => 0)
  for (const messages of partitions) {
    const last = callers(callerCount).map(() => -1)
    for (const message of messages) {
      const [caller, number] = message.text().split(':').map(Number) as [number, number]
      if (number <= last[caller]!)
        assert.fail(`caller ${caller}: ${number} after ${last[caller]} at offset ${message.offset} of partition ${message.partition}`)
      last[caller] = number
      seen[caller]!++
    }
    assert.ok(
      messages.every(({ offset }, index) => offset === index),
      'the offsets have a gap',
    )
  }
  assert.deepEqual(
    seen,
    callers(callerCount).map(() => count),
    'messages of each caller',
  )
}

/** 0 … count-1. */
function callers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
