import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { ClosedError, ConfigError } from '../../src/base/errors.ts'
import { Client, type ClientConfig } from '../../src/client/client.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import type { MessageInput } from '../../src/records/message-input.ts'
import type { WrittenMessage } from '../../src/writer/config.ts'
import { MessageTooLargeError } from '../../src/writer/errors.ts'
import { numbers, withFixture } from '../support/writing-fixture.ts'
import type { Assert } from './assert.ts'
import type { Suite } from './harness.ts'

export const suite: Suite = contract => {
  const { cluster } = contract
  const assert: Assert = contract.assert
  const test = withFixture(contract)

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
      const [full, nulls, empties, bytes, nothing] = messages.map(({ key, value, headers }) => ({
        key,
        value,
        headers,
      }))
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
      await assert.rejects(
        open({ balancer: () => partition }).writeMessages([{ value: 'a' }, { value: 'b' }]),
        ConfigError,
      )
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
    const receipts = await Promise.all(
      numbers(5).map(i => writer.writeMessage({ value: String(i), timestamp: 1_700_000_000_000 + i })),
    )
    assert.deepEqual(
      receipts,
      numbers(5).map(i => ({ topic, partition: 2, offset: i, timestamp: 1_700_000_000_000 + i })),
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

  test('the completion callback gets every batch with its offsets, before the callers are told', async ({
    open,
    topic,
  }) => {
    const completed: { messages: readonly WrittenMessage[]; error: Error | null }[] = []
    const writer = open({
      balancer: new RoundRobin(),
      completion: (messages, error) => completed.push({ messages, error }),
    })
    const written = numbers(30).map(i => ({ value: `v${i}`, writerData: { i }, timestamp: 1_700_000_000_000 }))
    await writer.writeMessages(written)
    assert.equal(completed.length, 3)
    for (const { messages, error } of completed) {
      assert.equal(error, null)
      messages.forEach((message, n) => {
        const { i } = message.writerData as { i: number }
        assert.deepEqual(
          { ...message },
          { ...written[i]!, topic, partition: i % 3, offset: n, time: new Date(1_700_000_000_000) },
        )
      })
      assert.deepEqual(
        messages.map(({ writerData }) => (writerData as { i: number }).i),
        numbers(10).map(n => n * 3 + messages[0]!.partition),
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
    const writing = Promise.all([
      writer.writeMessages({ value: 'a' }),
      writer.writeMessages([{ value: 'b' }, { value: 'c' }]),
    ])
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
    assert.equal(
      (await assert.rejects(writer.writeMessages({ value: 'never' }, { signal: controller.signal }))).message,
      'enough',
    )
    await writer.close()
    assert.deepEqual(
      (await contents())
        .flat()
        .map(message => message.text())
        .sort(),
      ['a', 'b', 'first'],
    )
  })

  test('stats() counts since the last call', async ({ open, topic }) => {
    const writer = open({ balancer: () => 0 })
    // A leader just made may not know it yet: let that be over.
    await writer.writeMessages({ value: 'first' })
    const { dials, dialTime, clientId } = writer.stats()
    assert.ok(dials >= 1 && dialTime.count === dials)
    assert.equal(clientId, 'isokafka')
    await writer.writeMessages(numbers(10).map(() => ({ value: 'x' })))
    const stats = writer.stats()
    assert.deepEqual([stats.messages, stats.writes, stats.errors, stats.retries, stats.topic], [10, 1, 0, 0, topic])
    assert.deepEqual([stats.batchSize.max, stats.batchSize.count, stats.bufferedBytes], [10, 1, 0])
    // How long it took may be nothing: a clock may tick in whole milliseconds.
    assert.deepEqual([stats.writeTime.count, stats.batchTime.count], [1, 1])
    assert.deepEqual([stats.dials, stats.queueLength, stats.rebalances], [0, 0, 0])
    assert.deepEqual([writer.stats().messages, writer.stats().maxAttempts], [0, 10])
  })

  test(
    'messages without a key go to partitions whose leader is in the writer’s rack, where there is one (KIP-1123)',
    async ({ open, topic, transport }) => {
      const client = new Client({ addr: cluster.brokers, transport })
      const { topics, brokers } = await client.metadata({ topics: [topic] })
      const ledFrom = (rack: string): number[] =>
        topics[0]!.partitions
          .filter(({ leader }) => leader.rack === rack)
          .map(({ id }) => id)
          .sort((a, b) => a - b)
      const used = async (rack: string): Promise<number[]> => {
        const writer = open({ rack })
        const seen = new Set<number>()
        for (let i = 0; i < 24; i++) seen.add((await writer.writeMessage({ value: `${i}` })).partition)
        return [...seen].sort((a, b) => a - b)
      }
      for (const { rack } of brokers) assert.deepEqual(await used(rack), ledFrom(rack))
      assert.deepEqual(await used('nowhere'), numbers(6))
      const keyed = await open({ rack: brokers[0]!.rack }).writeMessage({ key: 'foobar', value: 'x' })
      assert.equal(keyed.partition, (-790332482 & 0x7fffffff) % 6)
    },
    { partitions: 6 },
  )

  test('a writer closes the transport it made, and leaves alone the one it was given', async ({
    open,
    topic,
    transport,
  }) => {
    await open().close()
    await new Client({ addr: cluster.brokers, transport } satisfies ClientConfig).metadata({ topics: [topic] })
  })
}
