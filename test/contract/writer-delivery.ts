import { Hash } from '../../src/balancer/hash.ts'
import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { Compression } from '../../src/compression/codec.ts'
import { RequiredAcks } from '../../src/protocol/acks.ts'
import { ErrorCode, hasCode, type KafkaError } from '../../src/protocol/errors.ts'
import { Transport } from '../../src/transport/transport.ts'
import { WriteErrors } from '../../src/writer/errors.ts'
import { Writer } from '../../src/writer/writer.ts'
import { chaosAdapter } from '../support/chaos-adapter.ts'
import { topicContents } from '../support/topic-contents.ts'
import { checkOrder, makeTopics, numbers, withFixture } from '../support/writing-fixture.ts'
import type { Assert } from './assert.ts'
import type { Suite } from './harness.ts'

export const suite: Suite = contract => {
  const { cluster } = contract
  const assert: Assert = contract.assert
  const test = withFixture(contract)

  test('8 callers write 1,000 messages each at once: all there, once, each caller’s in order', async ({
    open,
    contents,
  }) => {
    const writer = open({ balancer: new Hash() })
    await Promise.all(
      numbers(8).map(caller =>
        writer.writeMessages(numbers(1000).map(i => ({ key: `caller-${caller}`, value: `${caller}:${i}` }))),
      ),
    )
    checkOrder(contract, await contents(), 8, 1000)
  })

  test('1,000 callers write one message each: they share a few requests', async ({ open, contents }) => {
    const writer = open()
    await writer.writeMessages({ value: 'first' })
    writer.stats()
    await Promise.all(numbers(1000).map(i => writer.writeMessages({ value: String(i) })))
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
      await writer.writeMessages(numbers(20).map(() => ({ value: large })))
      const byBytes = writer.stats()
      assert.ok(byBytes.batchBytes.max <= 300_000, `${byBytes.batchBytes.max} bytes`)
      assert.equal(byBytes.batchSize.count, 10)
      await writer.writeMessages(numbers(95).map(() => ({ value: 'small' })))
      assert.equal(writer.stats().batchSize.max, 40)
      assert.equal((await contents()).flat().length, 115)
    },
    { partitions: 1 },
  )

  test('writes to many topics, each message naming its own', async ({ transport }, t) => {
    const topics = numbers(30).map(i => t.unique(`writer-many-${i}`))
    await makeTopics(transport, cluster.brokers, topics, { partitions: 2 })
    const writer = new Writer({ addr: cluster.brokers, transport, balancer: new RoundRobin() })
    await writer.writeMessages(topics.flatMap(topic => numbers(10).map(i => ({ topic, value: String(i) }))))
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
      await writer.writeMessages(
        numbers(2000).map(i => ({ value: `0:${i}`, headers: [{ key: 'same', value: 'same' }] })),
      )
      const { bytes, batchBytes } = writer.stats()
      assert.ok(bytes < batchBytes.sum / 2, `${bytes} bytes of ${batchBytes.sum}`)
      checkOrder(contract, await contents(), 1, 2000)
      await writer.writeMessages({ value: 'x' })
      const tiny = writer.stats()
      assert.equal(tiny.bytes, tiny.batchBytes.sum)
    },
    { partitions: 1 },
  )

  test(
    'a batch the topic takes no larger is split; a message too large for the topic fails alone',
    async ({ open, contents }) => {
      const writer = open()
      await writer.writeMessages({ value: 'first' })
      const value = 'x'.repeat(400)
      await writer.writeMessages(numbers(40).map(i => ({ value: `${i}:${value}` })))
      const error = await assert.rejects(
        writer.writeMessages([{ value: 'a' }, { value: 'x'.repeat(3000) }, { value: 'b' }]),
        WriteErrors,
      )
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
      assert.deepEqual(texts, ['first', ...numbers(40).map(i => `${i}:${value}`), 'a', 'b', 'c', 'd'])
    },
    { partitions: 1, configs: { 'max.message.bytes': '2000' } },
  )

  test(
    'records that the topic refuses fail alone; the others of their batch are written, in order (KIP-467)',
    async ({ open, contents }) => {
      const writer = open({ balancer: () => 0 })
      const messages = numbers(40).map(i => ({ ...(i % 7 !== 3 && { key: `k${i}` }), value: `${i}` }))
      const [first, second] = [messages.slice(0, 20), messages.slice(20)].map(some => writer.writeMessages(some))
      for (const [call, from] of [
        [first!, 0],
        [second!, 20],
      ] as const) {
        const { errors } = await assert.rejects(call, WriteErrors)
        for (const [i, error] of errors.entries()) {
          assert.equal(error !== null, (from + i) % 7 === 3, `message ${from + i}: ${error}`)
          if (error !== null) assert.ok(hasCode(error, ErrorCode.InvalidRecord), `${error}`)
        }
      }
      await writer.writeMessages({ key: 'k', value: 'last' })
      const expected = [...messages.filter(({ key }) => key !== undefined).map(({ value }) => value), 'last']
      assert.deepEqual(
        (await contents()).flat().map(message => message.text()),
        expected,
      )
    },
    { configs: { 'cleanup.policy': 'compact' } },
  )

  test('no more than maxBufferedBytes are buffered: callers wait', async ({ open, contents }) => {
    const most = 200_000
    const writer = open({ maxBufferedBytes: most, batchBytes: 50_000 })
    let highest = 0
    const writing = numbers(20).map(async () => {
      for (let i = 0; i < 10; i++) {
        await writer.writeMessages(numbers(20).map(() => ({ value: new Uint8Array(1000) })))
        highest = Math.max(highest, writer.stats().bufferedBytes)
      }
    })
    await Promise.all(writing)
    assert.ok(highest > 0 && highest <= most, `${highest} bytes`)
    assert.equal((await contents()).flat().length, 4000)
  })

  for (const seed of [1, 2, 3]) {
    test(
      `20,000 messages through dying connections, seed ${seed}: nothing lost, doubled or out of order`,
      async ({ topic, contents }) => {
        const adapter = chaosAdapter(contract.adapter, {
          seed,
          killAfterBytes: [5_000, 50_000],
          loseProduceAnswer: 0.1,
        })
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
          numbers(8).map(async caller => {
            for (let from = 0; from < 2500; from += 50) {
              await writer.writeMessages(
                numbers(50).map(i => ({ key: `caller-${caller}`, value: `${caller}:${from + i}` })),
              )
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
