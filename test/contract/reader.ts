import { ClosedError, ConfigError } from '../../src/base/errors.ts'
import { Reader } from '../../src/reader/reader.ts'
import type { Message } from '../../src/records/message.ts'
import { fixtureTest, numbered, take } from '../support/reading-fixture.ts'
import { nothing, settled, thrown } from '../support/waiting.ts'
import type { Suite } from './harness.ts'

export const suite: Suite = contract => {
  const { assert, cluster } = contract
  const test = fixtureTest(contract)

  test('a thousand messages come in order, each once', async (fixture, { signal }) => {
    // Many small batches.
    await fixture.fill(1000, { batchSize: 7 })
    const reader = fixture.reader()
    for (let i = 0; i < 1000; i++) {
      const message = await reader.readMessage({ signal })
      assert.equal(message.text(), String(i))
      assert.equal(message.offset, i)
      assert.equal(reader.offset(), i + 1)
      assert.equal(reader.lag(), 999 - i)
    }
  })

  test('keys, values, headers and times arrive as they were written; null is not empty', async (fixture, {
    signal,
  }) => {
    const bytes = new TextEncoder().encode('ü☃😀')
    await fixture.write([
      {
        key: 'k',
        value: bytes,
        headers: [
          { key: 'a', value: '1' },
          { key: 'a', value: null },
          { key: '', value: '' },
        ],
        timestamp: 1_600_000_000_001,
      },
      { key: '', value: '' },
      { key: null, value: null },
    ])
    const reader = fixture.reader()
    const [full, empty, none] = [
      await reader.fetchMessage({ signal }),
      await reader.fetchMessage({ signal }),
      await reader.fetchMessage({ signal }),
    ]
    assert.equal(full.text(), 'ü☃😀')
    assert.deepEqual(plain(full.key), [107])
    assert.equal(full.timestamp, 1_600_000_000_001)
    assert.equal(full.time.toISOString(), '2020-09-13T12:26:40.001Z')
    assert.deepEqual(
      full.headers.map(({ key, value }) => [key, plain(value)]),
      [
        ['a', [49]],
        ['a', null],
        ['', []],
      ],
    )
    assert.deepEqual([plain(empty.key), plain(empty.value)], [[], []])
    assert.deepEqual([none.key, none.value, none.headers.length], [null, null, 0])
    assert.deepEqual([full.topic, full.partition, full.highWaterMark], [fixture.topic, 0, 3])
  })

  test(
    'a topic with LogAppendTime shows the broker’s time',
    async (fixture, { signal }) => {
      await fixture.write([{ value: 'x', timestamp: 1_000 }])
      const { timestamp } = await fixture.reader().readMessage({ signal })
      assert.ok(Math.abs(timestamp - Date.now()) < 60_000, `${timestamp}`)
    },
    { configs: { 'message.timestamp.type': 'LogAppendTime' } },
  )

  test('a cancelled read takes no message with it', async (fixture, { signal }) => {
    const reader = fixture.reader()
    const reason = new Error('no more')
    const read: string[] = []
    for (let i = 0; i < 20; i++) {
      const controller = new AbortController()
      const reading = reader.readMessage({ signal: controller.signal }).then(message => read.push(message.text()))
      const writing = fixture.write(numbered(i, i + 1))
      // Sooner and later, so that some are cancelled before the message arrives, some after.
      if (i % 4 !== 0) await new Promise(resolve => setTimeout(resolve, i % 4))
      controller.abort(reason)
      await reading.catch(error => assert.equal(error, reason))
      await writing
    }
    while (read.length < 20) read.push((await reader.readMessage({ signal })).text())
    assert.deepEqual(
      read,
      numbered(0, 20).map(({ value }) => value),
    )
    assert.equal(await assert.rejects(reader.readMessage({ signal: AbortSignal.abort(reason) })), reason)
  })

  test('reads that wait together are served in the order they came', async (fixture, { signal }) => {
    const reader = fixture.reader()
    const waiting = Array.from({ length: 10 }, () => reader.readMessage({ signal }))
    await fixture.fill(12, { batchSize: 4 })
    assert.deepEqual(
      (await Promise.all(waiting)).map(message => message.offset),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    )
    assert.equal((await reader.readMessage({ signal })).offset, 10)
  })

  test('for await, readMessage, batches and cursor read the same', async (fixture, { signal }) => {
    await fixture.write(
      numbered(0, 500).map((message, i) => ({
        ...message,
        key: i % 3 === 0 ? null : `k${i}`,
        ...(i % 5 === 0 && { headers: [{ key: 'i', value: String(i) }] }),
      })),
      { batchSize: 50 },
    )
    const show = ({
      offset,
      timestamp,
      key,
      value,
      headers,
    }: Pick<Message, 'offset' | 'timestamp' | 'key' | 'value' | 'headers'>) =>
      JSON.stringify([
        offset,
        timestamp,
        plain(key),
        plain(value),
        headers.map(header => [header.key, plain(header.value)]),
      ])
    const expected: string[] = []
    const one = fixture.reader()
    while (expected.length < 500) expected.push(show(await one.readMessage({ signal })))

    const iterated: string[] = []
    for await (const message of fixture.reader()) if (iterated.push(show(message)) === 500) break
    assert.deepEqual(iterated, expected)

    const batched: string[] = []
    const walked: string[] = []
    let next = 0
    for await (const batch of fixture.reader().batches()) {
      assert.deepEqual(
        [batch.topic, batch.partition, batch.highWaterMark, batch.firstOffset],
        [fixture.topic, 0, 500, next],
      )
      assert.equal(batch.count, batch.lastOffset - batch.firstOffset + 1)
      next = batch.lastOffset + 1
      batched.push(...batch.messages().map(show))
      const cursor = batch.cursor()
      while (cursor.next()) walked.push(show(cursor))
      if (next === 500) break
    }
    assert.deepEqual(batched, expected)
    assert.deepEqual(walked, expected)
  })

  test('batches begin at the offset asked for, also in the middle of one, and go on from single messages', async (fixture, {
    signal,
  }) => {
    await fixture.fill(30, { batchSize: 10 })
    const reader = fixture.reader()
    reader.setOffset(4)
    assert.deepEqual(await take(reader, 2, signal), ['4', '5'])
    const offsets: number[] = []
    for await (const batch of reader.batches()) {
      const cursor = batch.cursor()
      const walked: number[] = []
      while (cursor.next()) walked.push(cursor.offset)
      assert.deepEqual(
        batch.messages().map(({ offset }) => offset),
        walked,
      )
      assert.equal(batch.firstOffset, walked[0])
      offsets.push(...walked)
      if (batch.lastOffset === 19) break
    }
    assert.deepEqual(offsets, [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    assert.equal(reader.offset(), 20)
    assert.deepEqual(await take(reader, 1, signal), ['20'])
  })

  test('a message kept stays as it was, whatever is read after', async (fixture, { signal }) => {
    await fixture.write(
      Array.from({ length: 40 }, (_, i) => ({ value: String(i).repeat(20_000) })),
      { batchSize: 2 },
    )
    const reader = fixture.reader({ queueBytes: 100_000 })
    const kept: Message[] = []
    for (let i = 0; i < 40; i++) kept.push(await reader.fetchMessage({ signal }))
    kept.forEach((message, i) => {
      assert.equal(message.text(), String(i).repeat(20_000))
    })
  })

  test('a message larger than maxBytes and queueBytes is read nevertheless (KIP-74)', async (fixture, { signal }) => {
    const large = 'x'.repeat(300_000)
    await fixture.write([{ value: 'a' }, { value: large }, { value: large }, { value: 'b' }], { batchSize: 1 })
    const reader = fixture.reader({ maxBytes: 10_000, queueBytes: 20_000 })
    assert.deepEqual(
      (await take(reader, 4, signal)).map(text => text.length),
      [1, 300_000, 300_000, 1],
    )
  })

  test('what is fetched ahead stays within queueBytes, and queueCapacity', async (fixture, { signal }) => {
    await fixture.write(
      Array.from({ length: 400 }, () => ({ value: 'v'.repeat(10_000) })),
      { batchSize: 10 },
    )
    const bytes = fixture.reader({ queueBytes: 500_000, maxBytes: 250_000 })
    const capacity = fixture.reader({ queueCapacity: 15, maxBytes: 100_000 })
    await bytes.fetchMessage({ signal })
    await capacity.fetchMessage({ signal })
    // Fetching goes on until the bound is reached: then nothing changes any more.
    await settled(() => bytes.stats().queueLength + capacity.stats().queueLength)
    const ahead = bytes.stats().queueLength
    assert.ok(ahead >= 20 && ahead <= 60, `${ahead} messages of 10,000 bytes ahead of 500,000`)
    // It is held against before each fetch, and what is being read does not count: two batches of ten come on top.
    assert.ok(capacity.stats().queueLength <= 35, `${capacity.stats().queueLength} messages ahead of 15`)
    await take(bytes, 399, signal)
    await take(capacity, 399, signal)
  })

  test('close ends a long poll and waiting reads at once, and a loop ends without an error', async (fixture, {
    signal,
  }) => {
    const reader = fixture.reader({ maxWait: 20_000 })
    const waiting = reader.readMessage({ signal })
    const looping = (async () => {
      for await (const message of reader) assert.fail(`nothing was written: ${message.text()}`)
      return 'ended'
    })()
    await nothing(waiting)
    const started = Date.now()
    const closing = reader.close()
    await assert.rejects(waiting, ClosedError)
    assert.equal(await looping, 'ended')
    await closing
    assert.ok(Date.now() - started < 1_000, `${Date.now() - started} ms`)
    await assert.rejects(reader.fetchMessage(), ClosedError)
    assert.equal(thrown(() => reader.setOffset(3)) instanceof ClosedError, true)
    await reader.close()
  })

  test('leaving a loop leaves the reader where it was', async (fixture, { signal }) => {
    await fixture.fill(10)
    const reader = fixture.reader()
    for await (const message of reader) if (message.offset === 3) break
    assert.deepEqual(await take(reader, 1, signal), ['4'])
    for await (const batch of reader.batches()) {
      assert.equal(batch.firstOffset, 5)
      break
    }
    assert.equal(reader.offset(), 10)
  })

  test('stats count what was handed out', async (fixture, { signal }) => {
    await fixture.fill(20, { batchSize: 10 })
    const reader = fixture.reader()
    await take(reader, 13, signal)
    const first = reader.stats()
    assert.equal(first.messages, 13)
    assert.equal(first.offset, 13)
    assert.equal(first.lag, 7)
    assert.equal(first.queueLength, 7)
    assert.ok(first.fetches >= 1 && first.dials === 1 && first.bytes > 0 && first.fetchBytes.sum > 0)
    assert.deepEqual(
      [first.topic, first.partition, first.maxBytes, first.maxWait],
      [fixture.topic, '0', 1_048_576, 10_000],
    )
    await take(reader, 7, signal)
    const second = reader.stats()
    assert.deepEqual([second.messages, second.queueLength, second.dials], [7, 0, 0])
  })

  test('settings that can’t work are refused', async fixture => {
    const brokers = cluster.brokers
    for (const config of [
      { brokers },
      { brokers, topic: 't', groupTopics: ['t'], groupId: 'g' },
      { brokers, groupTopics: ['t'] },
      { brokers, topic: 't', groupId: '' },
      { brokers, topic: 't', groupId: 'g', partition: 1 },
      { brokers, topic: 't', minBytes: 10, maxBytes: 5 },
      { brokers, topic: 't', queueBytes: Number.NaN },
      { brokers, topic: 't', readBackoffMin: 500, readBackoffMax: 100 },
      { brokers, topic: 't', groupId: 'g', heartbeatInterval: 50_000 },
      { brokers, topic: 't', startOffset: 5 },
    ]) {
      const error = thrown(() => new Reader({ ...config, transport: fixture.transport }))
      assert.ok(error instanceof ConfigError, JSON.stringify(config))
    }
    const reader = fixture.reader()
    for (const offset of [-3, 1.5, Number.NaN]) assert.ok(thrown(() => reader.setOffset(offset)) instanceof ConfigError)
    await assert.rejects(reader.commitMessages([]), ConfigError)
  })
}

function plain(bytes: Uint8Array | null): number[] | null {
  return bytes === null ? null : Array.from(bytes)
}
