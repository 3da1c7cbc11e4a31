import { describe, expect, test } from 'vitest'
import { deferred } from '../../src/base/deferred.ts'
import {
  ClosedError,
  ConfigError,
  ErrorCode,
  FirstOffset,
  type Message,
  type ReaderConfig,
  run,
  type Writer,
} from '../../src/index.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { open } from '../broker/open.ts'
import { place } from '../support/reading-fixture.ts'
import { pause, until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)
const from = { startOffset: FirstOffset }

/** A topic with so many messages in each of its partitions. */
async function filled(partitions: number, each: number) {
  const kafka = open({ topics: [{ name: 't', partitions }, { name: 'dead' }] })
  const writer = kafka.writer({ topic: 't' })
  await writer.writeMessages(
    Array.from({ length: partitions * each }, (_, i) => ({
      partition: i % partitions,
      value: `${Math.floor(i / partitions)}`,
    })),
  )
  const stop = new AbortController()
  const { signal } = stop
  return {
    ...kafka,
    stop,
    signal,
    member: (more: Partial<ReaderConfig> = {}) =>
      kafka.reader({ topic: 't', groupId: 'g', heartbeatInterval: 50, rebalanceTimeout: 4_000, ...from, ...more }),
    async committed(): Promise<Record<number, number>> {
      const { topics } = await kafka.client.offsetFetch({ groupId: 'g' })
      return Object.fromEntries(
        (topics['t'] ?? []).map(({ partition, committedOffset }) => [partition, committedOffset]),
      )
    },
  }
}

test('whose member has lost its place when it is stopped ends well: what it could not commit is read again', async () => {
  const { member, stop, signal, committed, broker } = await filled(1, 5)
  let handled = 0
  broker.control(OffsetCommit, ({ topics }) => ({
    topics: topics.map(topic => ({
      ...topic,
      partitions: topic.partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: ErrorCode.UnknownMemberId,
      })),
    })),
  }))
  const done = await run(
    member({ logger: null }),
    () => {
      if (++handled === 5) stop.abort()
    },
    { signal },
  )
  expect(done.handled).toBe(5)
  expect(await committed()).toEqual({})
})

describe('messages are handled', () => {
  test('so many at once, in order within each partition', async () => {
    const { member, stop, signal, committed } = await filled(8, 20)
    const seen: number[][] = Array.from({ length: 8 }, () => [])
    const busy = new Set<number>()
    let [most, count] = [0, 0]
    const done = await run(
      member(),
      async ({ partition, offset }) => {
        expect(busy.has(partition)).toBe(false)
        busy.add(partition)
        most = Math.max(most, busy.size)
        await pause(1 + (offset % 3))
        seen[partition]!.push(offset)
        busy.delete(partition)
        if (++count === 160) stop.abort()
      },
      { concurrency: 5, signal },
    )
    expect(done).toEqual({ handled: 160, failures: 0, deadLetters: 0 })
    expect(most).toBe(5)
    for (const offsets of seen) expect(offsets).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(await committed()).toEqual(Object.fromEntries(seen.map((_, partition) => [partition, 20])))
  })

  test('32 at once, at 25 times the rate of one after the other', async () => {
    const { reader } = await filled(32, 40)
    const rate = async (count: number, concurrency: number): Promise<number> => {
      const stop = new AbortController()
      let handled = 0
      let since = 0
      await run(
        reader({ topic: 't', ...from }),
        async () => {
          since ||= performance.now()
          await pause(50)
          if (++handled === count) stop.abort()
        },
        { concurrency, signal: stop.signal },
      )
      return count / (performance.now() - since)
    }
    const sequential = await rate(10, 1)
    expect((await rate(1_280, 32)) / sequential).toBeGreaterThan(25)
  })

  test('one after the other by default', async () => {
    const { reader, stop, signal } = await filled(4, 5)
    let [now, most, count] = [0, 0, 0]
    await run(
      reader({ topic: 't', ...from }),
      async () => {
        most = Math.max(most, ++now)
        await pause(1)
        now--
        if (++count === 20) stop.abort()
      },
      { signal },
    )
    expect(most).toBe(1)
  })

  test('by key, those of the same key in order, and those without in none', async () => {
    const { writer, reader, stop, signal } = await filled(1, 0)
    await writer({ topic: 't' }).writeMessages(
      Array.from({ length: 40 }, (_, i) => ({ key: i % 4 === 3 ? null : `key-${i % 4}`, value: `${i}` })),
    )
    const gate = deferred<void>()
    const seen: Message[] = []
    await run(
      reader({ topic: 't', ...from }),
      async message => {
        if (message.offset === 0) await gate.promise
        else await pause(message.offset % 3)
        seen.push(message)
        // All but those of the first key have gone past it.
        if (seen.length === 30) gate.resolve()
        if (seen.length === 40) stop.abort()
      },
      { concurrency: 8, order: 'key', signal },
    )
    for (const key of ['key-0', 'key-1', 'key-2']) {
      const offsets = seen.filter(message => message.keyText() === key).map(({ offset }) => offset)
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
    }
    expect(seen.slice(30).every(message => message.keyText() === 'key-0')).toBe(true)
  })

  test('while the backlog of a slow partition is longer than what may be in hand', async () => {
    const { member, stop, signal, committed } = await filled(3, 300)
    const gate = deferred<void>()
    const counts = [0, 0, 0]
    await run(
      member(),
      async ({ partition }) => {
        if (partition === 0 && counts[0] === 0) await gate.promise
        counts[partition]!++
        if (counts[1] === 300 && counts[2] === 300) gate.resolve()
        if (counts[0] === 300) stop.abort()
      },
      { concurrency: 2, maxInHand: 20, signal },
    )
    expect(counts).toEqual([300, 300, 300])
    expect(await committed()).toEqual({ 0: 300, 1: 300, 2: 300 })
  })
})

describe('what fails', () => {
  const broken = async (message: Message): Promise<void> => {
    if (message.text() === '2') throw new Error('broken')
  }

  test('ends the run, with what is before it committed', async () => {
    const { member, committed } = await filled(1, 5)
    await expect(run(member(), broken)).rejects.toThrow('broken')
    expect(await committed()).toEqual({ 0: 2 })
  })

  test('is tried again, after longer and longer waits', async () => {
    const { member, stop, signal } = await filled(1, 3)
    const times: number[] = []
    const told: number[] = []
    const done = await run(
      member(),
      message => {
        if (message.text() === '2') stop.abort()
        if (message.text() !== '1') return
        times.push(performance.now())
        if (times.length < 4) throw new Error('not yet')
      },
      {
        maxAttempts: 4,
        backoffMin: 40,
        signal,
        onFailure: (error, { offset }, attempt) => {
          expect([(error as Error).message, offset]).toEqual(['not yet', 1])
          told.push(attempt)
        },
      },
    )
    expect(done).toEqual({ handled: 3, failures: 3, deadLetters: 0 })
    expect(told).toEqual([1, 2, 3])
    for (const [i, least] of [30, 60, 120].entries()) expect(times[i + 1]! - times[i]!).toBeGreaterThan(least)
  })

  test('goes to the dead letters, and is done with', async () => {
    const { member, writer, reader, stop, signal, committed } = await filled(1, 0)
    const headers = [{ key: 'a', value: 'b' }]
    await writer({ topic: 't' }).writeMessages(
      [1, 2, 3].map(n => ({ key: 'k', value: `${n}`, headers, timestamp: 1_700_000_000_000 + n })),
    )
    const done = await run(
      member(),
      message => {
        if (message.text() === '3') stop.abort()
        return broken(message)
      },
      { maxAttempts: 2, backoffMin: 0, deadLetters: { writer: writer({}), topic: 'dead' }, signal },
    )
    expect(done).toEqual({ handled: 2, failures: 2, deadLetters: 1 })
    expect(await committed()).toEqual({ 0: 3 })
    const letter = await reader({ topic: 'dead', ...from }).readMessage()
    expect([letter.keyText(), letter.text(), letter.timestamp]).toEqual(['k', '2', 1_700_000_000_002])
    const told = letter.headers.map(({ key, value }) => [key, new TextDecoder().decode(value!)])
    expect(Object.fromEntries(told)).toEqual({
      a: 'b',
      '__dlq.errors.topic': 't',
      '__dlq.errors.partition': '0',
      '__dlq.errors.offset': '1',
      '__dlq.errors.group': 'g',
      '__dlq.errors.delivery.count': '2',
      '__dlq.errors.message': 'broken',
    })
  })

  test('ends the run when no dead letter can be written', async () => {
    const { member, writer, committed } = await filled(1, 5)
    const nowhere: Writer = writer({ topic: 'dead' })
    await nowhere.close()
    await expect(run(member(), broken, { deadLetters: { writer: nowhere } })).rejects.toThrow(ClosedError)
    expect(await committed()).toEqual({ 0: 2 })
  })

  test('tells the other handlers, which are waited for', async () => {
    const { member, committed } = await filled(2, 5)
    let finished = false
    const failing = run(
      member(),
      async ({ partition, offset }, { signal }) => {
        if (partition === 1) {
          if (offset === 1) throw new Error('broken')
          return
        }
        if (offset > 0) return
        await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
        await pause(20)
        finished = true
      },
      { concurrency: 2 },
    )
    await expect(failing).rejects.toThrow('broken')
    expect(finished).toBe(true)
    expect(await committed()).toEqual({ 0: 1, 1: 1 })
  })
})

describe('a run ends', () => {
  test('by its signal, when what is in hand is finished and committed; nothing more is begun', async () => {
    const { member, stop, signal, committed } = await filled(4, 10)
    const gate = deferred<void>()
    const begun: string[] = []
    const running = run(
      member(),
      async message => {
        begun.push(place(message))
        if (begun.length === 4) stop.abort()
        await gate.promise
      },
      { concurrency: 4, signal },
    )
    await until(forever, () => signal.aborted)
    gate.resolve()
    expect(await running).toMatchObject({ handled: 4 })
    expect(begun.length).toBe(4)
    expect(await committed()).toEqual({ 0: 1, 1: 1, 2: 1, 3: 1 })
  })

  test('by its signal while it waits, and at once when that is aborted already', async () => {
    const { member, stop, signal } = await filled(1, 0)
    const running = run(member(), () => {}, { signal })
    await pause(20)
    stop.abort()
    expect(await running).toEqual({ handled: 0, failures: 0, deadLetters: 0 })
    expect(await run(member(), () => {}, { signal })).toEqual({ handled: 0, failures: 0, deadLetters: 0 })
  })

  test('with its reader: with a ClosedError if anything was in hand', async () => {
    const { member } = await filled(1, 2)
    const reader = member()
    const begun = deferred<void>()
    let aborted = false
    const running = run(reader, async (_, { signal }) => {
      begun.resolve()
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      aborted = true
    })
    const ended = expect(running).rejects.toThrow(ClosedError)
    await begun.promise
    await reader.close()
    await ended
    expect(aborted).toBe(true)
  })

  test('and leaves the reader open, which reads on from what was not dealt with', async () => {
    const { member, reader, stop, signal } = await filled(1, 5)
    const one = member()
    await run(one, () => stop.abort(), { signal })
    expect((await one.fetchMessage()).offset).toBe(1)
    const alone = reader({ topic: 't', ...from })
    const failing = run(alone, ({ offset }) => {
      if (offset === 3) throw new Error('broken')
    })
    await expect(failing).rejects.toThrow('broken')
    expect((await alone.fetchMessage()).offset).toBe(3)
  })
})

describe('in a group', () => {
  test('nothing behind what is not finished is committed', async () => {
    const { member, stop, signal, committed } = await filled(1, 10)
    const gate = deferred<void>()
    let finished = 0
    const running = run(
      member(),
      async ({ offset }) => {
        if (offset === 3) await gate.promise
        finished++
      },
      { concurrency: 4, order: 'key', signal },
    )
    await until(forever, () => finished === 9)
    await expect.poll(committed).toEqual({ 0: 3 })
    gate.resolve()
    await expect.poll(committed).toEqual({ 0: 10 })
    stop.abort()
    await running
  })

  test('commits are gathered, not one for each message', async () => {
    const { member, broker, stop, signal } = await filled(1, 2_000)
    let commits = 0
    broker.control(OffsetCommit, () => {
      commits++
      return undefined
    })
    let count = 0
    await run(member(), () => void (++count === 2_000 && stop.abort()), { signal })
    expect(commits).toBeLessThan(20)
  })

  test('a partition goes to another member once what is in hand of it is finished, and nothing is handled twice', async () => {
    const { member, stop, signal, committed } = await filled(2, 50)
    const gate = deferred<void>()
    const seen: string[] = []
    const handle =
      (who: string, wait: Promise<void>) =>
      async (message: Message): Promise<void> => {
        if (message.offset === 5 && who === 'a') await wait
        seen.push(place(message))
        await pause(1)
      }
    const first = run(member(), handle('a', gate.promise), { concurrency: 2, signal })
    await until(forever, () => seen.length === 10)
    const other = member()
    const second = run(other, handle('b', gate.promise), { concurrency: 2, signal })
    // The new member waits for its turn.
    await pause(300)
    expect(seen.length).toBe(10)
    gate.resolve()
    await until(forever, () => seen.length === 100)
    await expect.poll(committed).toEqual({ 0: 50, 1: 50 })
    stop.abort()
    await Promise.all([first, second])
    expect(new Set(seen).size).toBe(100)
    expect(seen.length).toBe(100)
  })

  test('what was taken before a step back is handled once, where it is read again', async () => {
    const { member, stop, signal } = await filled(1, 20)
    const reader = member()
    const seen: number[] = []
    await run(
      reader,
      async ({ offset }) => {
        seen.push(offset)
        if (seen.length === 5) reader.seek('t', 0, 2)
        await pause(1)
        if (offset === 19) stop.abort()
      },
      { signal },
    )
    expect(seen).toEqual([0, 1, 2, 3, 4, ...Array.from({ length: 18 }, (_, i) => i + 2)])
  })
})

describe('is refused', () => {
  test.each<[string, unknown, unknown]>([
    ['no function', 'x', {}],
    ['a concurrency of 0', () => {}, { concurrency: 0 }],
    ['half a handler', () => {}, { concurrency: 1.5 }],
    ['no attempt', () => {}, { maxAttempts: 0 }],
    ['another order', () => {}, { order: 'time' }],
    ['a wait below nothing', () => {}, { backoffMin: -1 }],
    ['dead letters without a writer', () => {}, { deadLetters: { topic: 't' } }],
    ['a setting there is not', () => {}, { threads: 4 }],
  ])('%s', async (_, handler, options) => {
    const { reader } = await filled(1, 0)
    await expect(run(reader({ topic: 't' }), handler as never, options as never)).rejects.toThrow(ConfigError)
  })

  test('a second run of the same reader', async () => {
    const { reader, stop, signal } = await filled(1, 0)
    const one = reader({ topic: 't' })
    const running = run(one, () => {}, { signal })
    await expect(run(one, () => {})).rejects.toThrow(/being run/)
    stop.abort()
    await running
    const again = new AbortController()
    again.abort()
    expect(await run(one, () => {}, { signal: again.signal })).toMatchObject({ handled: 0 })
  })
})
