import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Client } from '../../src/client/client.ts'
import type { Generation } from '../../src/group/generation.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { FirstOffset, LastOffset } from '../../src/protocol/offsets.ts'
import type { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Embedded } from '../support/embedded.ts'
import { flakyAdapter } from '../support/flaky-adapter.ts'
import { numbered } from '../support/reading-fixture.ts'
import { pause, until } from '../support/waiting.ts'

const soon = (): AbortSignal => AbortSignal.timeout(15_000)
const fromEnd = { startOffset: LastOffset }
const spread = { balancer: ({ value }: { value?: unknown }) => Number(value) % 4 }

const offsetsOf = (generation: Generation): number[] => generation.assignments['t']!.map(({ offset }) => offset)

async function addPartitions(kafka: Embedded, count: number): Promise<void> {
  const topics = [{ name: 't', count, assignments: null }]
  const { results } = await kafka.transport.roundTrip(kafka.broker.addresses, CreatePartitions, {
    topics,
    timeoutMs: 5_000,
    validateOnly: false,
  })
  expect(results[0]!.errorCode).toBe(0)
}

/** Reads until the reader is closed; what it was given, by text. */
function reading(reader: Reader): string[] {
  const seen: string[] = []
  void (async () => {
    for await (const message of reader) {
      seen.push(message.text())
      await reader.commitMessages(message).catch(() => {})
    }
  })().catch(() => {})
  return seen
}

describe('a group that begins so long ago', () => {
  const old = { timestamp: Date.now() - 7_200_000 }
  const hour = { groupId: 'g', startOffset: { duration: 'PT1H' } }

  test('reads what is no older, and of partitions without any from their end', async () => {
    await using kafka = new Embedded({ partitions: 4 })
    await kafka.write(
      numbered(0, 8).map(message => ({ ...message, ...old })),
      spread,
    )
    await kafka.write(numbered(8, 10), spread)
    const seen = reading(kafka.reader(hour))
    await until(soon(), () => seen.length === 2)
    await kafka.write(numbered(10, 14), spread)
    await until(soon(), () => seen.length === 6)
    expect(seen.sort()).toEqual(['10', '11', '12', '13', '8', '9'])
  })

  test('has committed where that is: whoever comes later begins there, however long ago that is by then', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    await kafka.write(
      numbered(0, 4).map(message => ({ ...message, ...old })),
      { balancer: ({ value }) => Number(value) % 2 },
    )
    const first = kafka.reader(hour)
    const waiting = first.readMessage().catch(() => {})
    await until(soon(), () => first.stats().rebalances > 0)
    await first.close()
    await waiting
    await using client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    const { topics } = await client.offsetFetch({ groupId: 'g', topics: { t: [0, 1] } })
    expect(topics['t']!.map(({ committedOffset }) => committedOffset)).toEqual([2, 2])
  })

  test('finds out by itself where a leader did not tell when it began', async () => {
    await using kafka = new Embedded({ partitions: 1 })
    await kafka.write([{ value: 'old', ...old }, { value: 'young' }])
    // What the group asks fails, what the reader asks then does not.
    kafka.spoil(ListOffsets, 2, () => ({
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: ErrorCode.NotLeaderForPartition }] }],
    }))
    const seen = reading(kafka.reader(hour))
    await until(soon(), () => seen.length === 1)
    expect(seen).toEqual(['young'])
  })

  test('leaves nothing out that is written while the leader is asked', async () => {
    await using kafka = new Embedded({ partitions: 1 })
    let written = false
    const asked = kafka.spoil(ListOffsets, 2, async () => {
      if (asked.count !== 2) return
      await kafka.write(numbered(0, 1))
      written = true
    })
    const seen = reading(kafka.reader(hour))
    await until(soon(), () => written)
    await kafka.write(numbered(1, 2))
    await until(soon(), () => seen.includes('1'))
    expect(seen).toEqual(['0', '1'])
  })
})

describe('a group that begins at the end', () => {
  test('has committed where that is before its partitions are handed out, and begins there again', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    await kafka.write(numbered(0, 8), { balancer: ({ value }) => Number(value) % 2 })
    const group = kafka.group(fromEnd)
    expect(offsetsOf(await group.next())).toEqual([4, 4])
    await group.close()
    await kafka.write(numbered(8, 10), { balancer: ({ value }) => Number(value) % 2 })
    expect(offsetsOf(await kafka.group(fromEnd).next())).toEqual([4, 4])
  })

  test('loses nothing of what is written while its only reader, which has read nothing, is away', async () => {
    await using kafka = new Embedded({ partitions: 4 })
    await kafka.write(numbered(0, 20), spread)
    const first = kafka.reader({ groupId: 'g', ...fromEnd })
    const waiting = first.readMessage().catch(() => {})
    await until(soon(), () => first.stats().rebalances > 0)
    await first.close()
    await waiting
    await kafka.write(numbered(20, 24), spread)
    const seen = reading(kafka.reader({ groupId: 'g', ...fromEnd }))
    await until(soon(), () => seen.length === 4)
    expect(seen.sort()).toEqual(['20', '21', '22', '23'])
  })

  test('reads partitions that come later from their first message, and topics made anew', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    await kafka.write(numbered(0, 2), { balancer: ({ value }) => Number(value) % 2 })
    const group = kafka.group({ ...fromEnd, partitionWatchInterval: 50 })
    expect(offsetsOf(await group.next())).toEqual([1, 1])
    await addPartitions(kafka, 4)
    await kafka.write(numbered(2, 6), spread)
    expect(offsetsOf(await group.next())).toEqual([1, 1, 0, 0])
  })

  test('reads them from there when nobody was in it as they came', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    await kafka.write(numbered(0, 2), { balancer: ({ value }) => Number(value) % 2 })
    const group = kafka.group(fromEnd)
    await (await group.next()).commitOffsets({ t: { 1: 1 } })
    await group.close()
    await addPartitions(kafka, 4)
    await kafka.write(numbered(2, 6), spread)
    expect(offsetsOf(await kafka.group(fromEnd).next())).toEqual([1, 1, 0, 0])
  })

  test('with members that come at once reads nothing old, whoever commits first', async () => {
    await using kafka = new Embedded({ partitions: 4, configs: { 'group.initial.rebalance.delay.ms': '200' } })
    await kafka.write(numbered(0, 20), spread)
    let asked = 0
    // The second of them asks for offsets when the first has committed its own.
    kafka.broker.control(OffsetFetch, async () => {
      if (asked++ > 0) await pause(300)
      return undefined
    })
    const readers = [kafka.reader({ groupId: 'g', ...fromEnd }), kafka.reader({ groupId: 'g', ...fromEnd })]
    const seen = readers.map(reading)
    await until(soon(), () => readers.every(reader => reader.stats().partitions.length === 2))
    await pause(200)
    await kafka.write(numbered(20, 28), spread)
    await until(soon(), () => seen.flat().length >= 8)
    expect(seen.flat().sort()).toEqual(numbered(20, 28).map(({ value }) => value))
  })

  test('knows where it began when a member dies before it could commit', async () => {
    await using kafka = new Embedded({ partitions: 4, configs: { 'group.initial.rebalance.delay.ms': '200' } })
    await kafka.write(numbered(0, 20), spread)
    const plug = flakyAdapter(memory(kafka.broker, natives))
    await using transport = new Transport({ adapter: plug.adapter, natives, clientId: 'doomed' })
    const settings = { ...fromEnd, sessionTimeout: 600, rebalanceTimeout: 600 }
    const survivor = kafka.group(settings)
    const doomed = kafka.group({ ...settings, transport })
    kafka.broker.control(OffsetCommit, (_, { clientId }) => {
      if (clientId !== 'doomed') return undefined
      plug.pull()
      return 'drop'
    })
    const never = doomed.next().catch(() => {})
    expect(offsetsOf(await survivor.next())).toEqual([5, 5])
    await kafka.write(numbered(20, 28), spread)
    expect(offsetsOf(await survivor.next())).toEqual([5, 5, 5, 5])
    await doomed.close()
    await never
  })

  test('tries again to commit where it began, and holds back what is to be read meanwhile', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 5))
    const commits = kafka.spoil(OffsetCommit, 2, ({ topics }) => ({
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCode.GroupLoadInProgress,
        })),
      })),
    }))
    expect(offsetsOf(await kafka.group(fromEnd).next())).toEqual([5])
    expect(commits.count).toBe(3)
  })

  test('goes on with what it knows where a leader does not tell its end, and commits that once it does', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    await kafka.write(numbered(0, 8), { balancer: ({ value }) => Number(value) % 2 })
    let silent = true
    kafka.broker.control(ListOffsets, async (_, context) => {
      const answer = (await context.apply())!
      if (silent)
        for (const { partitions } of answer.topics!)
          for (const partition of partitions)
            if (partition.partitionIndex === 1)
              Object.assign(partition, { errorCode: ErrorCode.LeaderNotAvailable, offset: -1 })
      return answer
    })
    const reader = kafka.reader({ groupId: 'g', ...fromEnd, timeout: 1_000 })
    const seen = reading(reader)
    await until(soon(), () => reader.stats().rebalances > 0)
    await kafka.write([{ value: '8' }], { balancer: () => 0 })
    await until(soon(), () => seen.includes('8'))
    silent = false
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    await until(soon(), async () => {
      const { topics } = await client.offsetFetch({ groupId: 'g', topics: { t: [1] } })
      return topics['t']![0]!.committedOffset === 4
    })
  })
})

test('a group that begins at the start commits nothing for that', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  const commits = kafka.spoil(OffsetCommit, 0, () => undefined)
  expect(offsetsOf(await kafka.group().next())).toEqual([FirstOffset, FirstOffset])
  expect(commits.count).toBe(0)
})
