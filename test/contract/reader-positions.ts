import { ConnectionError } from '../../src/base/errors.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { FirstOffset, LastOffset } from '../../src/protocol/offsets.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { fixtureTest, numbered, take } from '../support/reading-fixture.ts'
import { eventually, nothing } from '../support/waiting.ts'
import type { Suite } from './harness.ts'

export const suite: Suite = contract => {
  const { assert } = contract
  const test = fixtureTest(contract)

  test('FirstOffset, LastOffset and every other offset can be sought', async (fixture, { signal }) => {
    await fixture.fill(300, { batchSize: 10 })
    const reader = fixture.reader()
    assert.equal(reader.offset(), FirstOffset)
    assert.deepEqual(await take(reader, 2, signal), ['0', '1'])
    let seed = 1
    for (let i = 0; i < 60; i++) {
      seed = (seed * 48271) % 2147483647
      const offset = seed % 300
      reader.setOffset(offset)
      assert.equal(reader.offset(), offset)
      const wanted = Math.min(3, 300 - offset)
      assert.deepEqual(
        await take(reader, wanted, signal),
        numbered(offset, offset + wanted).map(({ value }) => value),
      )
    }
    reader.setOffset(FirstOffset)
    assert.deepEqual(await take(reader, 1, signal), ['0'])
    reader.setOffset(LastOffset)
    const waiting = reader.fetchMessage({ signal })
    await nothing(waiting)
    await fixture.write(numbered(300, 301))
    assert.equal((await waiting).text(), '300')
    reader.setOffset(0)
    reader.setOffset(0)
    assert.deepEqual(await take(reader, 1, signal), ['0'])
  })

  test('a seek frees a read that waits at the end, long before maxWait', async (fixture, { signal }) => {
    await fixture.fill(5)
    const reader = fixture.reader({ maxWait: 20_000, startOffset: LastOffset })
    const waiting = reader.fetchMessage({ signal })
    await nothing(waiting)
    const started = Date.now()
    reader.setOffset(3)
    assert.equal((await waiting).text(), '3')
    assert.ok(Date.now() - started < 3_000, `${Date.now() - started} ms`)
  })

  test('setOffsetAt finds the first message of that time or later, else the end', async (fixture, { signal }) => {
    await fixture.write(
      numbered(0, 20).map((message, i) => ({ ...message, timestamp: 1_600_000_000_000 + i * 1_000 })),
      { batchSize: 3 },
    )
    const reader = fixture.reader()
    await reader.setOffsetAt(new Date(1_600_000_006_500), { signal })
    assert.deepEqual(await take(reader, 2, signal), ['7', '8'])
    await reader.setOffsetAt(1_600_000_012_000, { signal })
    assert.deepEqual(await take(reader, 1, signal), ['12'])
    await reader.setOffsetAt(1_700_000_000_000, { signal })
    const waiting = reader.fetchMessage({ signal })
    await nothing(waiting)
    await fixture.write([{ value: 'later' }])
    assert.equal((await waiting).text(), 'later')
  })

  test('readLag asks the leader, lag remembers the last fetch', async (fixture, { signal }) => {
    await fixture.fill(10)
    const reader = fixture.reader()
    assert.equal(reader.lag(), -1)
    assert.equal(await reader.readLag({ signal }), 10)
    await take(reader, 4, signal)
    assert.equal(reader.lag(), 6)
    await fixture.fill(5)
    assert.equal(await reader.readLag({ signal }), 11)
    reader.setOffset(LastOffset)
    assert.equal(await reader.readLag({ signal }), 0)
  })

  test('an offset beyond the end waits for it to come; with offsetOutOfRangeError reads reject, and a seek helps', async (fixture, {
    signal,
  }) => {
    await fixture.fill(5)
    const patient = fixture.reader()
    patient.setOffset(7)
    const waiting = patient.fetchMessage({ signal })
    await nothing(waiting)
    await fixture.write(numbered(5, 9))
    assert.equal((await waiting).text(), '7')

    const strict = fixture.reader({ offsetOutOfRangeError: true })
    strict.setOffset(100)
    const error = await assert.rejects(strict.fetchMessage({ signal }), KafkaError)
    assert.equal(error.code, ErrorCode.OffsetOutOfRange)
    await assert.rejects(strict.fetchMessage({ signal }), KafkaError)
    strict.setOffset(1)
    assert.deepEqual(await take(strict, 1, signal), ['1'])
  })

  test('a topic made anew under the same name is no silent rewind', async (fixture, { signal }) => {
    await fixture.fill(10)
    const reader = fixture.reader({ readBackoffMax: 200, maxWait: 200 })
    await take(reader, 10, signal)
    await fixture.remakeTopic(1, signal)
    await eventually(signal, () => fixture.fill(3))
    const error = await assert.rejects(reader.fetchMessage({ signal }), KafkaError)
    assert.equal(error.code, ErrorCode.OffsetOutOfRange)
    assert.ok(/made anew/.test(error.message), error.message)
    reader.setOffset(FirstOffset)
    assert.deepEqual(await take(reader, 3, signal), ['0', '1', '2'])
  })

  test('after its topic was made anew a reader goes on at any offset it is given: by number, too', async (fixture, {
    signal,
  }) => {
    const goOn: [name: string, move: (reader: Reader) => void][] = [
      ['setOffset', reader => reader.setOffset(1)],
      ['seek', reader => reader.seek(fixture.topic, 0, 1)],
    ]
    for (const [name, move] of goOn) {
      await eventually(signal, () => fixture.fill(10))
      const reader = fixture.reader({ readBackoffMax: 200, maxWait: 200 })
      await take(reader, 10, signal)
      await fixture.remakeTopic(1, signal)
      await eventually(signal, () => fixture.fill(3))
      await assert.rejects(reader.fetchMessage({ signal }), KafkaError)
      move(reader)
      assert.deepEqual(await take(reader, 2, signal), ['1', '2'], name)
      await fixture.remakeTopic(1, signal)
    }
  })

  test('a topic that does not exist is told after maxAttempts; once it is made reading works', async (fixture, {
    signal,
  }) => {
    const topic = `${fixture.topic}-later`
    const reader = fixture.reader({ topic, maxAttempts: 2, readBackoffMin: 20, readBackoffMax: 50 })
    const error = await assert.rejects(reader.readMessage({ signal }), KafkaError)
    assert.equal(error.code, ErrorCode.UnknownTopicOrPartition)
    await fixture.createTopic(topic, 1)
    await fixture.write(
      [{ value: 'x', topic }].map(({ value }) => ({ value })),
      { topic },
    )
    await eventually(signal, async () => assert.equal((await reader.readMessage({ signal })).text(), 'x'))
  })

  test('a partition that does not exist is told with the number there are', async (fixture, { signal }) => {
    const error = await assert.rejects(fixture.reader({ partition: 7 }).readMessage({ signal }), KafkaError)
    assert.ok(error.message.includes('has 1 partitions'), error.message)
  })

  test('an unknown broker is told; the reader can still be closed', async (fixture, { signal }) => {
    const transport = fixture.keep(
      new Transport({ adapter: contract.adapter, natives: contract.natives, requestTimeout: 300 }),
    )
    const reader = new Reader({ brokers: ['127.0.0.1:1'], topic: fixture.topic, transport, maxAttempts: 1 })
    await assert.rejects(reader.readMessage({ signal }), ConnectionError)
    await reader.close()
  })
}
