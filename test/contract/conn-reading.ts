import {
  ErrorCode,
  IsolationLevel,
  type KafkaError,
  type Message,
  SeekAbsolute,
  SeekEnd,
  SeekStart,
  ShortBufferError,
} from '../../src/index.ts'
import { connTest, values } from '../support/conn-fixture.ts'
import { nothing, thrown } from '../support/waiting.ts'
import type { Assert } from './assert.ts'
import type { Suite } from './harness.ts'

/** How a Conn reads, one by one and in batches. */
export const suite: Suite = contract => {
  const assert: Assert = contract.assert
  const test = connTest(contract)
  const timedOut = (error: unknown): boolean => error instanceof Error && (error as KafkaError).timeout === true
  const texts = (messages: Iterable<Message>): string[] => [...messages].map(message => message.text())

  test('messages written one after another are read in that order', async fixture => {
    const conn = await fixture.leader()
    for (const { value } of values(10)) await conn.write(value as string)
    for (const { value } of values(10)) assert.equal((await conn.readMessage()).text(), value)
  })

  test('messages written at once are read in their order', async fixture => {
    const conn = await fixture.filled(...values(10).map(({ value }) => value as string))
    const buffer = new Uint8Array(10)
    for (const { value } of values(10)) {
      const length = await conn.read(buffer)
      assert.equal(new TextDecoder().decode(buffer.subarray(0, length)), value)
    }
  })

  test('reading and writing go on beside each other', async fixture => {
    const conn = await fixture.leader()
    const writing = (async () => {
      for (const message of values(20)) await conn.writeMessages(message)
    })()
    for (const { value } of values(20)) assert.equal((await conn.readMessage()).text(), value)
    await writing
  })

  test('a write does not wait long for a read of the same connection that waits', async fixture => {
    const conn = await fixture.leader()
    const waiting = conn.readMessage()
    await nothing(waiting)
    const begun = performance.now()
    await conn.write('now')
    const took = performance.now() - begun
    assert.ok(took < 5000, `${took} ms`)
    assert.equal((await waiting).text(), 'now')
  })

  test('reads asked for at the same time take turns', async fixture => {
    const conn = await fixture.filled('a', 'b', 'c')
    const read = await Promise.all([conn.readMessage(), conn.readMessage(), conn.readMessage()])
    assert.deepEqual(texts(read), ['a', 'b', 'c'])
  })

  test('a message is read whole: key, headers, time, null and empty apart', async fixture => {
    const conn = await fixture.leader()
    await conn.writeMessages([
      { key: 'k', value: 'v', headers: [{ key: 'h', value: null }], time: new Date(1_700_000_000_123) },
      { key: '', value: null },
    ])
    const first = await conn.readMessage()
    assert.deepEqual([first.topic, first.partition, first.offset], [fixture.topic, fixture.partition, 0])
    assert.deepEqual([first.keyText(), first.text(), first.header('h')], ['k', 'v', null])
    assert.deepEqual([first.time, first.highWaterMark], [new Date(1_700_000_000_123), 2])
    const second = await conn.readMessage()
    assert.deepEqual([second.key, second.value], [new Uint8Array(0), null])
    await conn.seek(1, SeekAbsolute)
    assert.equal(await conn.read(new Uint8Array(5)), 0)
  })

  test('a buffer that is too short leaves the message to be read again, and the connection open', async fixture => {
    const conn = await fixture.filled('hello', 'world')
    const error = await assert.rejects(conn.read(new Uint8Array(3)), ShortBufferError)
    assert.equal(error.needed, 5)
    assert.deepEqual((await conn.readOffsets()).last, 2)
    const buffer = new Uint8Array(5)
    assert.equal(await conn.read(buffer), 5)
    assert.equal(new TextDecoder().decode(buffer), 'hello')
    const batch = await conn.readBatch()
    assert.ok(thrown(() => batch.read(new Uint8Array(2))) instanceof ShortBufferError)
    assert.ok(thrown(() => batch.readMessage()) instanceof ShortBufferError)
    assert.ok(thrown(() => batch.close()) instanceof ShortBufferError)
    assert.equal((await conn.readMessage()).text(), 'world')
  })

  test('an empty partition is waited for until the read deadline; then the connection serves on', async fixture => {
    const conn = await fixture.leader()
    conn.setReadDeadline(Date.now() + 250)
    await assert.rejects(conn.readMessage(), timedOut)
    conn.setReadDeadline(new Date(Date.now() + 250))
    const batch = await conn.readBatch(1, 100)
    assert.ok(timedOut(batch.err()))
    assert.ok(timedOut(thrown(() => batch.readMessage())))
    conn.setDeadline(null)
    const waiting = conn.readMessage()
    await nothing(waiting)
    await conn.write('now')
    assert.equal((await waiting).text(), 'now')
  })

  test('a read deadline that has passed, or is moved while a read waits, ends it', async fixture => {
    const conn = await fixture.leader()
    conn.setReadDeadline(Date.now() - 1)
    await assert.rejects(conn.readMessage(), timedOut)
    await assert.rejects(conn.readOffsets(), timedOut)
    conn.setReadDeadline(null)
    const waiting = conn.readMessage()
    await nothing(waiting)
    conn.setReadDeadline(1)
    await assert.rejects(waiting, timedOut)
    await conn.write('a')
    conn.setReadDeadline(null)
    assert.equal((await conn.readMessage()).text(), 'a')
  })

  test('a read given up by its signal takes nothing, and the next has what it waited for', async fixture => {
    const conn = await fixture.leader()
    const cancel = new AbortController()
    const waiting = conn.readMessage(undefined, { signal: cancel.signal })
    const batch = conn.readBatch(1, 100, { signal: cancel.signal })
    await nothing(waiting)
    cancel.abort('never mind')
    await assert.rejects(waiting, error => error === 'never mind')
    await assert.rejects(batch, error => error === 'never mind')
    await conn.write('a')
    assert.equal((await conn.readMessage()).text(), 'a')
  })

  test('a batch knows the high water mark, its partition and where it is', async fixture => {
    const conn = await fixture.filled('a', 'b', 'c')
    await conn.seek(1, SeekAbsolute)
    const batch = await conn.readBatch(1, 10_000)
    assert.equal(batch.err(), null)
    assert.deepEqual([batch.highWaterMark(), batch.partition(), batch.throttle(), batch.offset()], [3, 1, 0, 1])
    assert.equal(batch.readMessage()?.text(), 'b')
    assert.equal(batch.offset(), 2)
    assert.deepEqual(texts(batch), ['c'])
    assert.deepEqual([batch.readMessage(), batch.read(new Uint8Array(1)), batch.offset()], [null, null, 3])
    batch.close()
    assert.deepEqual(conn.offset(), { offset: 3, whence: SeekAbsolute })
  })

  test('a batch without any settings has all there is', async fixture => {
    const conn = await fixture.filled('a', 'b', 'c')
    const batch = await conn.readBatchWith({})
    assert.deepEqual(texts(batch), ['a', 'b', 'c'])
    batch.close()
  })

  test('an explicit wait is kept to, whatever the deadline', async fixture => {
    const conn = await fixture.filled('a')
    await conn.seek(0, SeekEnd)
    const begun = performance.now()
    const batch = await conn.readBatchWith({ maxWait: 300 })
    assert.ok(timedOut(batch.err()) && (batch.err() as KafkaError).code === ErrorCode.RequestTimedOut)
    assert.ok(timedOut(thrown(() => batch.close())))
    const took = performance.now() - begun
    assert.ok(took >= 250 && took < 10_000, `${took} ms`)
  })

  test('a batch closed early leaves the rest for the next', async fixture => {
    const conn = await fixture.filled('a', 'b', 'c')
    const batch = await conn.readBatch()
    assert.equal(batch.readMessage()?.text(), 'a')
    const next = conn.readMessage()
    await nothing(next)
    // What does not read this partition need not wait.
    assert.equal(await conn.readLastOffset(), 3)
    batch.close()
    assert.equal(batch.readMessage(), null)
    assert.equal((await next).text(), 'b')
  })

  test('a batch read to its end need not be closed', async fixture => {
    const conn = await fixture.filled('a')
    const batch = await conn.readBatch()
    assert.deepEqual(texts(batch), ['a'])
    await conn.write('b')
    assert.equal((await conn.readMessage()).text(), 'b')
  })

  test('a seek while a batch is open is not undone by its end', async fixture => {
    const conn = await fixture.filled('a', 'b', 'c')
    const batch = await conn.readBatch()
    assert.equal(batch.readMessage()?.text(), 'a')
    await conn.seek(0, SeekStart)
    batch.close()
    assert.equal((await conn.readMessage()).text(), 'a')
  })

  test('batches in any compression are read, from within them too', async fixture => {
    const conn = await fixture.leader()
    const codecs = ['gzip', 'snappy', 'lz4', 'zstd', 'none'] as const
    for (const codec of codecs) await conn.writeCompressedMessages(codec, [{ value: codec }, { value: `${codec} 2` }])
    await conn.seek(1, SeekAbsolute)
    const read: string[] = []
    while (read.length < 9) {
      const batch = await conn.readBatch()
      read.push(...texts(batch))
    }
    assert.deepEqual(read, codecs.flatMap(codec => [codec, `${codec} 2`]).slice(1))
  })

  test('markers are no messages, and read committed leaves out what was aborted', async fixture => {
    const [a, b] = [await fixture.producer('a'), await fixture.producer('b')]
    const write = (by: typeof a, ...texts: string[]) => by.write(fixture.topic, fixture.partition, texts)
    await write(a, 'aborted', 'aborted too')
    await a.end('abort')
    await write(b, 'committed')
    await b.end('commit')
    const conn = await fixture.leader()
    await conn.write('plain')
    const read = async (count: number, isolationLevel: IsolationLevel): Promise<string[]> => {
      await conn.seek(0, SeekStart)
      const found: string[] = []
      while (found.length < count) found.push(...texts(await conn.readBatchWith({ isolationLevel })))
      return found
    }
    assert.deepEqual(await read(4, IsolationLevel.ReadUncommitted), ['aborted', 'aborted too', 'committed', 'plain'])
    assert.deepEqual(await read(2, IsolationLevel.ReadCommitted), ['committed', 'plain'])
    // One by one, over the markers.
    await conn.seek(0, SeekStart)
    for (const text of ['aborted', 'aborted too', 'committed', 'plain'])
      assert.equal((await conn.readMessage()).text(), text)
  })
}
