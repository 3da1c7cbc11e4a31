import { describe, expect, test } from 'vitest'
import type { BrokerConfig } from '../../src/broker/index.ts'
import {
  ErrorCode,
  FirstOffset,
  KafkaError,
  LastOffset,
  LogTruncationError,
  RequiredAcks,
  Writer,
} from '../../src/index.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import type { Reader } from '../../src/reader/reader.ts'
import { Embedded } from '../support/embedded.ts'
import { take } from '../support/reading-fixture.ts'
import { pause, until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(120_000)

/** Three brokers, of which any may lead, whatever it lacks. */
class Unclean extends Embedded {
  private readonly all: readonly string[]

  constructor(config: BrokerConfig = {}) {
    const configs = { 'unclean.leader.election.enable': 'true' }
    super({ brokers: 3, topics: [{ name: 't', partitions: 1, replicationFactor: 3, configs }], ...config })
    this.broker.moveLeader('t', 0, 1)
    this.all = this.broker.addresses
  }

  /** Knows all brokers, whether they run or not. */
  override reader(config: Partial<ReaderConfig> = {}): Reader {
    return super.reader({ brokers: this.all, maxWait: 20, ...config })
  }

  async put(...values: string[]): Promise<void> {
    for (const value of values) await this.write([{ value }], { requiredAcks: RequiredAcks.One })
  }

  /** Broker 1 alone has these. */
  async putAtOne(...values: string[]): Promise<void> {
    for (const id of [2, 3]) this.broker.crashBroker(id)
    await this.put(...values)
  }

  /** What broker 1 alone has is lost, and others are written in its place. */
  async lose(...values: string[]): Promise<void> {
    this.broker.crashBroker(1)
    this.broker.startBroker(2)
    await this.put(...values)
  }
}

async function truncation(reader: Reader): Promise<LogTruncationError> {
  const error = await reader.fetchMessage({ signal: forever }).then(
    message => expect.fail(`read ${message.text()} at ${message.offset}`),
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(LogTruncationError)
  expect(error).toBeInstanceOf(KafkaError)
  expect((error as LogTruncationError).code).toBe(ErrorCode.OffsetOutOfRange)
  return error as LogTruncationError
}

describe('messages that were read and are lost in an unclean election', () => {
  test.each([
    ['the fetch itself', {}],
    ['asking new leaders (OffsetForLeaderEpoch)', { Fetch: 11 }],
  ])('are told of by %s, with their place, and what is there now is read', async (_, versions) => {
    await using kafka = new Unclean({ versions })
    await kafka.put('a', 'b')
    await kafka.putAtOne('c', 'd')
    const reader = kafka.reader()
    expect(await take(reader, 4, forever)).toEqual(['a', 'b', 'c', 'd'])
    await kafka.lose('x', 'y', 'z')
    const { topic, partition, offset, divergentOffset } = await truncation(reader)
    expect({ topic, partition, offset, divergentOffset }).toEqual({
      topic: 't',
      partition: 0,
      offset: 4,
      divergentOffset: 2,
    })
    expect(await take(reader, 3, forever)).toEqual(['x', 'y', 'z'])
  })

  test('are told of where the log is as long as before, or shorter', async () => {
    for (const values of [['x', 'y'], ['x'], []]) {
      await using kafka = new Unclean()
      await kafka.put('a', 'b')
      await kafka.putAtOne('c', 'd')
      const reader = kafka.reader()
      expect(await take(reader, 4, forever)).toEqual(['a', 'b', 'c', 'd'])
      await kafka.lose(...values)
      expect((await truncation(reader)).divergentOffset).toBe(2)
      await kafka.put('end')
      expect(await take(reader, values.length + 1, forever)).toEqual([...values, 'end'])
    }
  })

  test('are told of by a reader that was paused meanwhile', async () => {
    await using kafka = new Unclean()
    await kafka.put('a', 'b')
    await kafka.putAtOne('c', 'd')
    const reader = kafka.reader()
    expect(await take(reader, 4, forever)).toEqual(['a', 'b', 'c', 'd'])
    reader.pause()
    await kafka.lose('w', 'x', 'y', 'z')
    reader.resume()
    expect((await truncation(reader)).divergentOffset).toBe(2)
    expect(await take(reader, 4, forever)).toEqual(['w', 'x', 'y', 'z'])
  })

  test('are told of by who began at the end', async () => {
    await using kafka = new Unclean()
    await kafka.put('a', 'b')
    await kafka.putAtOne('c', 'd')
    const reader = kafka.reader({ startOffset: LastOffset })
    const waiting = truncation(reader)
    await until(forever, () => reader.lag() === 0)
    await kafka.lose('w', 'x', 'y', 'z')
    expect((await waiting).divergentOffset).toBe(2)
    expect(await take(reader, 4, forever)).toEqual(['w', 'x', 'y', 'z'])
  })

  test.each([
    ['its reads', false],
    ['a transaction', true],
  ])(
    'are told of by a member whose group had committed them by %s while it was away (KIP-320)',
    async (_, isInTransaction) => {
      await using kafka = new Unclean()
      await kafka.put('a', 'b')
      await kafka.putAtOne('c', 'd')
      const group = { groupId: 'g', startOffset: FirstOffset }
      const before = kafka.reader(group)
      const messages = await before.fetchMessages(4, { signal: forever })
      expect(messages.map(message => message.text())).toEqual(['a', 'b', 'c', 'd'])
      if (isInTransaction) {
        const writer = new Writer({ addr: kafka.broker.addresses, transport: kafka.transport, transactionalId: 'tx' })
        await writer.transaction(tx => tx.sendOffsets(before, messages))
        await writer.close()
      } else await before.commitMessages(messages)
      await before.close()
      await kafka.lose('v', 'w', 'x', 'y', 'z')
      const after = kafka.reader(group)
      const { offset, divergentOffset } = await truncation(after)
      expect({ offset, divergentOffset }).toEqual({ offset: 4, divergentOffset: 2 })
      expect(await take(after, 5, forever)).toEqual(['v', 'w', 'x', 'y', 'z'])
    },
  )

  test('and that were not handed out yet are no loss', async () => {
    await using kafka = new Unclean()
    await kafka.put('a', 'b')
    await kafka.putAtOne('c', 'd')
    const reader = kafka.reader()
    expect(await take(reader, 1, forever)).toEqual(['a'])
    reader.pause()
    await kafka.lose('x', 'y')
    reader.resume()
    expect(await take(reader, 3, forever)).toEqual(['b', 'x', 'y'])
  })

  test('are counted from where what was read later than the common epoch began', async () => {
    await using kafka = new Unclean()
    await kafka.put('a')
    // Of epoch 1 and 2 there is nothing on broker 2 but what broker 3 wrote alone is read.
    const release = kafka.broker.holdReplica(2)
    kafka.broker.moveLeader('t', 0, 3)
    await kafka.put('b')
    kafka.broker.moveLeader('t', 0, 1)
    await kafka.put('c')
    const reader = kafka.reader()
    kafka.broker.crashBroker(2)
    expect(await take(reader, 3, forever)).toEqual(['a', 'b', 'c'])
    for (const id of [3, 1]) kafka.broker.crashBroker(id)
    release()
    kafka.broker.startBroker(2)
    await kafka.put('x', 'y', 'z')
    expect((await truncation(reader)).divergentOffset).toBe(1)
    expect(await take(reader, 3, forever)).toEqual(['x', 'y', 'z'])
  })

  test.each(['earliest', 'latest', { byDuration: 1_000 }] as const)(
    'lead with the policy %j to where the logs part, by the log alone',
    async offsetOutOfRange => {
      await using kafka = new Unclean()
      await kafka.put('a', 'b')
      await kafka.putAtOne('c', 'd')
      const reader = kafka.reader({ offsetOutOfRange })
      expect(await take(reader, 4, forever)).toEqual(['a', 'b', 'c', 'd'])
      await kafka.lose('x', 'y', 'z')
      expect(await take(reader, 3, forever)).toEqual(['x', 'y', 'z'])
      expect(
        kafka.notes.lines.filter(line => /warn.*t\/0 was read up to 4.*parts from that at 2/.test(line)),
      ).toHaveLength(1)
    },
  )

  test('end all reads with the policy error, until a seek', async () => {
    await using kafka = new Unclean()
    await kafka.put('a', 'b')
    await kafka.putAtOne('c', 'd')
    const reader = kafka.reader({ offsetOutOfRange: 'error' })
    expect(await take(reader, 4, forever)).toEqual(['a', 'b', 'c', 'd'])
    await kafka.lose('x', 'y', 'z')
    for (let i = 0; i < 3; i++) expect((await truncation(reader)).divergentOffset).toBe(2)
    reader.setOffset((await truncation(reader)).divergentOffset)
    expect(await take(reader, 3, forever)).toEqual(['x', 'y', 'z'])
  })
})

test.each([
  ['by the fetch', {}],
  ['by OffsetForLeaderEpoch', { Fetch: 11 }],
  ['and nobody can be asked', { Fetch: 11, OffsetForLeaderEpoch: null }],
])('leaders that change in good order, and write nothing, are no loss: %s', async (_, versions) => {
  await using kafka = new Unclean({ versions })
  await kafka.put('a')
  const readers = [kafka.reader(), kafka.reader({ startOffset: LastOffset })]
  expect(await take(readers[0]!, 1, forever)).toEqual(['a'])
  const reads = readers.map(reader => reader.fetchMessage({ signal: forever }))
  for (const reader of readers) await until(forever, () => reader.lag() === 0)
  for (const leader of [2, 3, 1, 3, 2]) {
    kafka.broker.moveLeader('t', 0, leader)
    await pause(30)
  }
  await kafka.put('b')
  for (const read of reads) expect((await read).text()).toBe('b')
  expect(kafka.notes.lines.filter(line => line.includes('parts from'))).toEqual([])
})
