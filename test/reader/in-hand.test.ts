import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LastOffset } from '../../src/protocol/offsets.ts'
import type { Reader } from '../../src/reader/reader.ts'
import { Embedded } from '../support/embedded.ts'
import { numbered, take } from '../support/reading-fixture.ts'
import { pause, until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)

describe('a batch in hand', () => {
  // Frames of this size are used again.
  const large = Array.from({ length: 10 }, (_, i) => ({ value: String(i).repeat(20_000) }))

  async function firstBatch(reader: Reader): Promise<Uint8Array> {
    const { value: batch } = await reader.batches().next()
    const cursor = batch!.cursor()
    cursor.next()
    expect(cursor.value![0]).toBe('0'.charCodeAt(0))
    return cursor.value!
  }

  test('is not written over by what is fetched after a seek', async () => {
    await using kafka = new Embedded()
    await kafka.write(large, { batchSize: 1 })
    const reader = kafka.reader({ maxBytes: 100_000 })
    const value = await firstBatch(reader)
    reader.setOffset(5)
    await until(forever, () => reader.stats().queueLength === 5)
    expect(new Set(value)).toEqual(new Set(['0'.charCodeAt(0)]))
  })

  test('is not written over by what the next generation fetches', async () => {
    await using kafka = new Embedded()
    await kafka.write(large, { batchSize: 1 })
    const member = kafka.reader({ groupId: 'g', heartbeatInterval: 20, rebalanceTimeout: 50, maxBytes: 100_000 })
    const value = await firstBatch(member)
    member.stats()
    await kafka.write(numbered(0, 1), { batchSize: 1 })
    await member.commitMessages({ topic: 't', partition: 0, offset: 4 } as never)
    kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress }))
    await until(forever, () => member.stats().rebalances === 1)
    await until(forever, () => member.stats().queueLength > 0)
    expect(new Set(value)).toEqual(new Set(['0'.charCodeAt(0)]))
  })
})

test.each([
  [
    'a loop was left',
    async (reader: Reader) => {
      for await (const _ of reader) break
    },
  ],
  [
    'a read was cancelled',
    async (reader: Reader) => {
      await reader.fetchMessage()
      await expect(reader.fetchMessage({ signal: AbortSignal.abort() })).rejects.toThrow()
    },
  ],
])('a message read after %s holds the partitions as any other does', async (_, begin) => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 5), { batchSize: 5 })
  const member = kafka.reader({ groupId: 'g', heartbeatInterval: 20 })
  await begin(member)
  const message = await member.fetchMessage()
  const joins = kafka.spoil(JoinGroup, 0, () => undefined)
  const beats = kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress }))
  // Beats after the first come while the member waits for the message to be dealt with, too.
  await until(forever, () => beats.count > 3)
  expect(joins.count).toBe(0)
  await member.commitMessages(message)
})

describe('an iterator that was returned', () => {
  test('while its next() waits takes no message with it', async () => {
    await using kafka = new Embedded()
    const reader = kafka.reader()
    const iterators = [reader[Symbol.asyncIterator](), reader.batches(), reader.batches({ signal: forever })]
    const waiting = iterators.map(iterator => iterator.next())
    await pause(20)
    for (const iterator of iterators) expect(await iterator.return!()).toEqual({ value: undefined, done: true })
    expect(await Promise.all(waiting)).toEqual(iterators.map(() => ({ value: undefined, done: true })))
    await kafka.write(numbered(0, 2))
    expect(await take(reader, 2, forever)).toEqual(['0', '1'])
  })

  test('gives nothing more, though messages are at hand', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 3))
    const reader = kafka.reader()
    const iterator = reader[Symbol.asyncIterator]()
    expect((await iterator.next()).value!.text()).toBe('0')
    await iterator.return!()
    expect(await iterator.next()).toEqual({ value: undefined, done: true })
    expect(await take(reader, 2, forever)).toEqual(['1', '2'])
  })
})

test('setOffset(LastOffset) skips what came since it was first used', async () => {
  await using kafka = new Embedded()
  const reader = kafka.reader({ startOffset: LastOffset })
  await expect(reader.fetchMessage({ signal: AbortSignal.timeout(50) })).rejects.toThrow()
  await kafka.write(numbered(0, 3))
  await until(forever, () => reader.stats().queueLength === 3)
  reader.setOffset(LastOffset)
  const waiting = reader.fetchMessage()
  await until(forever, () => reader.lag() === 0)
  await kafka.write(numbered(3, 4))
  expect((await waiting).text()).toBe('3')
})
