import { IsolationLevel } from '../../src/protocol/offsets.ts'
import type { Reader } from '../../src/reader/reader.ts'
import { fixtureTest, numbered, type ReadingFixture, take } from '../support/reading-fixture.ts'
import { RawProducer } from '../support/transactions.ts'
import { nothing } from '../support/waiting.ts'
import type { Suite } from './harness.ts'

export const suite: Suite = contract => {
  const { assert, cluster } = contract
  const test = fixtureTest(contract)
  const producer = (fixture: ReadingFixture, name: string) =>
    new RawProducer(fixture.transport, cluster.brokers, `${fixture.topic}-${name}`).init()
  const committed = (fixture: ReadingFixture, config = {}): Reader =>
    fixture.reader({ isolationLevel: IsolationLevel.ReadCommitted, ...config })

  // A peer keeps one aborted range per producer: two aborts by one, and the first is delivered.
  test('read committed leaves out every aborted transaction, two of one producer too', async (fixture, { signal }) => {
    const [a, b] = [await producer(fixture, 'a'), await producer(fixture, 'b')]
    const write = (by: RawProducer, ...values: string[]) => by.write(fixture.topic, 0, values)
    await write(a, 'a1 aborted', 'a2 aborted')
    await write(b, 'b1')
    await a.end('abort')
    await write(a, 'a3')
    await write(b, 'b2')
    await a.end('commit')
    await write(a, 'a4 aborted')
    await b.end('commit')
    await write(b, 'b3 aborted')
    await a.end('abort')
    await b.end('abort')
    await fixture.write([{ value: 'plain' }])
    await write(a, 'a5')
    await a.end('commit')
    assert.deepEqual(await take(committed(fixture), 5, signal), ['b1', 'a3', 'b2', 'plain', 'a5'])
    assert.deepEqual(await take(fixture.reader(), 9, signal), [
      'a1 aborted',
      'a2 aborted',
      'b1',
      'a3',
      'b2',
      'a4 aborted',
      'b3 aborted',
      'plain',
      'a5',
    ])
  })

  // The same peer ignores ranges whose marker lies beyond the fetch.
  test('an aborted transaction whose marker comes in a later answer is left out', async (fixture, { signal }) => {
    const a = await producer(fixture, 'a')
    for (let i = 0; i < 10; i++) await a.write(fixture.topic, 0, ['aborted'.repeat(100)])
    await a.end('abort')
    await a.write(fixture.topic, 0, ['kept'])
    await a.end('commit')
    // Each answer holds one batch.
    assert.deepEqual(await take(committed(fixture, { maxBytes: 1 }), 1, signal), ['kept'])
  })

  test('an open transaction holds up what comes behind it until it ends', async (fixture, { signal }) => {
    const a = await producer(fixture, 'a')
    await fixture.write([{ value: 'before' }])
    await a.write(fixture.topic, 0, ['in it'])
    await fixture.write([{ value: 'behind' }])
    const reader = committed(fixture)
    assert.deepEqual(await take(reader, 1, signal), ['before'])
    assert.equal(reader.lag(), 0)
    const waiting = reader.fetchMessage({ signal })
    await nothing(waiting)
    await a.end('commit')
    assert.equal((await waiting).text(), 'in it')
    assert.deepEqual(await take(reader, 1, signal), ['behind'])
  })

  test('markers are no messages: a reader passes over them, at the end of the partition too', async (fixture, {
    signal,
  }) => {
    const a = await producer(fixture, 'a')
    const reader = fixture.reader()
    for (let i = 0; i < 3; i++) {
      await a.write(fixture.topic, 0, [`${i}`])
      await a.end(i === 1 ? 'abort' : 'commit')
      const message = await reader.readMessage({ signal })
      assert.deepEqual([message.text(), message.offset], [`${i}`, 2 * i])
    }
    const offsets: number[] = []
    for await (const batch of fixture.reader().batches()) {
      offsets.push(batch.firstOffset)
      if (batch.lastOffset === 4) break
    }
    assert.deepEqual(offsets, [0, 2, 4])
  })

  test('without transactions read committed is the same as read uncommitted', async (fixture, { signal }) => {
    await fixture.write(numbered(0, 100), { batchSize: 10 })
    assert.equal((await take(committed(fixture), 100, signal)).at(-1), '99')
  })
}
