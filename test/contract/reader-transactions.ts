import { IsolationLevel } from '../../src/protocol/offsets.ts'
import type { Reader } from '../../src/reader/reader.ts'
import { deskTest, numbered, type ReadingDesk, take } from '../support/reading-desk.ts'
import { RawProducer } from '../support/transactions.ts'
import { nothing } from '../support/waiting.ts'
import type { Suite } from './harness.ts'

export const suite: Suite = contract => {
  const { assert, cluster } = contract
  const test = deskTest(contract)
  const producer = (desk: ReadingDesk, name: string) => new RawProducer(desk.transport, cluster.brokers, `${desk.topic}-${name}`).init()
  const committed = (desk: ReadingDesk, config = {}): Reader => desk.reader({ isolationLevel: IsolationLevel.ReadCommitted, ...config })

  // A peer keeps one aborted range per producer: two aborts by one, and the first is delivered.
  test('read committed leaves out every aborted transaction, two of one producer too', async (desk, { signal }) => {
    const [a, b] = [await producer(desk, 'a'), await producer(desk, 'b')]
    const write = (by: RawProducer, ...values: string[]) => by.write(desk.topic, 0, values)
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
    await desk.write([{ value: 'plain' }])
    await write(a, 'a5')
    await a.end('commit')
    assert.deepEqual(await take(committed(desk), 5, signal), ['b1', 'a3', 'b2', 'plain', 'a5'])
    assert.deepEqual(await take(desk.reader(), 9, signal), [
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
  test('an aborted transaction whose marker comes in a later answer is left out', async (desk, { signal }) => {
    const a = await producer(desk, 'a')
    for (let i = 0; i < 10; i++) await a.write(desk.topic, 0, ['aborted'.repeat(100)])
    await a.end('abort')
    await a.write(desk.topic, 0, ['kept'])
    await a.end('commit')
    // Each answer holds one batch.
    assert.deepEqual(await take(committed(desk, { maxBytes: 1 }), 1, signal), ['kept'])
  })

  test('an open transaction holds up what comes behind it until it ends', async (desk, { signal }) => {
    const a = await producer(desk, 'a')
    await desk.write([{ value: 'before' }])
    await a.write(desk.topic, 0, ['in it'])
    await desk.write([{ value: 'behind' }])
    const reader = committed(desk)
    assert.deepEqual(await take(reader, 1, signal), ['before'])
    assert.equal(reader.lag(), 0)
    const waiting = reader.fetchMessage({ signal })
    await nothing(waiting)
    await a.end('commit')
    assert.equal((await waiting).text(), 'in it')
    assert.deepEqual(await take(reader, 1, signal), ['behind'])
  })

  test('markers are no messages: a reader passes over them, at the end of the partition too', async (desk, { signal }) => {
    const a = await producer(desk, 'a')
    const reader = desk.reader()
    for (let i = 0; i < 3; i++) {
      await a.write(desk.topic, 0, [`${i}`])
      await a.end(i === 1 ? 'abort' : 'commit')
      const message = await reader.readMessage({ signal })
      assert.deepEqual([message.text(), message.offset], [`${i}`, 2 * i])
    }
    const offsets: number[] = []
    for await (const batch of desk.reader().batches()) {
      offsets.push(batch.firstOffset)
      if (batch.lastOffset === 4) break
    }
    assert.deepEqual(offsets, [0, 2, 4])
  })

  test('without transactions read committed is the same as read uncommitted', async (desk, { signal }) => {
    await desk.write(numbered(0, 100), { batchSize: 10 })
    assert.equal((await take(committed(desk), 100, signal)).at(-1), '99')
  })
}
