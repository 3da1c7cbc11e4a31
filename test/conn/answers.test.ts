import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import type { Clock } from '../../src/base/clock.ts'
import { ConnectionError, ProtocolError } from '../../src/base/errors.ts'
import type { Conn } from '../../src/conn/conn.ts'
import { Dialer } from '../../src/conn/dialer.ts'
import { SeekAbsolute, SeekStart } from '../../src/conn/seek.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import type { Message } from '../../src/records/message.ts'
import { rawBatch } from '../records/raw.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { pause, thrown } from '../support/waiting.ts'

// What brokers may answer, and how a Conn and its batches take it.

/** A connection to an embedded broker with these values in its partition, a batch each. */
async function filled(kafka: Embedded, ...given: (Clock | string)[]): Promise<Conn> {
  const [clock] = given.filter(each => typeof each !== 'string')
  const values = given.filter(each => typeof each === 'string')
  const adapter = memory(kafka.broker)
  const dialer = new Dialer({ adapter, natives: {}, logger: kafka.notes.logger, ...(clock && { clock }) })
  const conn = await dialer.dialLeader('tcp', kafka.broker.addresses[0]!, 't', 0)
  for (const value of values) await conn.write(value)
  return conn
}

/** Fetches are answered with the records that `change` makes of the broker's own. */
function changeRecords(kafka: Embedded, times: number, change: (records: Uint8Array) => Uint8Array): { count: number } {
  return kafka.spoil(Fetch, times, async (_, context) => {
    const answer = (await context.apply())!
    const [topic] = answer.responses
    const [partition] = topic!.partitions
    const records = change(partition!.records ?? new Uint8Array(0))
    return { ...answer, responses: [{ ...topic!, partitions: [{ ...partition!, records }] }] }
  })
}

const texts = (messages: Iterable<Message>): string[] => [...messages].map(message => message.text())

/** A record with this value, one behind the offset. */
const record = (delta: number, value: number): number[] => [14, 0, 0, delta * 2, 1, 2, value, 0]

test('a batch does not take the end of the connection for its own: the error is there', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka, 'a')
  kafka.spoil(Fetch, 1, () => 'drop')
  const batch = await conn.readBatch()
  expect(batch.err()).toBeInstanceOf(ConnectionError)
  expect(thrown(() => batch.readMessage())).toBe(batch.err())
  expect(thrown(() => batch.close())).toBe(batch.err())
  await conn.close()
})

test('of a truncated answer the whole batches are read, and the rest the next time', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka, 'a', 'b', 'c')
  changeRecords(kafka, 1, records => records.slice(0, -1))
  const batch = await conn.readBatch()
  expect(texts(batch)).toEqual(['a', 'b'])
  expect(batch.err()).toBeNull()
  expect(batch.offset()).toBe(2)
  expect((await conn.readMessage()).text()).toBe('c')
  await conn.close()
})

test('bytes that are no whole batch are an error that says so, and not asked for in a hot loop', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka, 'hello')
  const fetches = changeRecords(kafka, 2, records => records.slice(0, 20))
  await expect(conn.readMessage()).rejects.toThrow(/20 bytes answered are no whole batch/)
  const batch = await conn.readBatch()
  expect(batch.err()).toBeInstanceOf(ProtocolError)
  expect(fetches.count).toBe(2)
  expect((await conn.readMessage()).text()).toBe('hello')
  await conn.close()
})

test('a damaged batch is an error where it is reached, and can be read again', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka, 'a', 'b')
  changeRecords(kafka, 2, records => {
    const damaged = records.slice()
    damaged[damaged.length - 2]! ^= 1
    return damaged
  })
  const batch = await conn.readBatch()
  expect(batch.err()).toBeNull()
  expect(batch.readMessage()?.text()).toBe('a')
  expect(thrown(() => batch.readMessage())).toBeInstanceOf(ProtocolError)
  expect(thrown(() => batch.readMessage())).toBe(batch.err())
  expect(conn.offset()).toEqual({ offset: 1, whence: SeekAbsolute })
  await expect(conn.readMessage()).rejects.toThrow(/CRC/)
  expect((await conn.readMessage()).text()).toBe('b')
  await conn.close()
})

test('behind a compacted batch reading goes on where that ended, not where its last record is', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka, ...'abcdefgh')
  const asked: number[] = []
  kafka.spoil(Fetch, 2, async (request, context) => {
    asked.push(request.topics[0]!.partitions[0]!.fetchOffset)
    const answer = (await context.apply())!
    const [topic] = answer.responses
    // Of the offsets 0 to 4 the second is left, of 5 to 6 nothing.
    const records =
      asked.length === 1
        ? rawBatch(record(1, 0x62), { count: 1, lastOffsetDelta: 4 })
        : rawBatch([], { count: 0, lastOffsetDelta: 1, baseOffset: 5n })
    return { ...answer, responses: [{ ...topic!, partitions: [{ ...topic!.partitions[0]!, records }] }] }
  })
  expect(texts(await conn.readBatch())).toEqual(['b'])
  expect(conn.offset().offset).toBe(5)
  expect((await conn.readMessage()).text()).toBe('h')
  expect(asked).toEqual([0, 5])
  await conn.close()
})

test('records before the offset asked for are left out', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka)
  await conn.writeMessages([...'abcd'].map(value => ({ value })))
  await conn.seek(2, SeekAbsolute)
  expect(texts(await conn.readBatch())).toEqual(['c', 'd'])
  await conn.close()
})

test('a broker that answers with nothing at once is asked again, but not in a hot loop', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka, 'a')
  let empty = true
  const fetches = changeRecords(kafka, Number.POSITIVE_INFINITY, records => (empty ? new Uint8Array(0) : records))
  const waiting = conn.readMessage()
  await expect.poll(() => fetches.count).toBeGreaterThan(0)
  const before = fetches.count
  await pause(500)
  expect(fetches.count - before).toBeLessThan(15)
  empty = false
  expect((await waiting).text()).toBe('a')
  await conn.close()
})

test('a partition whose brokers are not all known has them by their ids', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka)
  kafka.spoil(Metadata, 1, async (_, context) => {
    const answer = (await context.apply())!
    const topics = answer.topics.map(topic => ({
      ...topic,
      partitions: topic.partitions.map(each => ({ ...each, replicaNodes: [1, 9] })),
    }))
    return { ...answer, topics }
  })
  const [partition] = await conn.readPartitions()
  expect(partition!.leader.host).toBe('broker-1')
  expect(partition!.replicas).toEqual([partition!.leader, { id: 9, host: '', port: 0, rack: '' }])
  await conn.close()
})

test('a leaderless partition is waited for by who wants its leader, and described to who does not', async () => {
  await using kafka = new Embedded()
  const withoutLeader = kafka.spoil(Metadata, 3, async (_, context) => {
    const answer = (await context.apply())!
    const topics = answer.topics.map(topic => ({
      ...topic,
      partitions: topic.partitions.map(each => ({ ...each, leaderId: -1, errorCode: ErrorCode.LeaderNotAvailable })),
    }))
    return { ...answer, topics }
  })
  const dialer = new Dialer({ adapter: memory(kafka.broker), natives: {} })
  const address = kafka.broker.addresses[0]!
  const described = await dialer.lookupPartition('tcp', address, 't', 0)
  expect([described.leader.id, described.error?.code]).toEqual([-1, ErrorCode.LeaderNotAvailable])
  await expect(dialer.dialPartition('tcp', address, described)).rejects.toMatchObject({
    code: ErrorCode.LeaderNotAvailable,
  })
  expect((await dialer.lookupLeader('tcp', address, 't', 0)).id).toBe(1)
  expect(withoutLeader.count).toBe(4)
})

test('a broker lost while a partition is looked for is dialed again', async () => {
  await using kafka = new Embedded()
  kafka.spoil(Metadata, 2, () => 'drop')
  const dialer = new Dialer({ adapter: memory(kafka.broker), natives: {} })
  expect((await dialer.lookupPartition('tcp', kafka.broker.addresses[0]!, 't', 0)).id).toBe(0)
})

test('an answer that stays away is not waited for beyond the deadline, and the next call has its own', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka, 'a')
  const hanging = kafka.spoil(Fetch, 1, async (_, context) => {
    await pause(400)
    return context.apply()
  })
  const reading = expect(conn.readMessage()).rejects.toMatchObject({ timeout: true })
  await expect.poll(() => hanging.count).toBe(1)
  conn.setReadDeadline(Date.now() + 50)
  await reading
  conn.setReadDeadline(null)
  expect((await conn.readMessage()).text()).toBe('a')
  await conn.close()
})

test('a write that is not answered in time may have been written: it says so, and ends the connection', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka)
  const hanging = kafka.spoil(Produce, 1, () => 'hang')
  const writing = expect(conn.write('x')).rejects.toMatchObject({ timeout: true, sent: true })
  await expect.poll(() => hanging.count).toBe(1)
  conn.setWriteDeadline(Date.now() + 50)
  await writing
  conn.setWriteDeadline(null)
  await expect(conn.write('y')).rejects.toBeInstanceOf(ConnectionError)
  await conn.close()
})

test('closing waits for the answers to writes, and ends reads at once', async () => {
  await using kafka = new Embedded()
  const conn = await filled(kafka)
  kafka.spoil(Produce, 1, async (_, context) => {
    await pause(200)
    return context.apply()
  })
  // Its codec is loaded first.
  const writing = conn.writeCompressedMessages('gzip', { value: 'last' })
  const closing = conn.close()
  await expect(writing).resolves.toBe(4)
  await closing
  const again = await filled(kafka)
  expect(await again.readOffsets()).toEqual({ first: 0, last: 1 })
  await again.close()
})

test('who waits for a batch that nobody closes is told so after a while, and holds nobody up', async () => {
  using clock = new LeapingClock()
  await using kafka = new Embedded({ clock })
  const conn = await filled(kafka, clock, 'a', 'b')
  const batch = await conn.readBatch()
  const hasty = conn.readMessage()
  conn.setReadDeadline(clock.now() + 5_000)
  await expect(hasty).rejects.toThrow(/read deadline/)
  conn.setReadDeadline(null)
  const before = clock.monotonic()
  await expect(conn.readMessage()).rejects.toThrow(/left open for 30000 ms: close\(\) it/)
  expect(clock.monotonic() - before).toBeGreaterThanOrEqual(30_000)
  batch.close()
  await conn.seek(1, SeekStart)
  expect((await conn.readMessage()).text()).toBe('b')
  await conn.close()
})

test('reads that wait for one another wait as long as the first does, and no batch is in the way', async () => {
  using clock = new LeapingClock()
  await using kafka = new Embedded({ clock })
  const conn = await filled(kafka, clock)
  const first = conn.readMessage()
  const second = conn.readMessage()
  await clock.sleep(120_000)
  await conn.writeMessages([{ value: 'a' }, { value: 'b' }])
  expect(texts(await Promise.all([first, second]))).toEqual(['a', 'b'])
  await conn.close()
})

test('a read that waits behind several batches is not told of one that is left open', async () => {
  using clock = new LeapingClock()
  await using kafka = new Embedded({ clock })
  const conn = await filled(kafka, clock, 'a', 'b', 'c')
  const first = await conn.readBatch()
  expect(first.readMessage()?.text()).toBe('a')
  const second = conn.readBatch()
  const third = conn.readMessage()
  await clock.sleep(20_000)
  first.close()
  expect((await second).readMessage()?.text()).toBe('b')
  await clock.sleep(20_000)
  ;(await second).close()
  expect((await third).text()).toBe('c')
  await conn.close()
})
