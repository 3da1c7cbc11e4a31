import { describe, expect, test } from 'vitest'
import type { BrokerConfig } from '../../src/broker/index.ts'
import type { RequestOf } from '../../src/protocol/api.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { releases } from '../simulation/releases.ts'
import { Embedded } from '../support/embedded.ts'
import { take } from '../support/reading-fixture.ts'
import { until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(120_000)
const always = Number.POSITIVE_INFINITY

type Request = RequestOf<typeof Fetch>

function named({ topics }: Request): number[] {
  return topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition)).sort((a, b) => a - b)
}

function forgotten({ forgottenTopicsData }: Request): number[] {
  return forgottenTopicsData.flatMap(({ partitions }) => partitions)
}

/** A cluster with a topic of so many partitions, and all fetches that it was asked for. */
function watched(partitions: number, config: BrokerConfig = {}): Embedded & { readonly fetches: Request[] } {
  const kafka = new Embedded({ partitions, ...config })
  const fetches: Request[] = []
  kafka.broker.control(Fetch, request => void fetches.push(request))
  return Object.assign(kafka, { fetches })
}

async function writeTo(kafka: Embedded, partition: number, value: string): Promise<void> {
  await kafka.write([{ value, partition }])
}

/** Waits for this many more fetches. */
async function more({ fetches }: { readonly fetches: Request[] }, count = 1): Promise<void> {
  const before = fetches.length
  await until(forever, () => fetches.length >= before + count)
}

describe('a fetch session', () => {
  test.each([
    ['by topic ids', '4.4'],
    ['by names', '2.8'],
    ['of the first version', '1.1'],
  ] as const)('%s names all partitions once, then what changed', async (_, release) => {
    await using kafka = watched(50, { versions: releases[release] })
    const reader = kafka.reader({ maxWait: 20 })
    for (let i = 0; i < 10; i++) {
      await writeTo(kafka, i, String(i))
      expect(await take(reader, 1, forever)).toEqual([String(i)])
      await more(kafka)
    }
    const [first, ...others] = kafka.fetches
    expect([first!.sessionId, first!.sessionEpoch, named(first!).length]).toEqual([0, 0, 50])
    expect(new Set(others.map(({ sessionId }) => sessionId)).size).toBe(1)
    expect(others.map(({ sessionEpoch }) => sessionEpoch)).toEqual(others.map((_, i) => i + 1))
    for (const request of others) expect(named(request).length).toBeLessThanOrEqual(1)
    expect(others.flatMap(named).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => i))
  })

  test('forgets what is not read any more, and takes it in again', async () => {
    await using kafka = watched(3)
    const reader = kafka.reader({ maxWait: 20 })
    await writeTo(kafka, 0, 'a')
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await more(kafka, 2)
    reader.pause([{ topic: 't', partition: 1 }])
    await until(forever, () => kafka.fetches.some(request => forgotten(request).includes(1)))
    await writeTo(kafka, 1, 'b')
    await writeTo(kafka, 2, 'c')
    expect(await take(reader, 1, forever)).toEqual(['c'])
    reader.resume([{ topic: 't', partition: 1 }])
    expect(await take(reader, 1, forever)).toEqual(['b'])
    expect(kafka.fetches.filter(({ sessionEpoch }) => sessionEpoch === 0).length).toBe(1)
  })

  test('goes on where a reader is sent elsewhere', async () => {
    await using kafka = watched(2)
    for (const value of ['a', 'b', 'c']) await writeTo(kafka, 1, value)
    const reader = kafka.reader({ maxWait: 20 })
    expect(await take(reader, 3, forever)).toEqual(['a', 'b', 'c'])
    for (let i = 0; i < 5; i++) {
      reader.seek('t', 1, 1)
      expect(await take(reader, 2, forever)).toEqual(['b', 'c'])
    }
    expect(kafka.fetches.filter(({ sessionEpoch }) => sessionEpoch === 0).length).toBe(1)
  })

  test.each([
    ['FETCH_SESSION_ID_NOT_FOUND', ErrorCode.FetchSessionIDNotFound],
    ['INVALID_FETCH_SESSION_EPOCH', ErrorCode.InvalidFetchSessionEpoch],
    ['FETCH_SESSION_TOPIC_ID_ERROR', ErrorCode.FetchSessionTopicIDError],
    ['INCONSISTENT_TOPIC_ID', ErrorCode.InconsistentTopicID],
  ])('that its broker ends by %s is begun anew at once, and nobody is told', async (_, errorCode) => {
    await using kafka = watched(3)
    let spoilt = 0
    kafka.broker.control(Fetch, ({ sessionEpoch }) => {
      if (sessionEpoch < 2 || spoilt > 0) return undefined
      spoilt = kafka.fetches.length
      return { errorCode, sessionId: 0, responses: [] }
    })
    const reader = kafka.reader({ maxWait: 20, readBackoffMin: 60_000, readBackoffMax: 60_000 })
    await writeTo(kafka, 0, 'a')
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await until(forever, () => spoilt > 0 && kafka.fetches.length > spoilt)
    await writeTo(kafka, 2, 'b')
    expect(await take(reader, 1, forever)).toEqual(['b'])
    const next = kafka.fetches[spoilt]!
    expect([next.sessionEpoch, named(next)]).toEqual([0, [0, 1, 2]])
    expect(next.sessionId === 0).toBe(errorCode === ErrorCode.FetchSessionIDNotFound)
    expect(reader.stats().errors).toBe(0)
    expect(kafka.notes.lines).toEqual([])
  })

  test('of which one partition is said to have another topic id is begun anew at once, and nobody is told', async () => {
    await using kafka = watched(2)
    let spoilt = 0
    kafka.broker.control(Fetch, async ({ sessionEpoch }, context) => {
      if (sessionEpoch < 2 || spoilt > 0) return undefined
      spoilt = kafka.fetches.length
      const { topicId } = kafka.fetches[0]!.topics[0]!
      const answer = (await context.apply())!
      const partitions = [
        { partitionIndex: 1, errorCode: ErrorCode.InconsistentTopicID, highWatermark: -1, records: null },
      ]
      return { ...answer, responses: [{ topicId, partitions }] } as never
    })
    const reader = kafka.reader({ maxWait: 20, readBackoffMin: 60_000, readBackoffMax: 60_000 })
    await writeTo(kafka, 0, 'a')
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await until(forever, () => spoilt > 0 && kafka.fetches.length > spoilt)
    expect(kafka.fetches[spoilt]!.sessionEpoch).toBe(0)
    await writeTo(kafka, 1, 'b')
    expect(await take(reader, 1, forever)).toEqual(['b'])
    expect(reader.stats().errors).toBe(0)
  })

  test('is not asked for where the broker keeps none, and none before the protocol has them', async () => {
    const none = { 'max.incremental.fetch.session.cache.slots': '0' }
    for (const config of [{ configs: none }, { versions: { Fetch: 6 } }] as BrokerConfig[]) {
      await using kafka = watched(3, config)
      const reader = kafka.reader({ maxWait: 20 })
      for (const [partition, value] of ['a', 'b', 'c'].entries()) {
        await writeTo(kafka, partition, value)
        expect(await take(reader, 1, forever)).toEqual([value])
      }
      const [first, ...others] = kafka.fetches
      expect(first!.sessionId).toBe(0)
      for (const request of others)
        expect([request.sessionId, request.sessionEpoch, named(request)]).toEqual([0, -1, [0, 1, 2]])
    }
  })

  test('that was lost with its connection is begun anew', async () => {
    await using kafka = watched(3)
    const reader = kafka.reader({ maxWait: 20 })
    await writeTo(kafka, 0, 'a')
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await more(kafka, 2)
    const dropped = kafka.spoil(Fetch, 1, () => 'drop')
    await until(forever, () => dropped.count > 1)
    await writeTo(kafka, 1, 'b')
    expect(await take(reader, 1, forever)).toEqual(['b'])
    const again = kafka.fetches.filter(({ sessionEpoch }) => sessionEpoch === 0)
    expect(again.map(({ sessionId }) => sessionId === 0)).toEqual([true, false])
    // Each partition waits for a while of its own.
    const since = (): number[] => kafka.fetches.slice(kafka.fetches.indexOf(again[1]!)).flatMap(named)
    await until(forever, () => new Set(since()).size === 3)
  })

  test('is ended when its reader is closed', async () => {
    await using kafka = watched(3)
    const reader = kafka.reader()
    await writeTo(kafka, 0, 'a')
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await more(kafka)
    const { sessionId } = kafka.fetches.at(-1)!
    await reader.close()
    const last = kafka.fetches.at(-1)!
    expect([last.sessionId, last.sessionEpoch, named(last)]).toEqual([sessionId, -1, []])
    expect(sessionId).not.toBe(0)
  })
})

test('a fetch session is ended a while after the last of its partitions went', async () => {
  await using kafka = watched(2)
  const reader = kafka.reader({ maxWait: 20 })
  await writeTo(kafka, 0, 'a')
  expect(await take(reader, 1, forever)).toEqual(['a'])
  await more(kafka, 2)
  const { sessionId } = kafka.fetches.at(-1)!
  reader.pause()
  await until(forever, () => kafka.fetches.at(-1)!.sessionEpoch === -1)
  expect(kafka.fetches.at(-1)!.sessionId).toBe(sessionId)
  reader.resume()
  await writeTo(kafka, 1, 'b')
  expect(await take(reader, 1, forever)).toEqual(['b'])
})

describe('a broker that answers', () => {
  test('what it was not asked for, what it shall have forgotten, and the same twice does no harm', async () => {
    await using kafka = watched(3)
    for (const value of ['a', 'b']) for (const partition of [0, 1]) await writeTo(kafka, partition, value + partition)
    const reader = kafka.reader({ maxWait: 20 })
    expect((await take(reader, 4, forever)).sort()).toEqual(['a0', 'a1', 'b0', 'b1'])
    reader.pause([{ topic: 't', partition: 1 }])
    await until(forever, () => kafka.fetches.some(request => forgotten(request).includes(1)))
    const { topicId } = kafka.fetches[0]!.topics[0]!
    kafka.spoil(Fetch, always, async (_, context) => {
      const answer = (await context.apply())!
      const partitions = answer.responses.flatMap(each => [...each.partitions])
      const odd = [1, 7].map(partitionIndex => ({ partitionIndex, errorCode: 0, highWatermark: 99, records: null }))
      return { ...answer, responses: [{ topicId, partitions: [...odd, ...partitions, ...partitions] }] }
    })
    for (const value of ['c', 'd', 'e']) {
      await writeTo(kafka, 0, value)
      expect(await take(reader, 1, forever)).toEqual([value])
    }
    expect(reader.stats().errors).toBe(0)
  })

  test('nothing of a partition that was added is asked for all anew', async () => {
    await using kafka = watched(3)
    const reader = kafka.reader({ maxWait: 20 })
    await writeTo(kafka, 0, 'a')
    expect(await take(reader, 1, forever)).toEqual(['a'])
    await more(kafka, 2)
    reader.pause([{ topic: 't', partition: 1 }])
    await until(forever, () => kafka.fetches.some(request => forgotten(request).includes(1)))
    await writeTo(kafka, 1, 'b')
    kafka.broker.control(Fetch, async ({ sessionEpoch }, context) => {
      const answer = (await context.apply())!
      return sessionEpoch > 0 ? { ...answer, responses: [] } : answer
    })
    reader.resume([{ topic: 't', partition: 1 }])
    expect(await take(reader, 1, forever)).toEqual(['b'])
  })
})
