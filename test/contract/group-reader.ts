import { Hash } from '../../src/balancer/hash.ts'
import { ClosedError, ConfigError, TimeoutError } from '../../src/base/errors.ts'
import { CooperativeStickyGroupBalancer } from '../../src/group/balancers/cooperative-sticky.ts'
import { RoundRobinGroupBalancer } from '../../src/group/balancers/round-robin.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { LastOffset } from '../../src/protocol/offsets.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import type { Reader } from '../../src/reader/reader.ts'
import type { Message } from '../../src/records/message.ts'
import { Transport } from '../../src/transport/transport.ts'
import { flakyAdapter } from '../support/flaky-adapter.ts'
import { fixtureTest, numbered, place, type ReadingFixture } from '../support/reading-fixture.ts'
import { pause, until } from '../support/waiting.ts'
import type { Contract, Suite } from './harness.ts'

/** The same for members of either protocol; and what members do otherwise that keep their partitions in a classic group. */
export const suite: Suite = contract => membersOf('eager', contract)
export const cooperativeSuite: Suite = contract => membersOf('cooperative', contract)
export const consumerSuite: Suite = contract => membersOf('consumer', contract)

function membersOf(kind: 'eager' | 'cooperative' | 'consumer', contract: Contract): void {
  const { assert } = contract
  const test = fixtureTest(contract, { partitions: 6, needs: kind === 'consumer' ? ['consumer-groups'] : [] })
  const alike: typeof test = kind === 'cooperative' ? () => {} : test
  const protocol = kind === 'consumer' ? 'consumer' : 'classic'
  const cooperative = kind === 'cooperative' ? { groupBalancers: [new CooperativeStickyGroupBalancer()] } : {}
  const memberOf = (fixture: ReadingFixture, config: Partial<ReaderConfig> = {}): Reader =>
    fixture.member({ protocol, ...cooperative, ...config })
  // Who watches for partitions, and how often.
  const watching = protocol === 'classic' ? { partitionWatchInterval: 100 } : {}

  alike(
    'one member reads all partitions, each in order, and resumes where it committed',
    async (fixture, { signal }) => {
      await fixture.fill(300)
      const first = memberOf(fixture)
      const seen = await gather(first, 180, signal, message => first.commitMessages(message))
      await first.close()
      const second = memberOf(fixture)
      seen.push(...(await gather(second, 120, signal)))
      assert.equal(new Set(seen.map(place)).size, 300)
      checkOrder(seen)
    },
  )

  test('two members share the partitions; when one leaves the other goes on with all, nothing lost, order kept', async (fixture, {
    signal,
  }) => {
    await fixture.fill(240, { batchSize: 10 })
    const seen: Message[] = []
    const readers: Reader[] = []
    const pump = async (reader: Reader): Promise<void> => {
      for await (const message of reader) {
        readers.push(reader)
        seen.push(message)
        await reader.commitMessages(message)
      }
    }
    const [one, two] = [memberOf(fixture), memberOf(fixture)]
    const running = [pump(one), pump(two).catch(error => assert.ok(error instanceof ClosedError, String(error)))]
    await until(signal, () => new Set(seen.map(place)).size === 240)
    // Both are members by now, or will be soon: new messages reach both.
    let marker = 240
    await until(signal, async () => {
      const from = seen.length
      await fixture.write(numbered(marker, marker + 60))
      marker += 60
      await until(signal, () => new Set(seen.map(place)).size === marker)
      const byOne = seen.filter((_, i) => i >= from && readers[i] === one)
      return new Set(byOne.map(({ partition }) => partition)).size === 3
    })
    await two.close()
    await fixture.write(numbered(marker, marker + 60))
    marker += 60
    await until(signal, () => new Set(seen.map(place)).size === marker)
    await one.close()
    await Promise.all(running)
    assert.equal(new Set(seen.map(message => message.text())).size, marker)
    // Each message was committed before the next was asked for, and partitions are given up in between: nothing is read
    // twice.
    assert.equal(seen.length, marker)
    checkOrder(seen)
  })

  alike(
    'more members than partitions: the one too many waits, and takes over when another leaves',
    async (fixture, { signal }) => {
      await fixture.fill(10)
      const seen: [Reader, Message][] = []
      const run = async (reader: Reader): Promise<void> => {
        for await (const message of reader) {
          seen.push([reader, message])
          await reader.commitMessages(message)
        }
      }
      const members = [memberOf(fixture), memberOf(fixture)]
      const running = members.map(run)
      await until(signal, () => seen.length === 10)
      const busy = seen.at(-1)![0]
      await busy.close()
      await fixture.write(numbered(10, 20))
      await until(signal, () => seen.length === 20)
      const idle = members.find(member => member !== busy)!
      assert.ok(seen.slice(10).every(([reader]) => reader === idle))
      await idle.close()
      await Promise.all(running)
    },
    { partitions: 1 },
  )

  alike('readMessage commits a message once the next is asked for, and not before', async (fixture, { signal }) => {
    await fixture.fill(10, { balancer: () => 0 })
    const reader = memberOf(fixture)
    for (let i = 0; i < 4; i++) await reader.readMessage({ signal })
    await until(signal, async () => (await fixture.committed())[0] === 3)
    // The fourth is in hand, whatever time passes.
    await pause(300)
    assert.deepEqual(await fixture.committed(), { 0: 3 })
    const cancelled = new AbortController()
    for (let i = 4; i < 10; i++) await reader.readMessage({ signal })
    const waiting = reader.readMessage({ signal: cancelled.signal })
    await until(signal, async () => (await fixture.committed())[0] === 10)
    cancelled.abort(new Error('enough'))
    await assert.rejects(waiting)
  })

  test('a process that dies between delivery and its work loses nothing', async (fixture, { signal }) => {
    await fixture.fill(50)
    const plug = flakyAdapter(contract.adapter)
    const transport = fixture.keep(new Transport({ adapter: plug.adapter, natives: contract.natives }))
    // Under its name the next process takes its place at once, without waiting for the session's end.
    const config = { groupInstanceId: 'the worker' }
    const doomed = memberOf(fixture, { ...config, transport })
    const done = new Set<string>()
    for (let i = 0; i < 20; i++) {
      const message = await doomed.readMessage({ signal })
      if (i < 19) done.add(place(message))
      if (i % 6 === 0) await pause(120)
    }
    // The twentieth was handed out and never worked on, thirty more are queued.
    plug.pull()
    const heir = memberOf(fixture, config)
    await until(signal, async () => {
      done.add(place(await heir.readMessage({ signal })))
      return done.size === 50
    })
  })

  alike(
    'for await commits nothing by itself; with autoCommit it does, after delivery, and so do batches',
    async fixture => {
      await fixture.fill(40, { balancer: () => 2, batchSize: 10 })
      const explicit = memberOf(fixture)
      let count = 0
      for await (const _ of explicit) if (++count === 5) break
      await pause(250)
      await explicit.close()
      assert.deepEqual(await fixture.committed(), {})

      const automatic = memberOf(fixture, { autoCommit: true })
      count = 0
      for await (const _ of automatic) if (++count === 5) break
      await automatic.close()
      assert.deepEqual(await fixture.committed(), { 2: 4 })

      const batched = memberOf(fixture, { autoCommit: true })
      count = 0
      for await (const batch of batched.batches()) {
        if (count === 0) assert.equal(batch.firstOffset, 4)
        if (++count === 3) break
      }
      await batched.close()
      assert.deepEqual(await fixture.committed(), { 2: 20 })
    },
  )

  alike(
    'a loop over batches that its signal ends can commit the batch in hand before close(); with autoCommit it is committed',
    async fixture => {
      await fixture.fill(40, { balancer: () => 2, batchSize: 10 })
      for (const autoCommit of [false, true]) {
        const leaving = new AbortController()
        const reason = new Error('leaving')
        const reader = memberOf(fixture, { autoCommit })
        const loop = async (): Promise<void> => {
          for await (const batch of reader.batches({ signal: leaving.signal })) {
            leaving.abort(reason)
            if (!autoCommit) await reader.commitMessages(batch.messages().at(-1)!)
          }
        }
        await assert.rejects(loop(), error => error === reason)
        await reader.close()
        assert.deepEqual(await fixture.committed(), { 2: autoCommit ? 20 : 10 })
      }
    },
  )

  alike(
    'a hundred commits collapse into a few, the highest offset counts, and none goes backwards',
    async (fixture, { signal }) => {
      await fixture.fill(100, { balancer: () => 1 })
      const reader = memberOf(fixture)
      const messages = await gather(reader, 100, signal)
      await Promise.all([...messages].reverse().map(message => reader.commitMessages(message, { signal })))
      assert.deepEqual(await fixture.committed(), { 1: 100 })
      await reader.commitMessages(messages[10]!, { signal })
      assert.deepEqual(await fixture.committed(), { 1: 100 })
      await reader.commitMessages([], { signal })
    },
  )

  alike(
    'commits with an interval are sent in the background, and at the latest by close',
    async (fixture, { signal }) => {
      await fixture.fill(20, { balancer: () => 0 })
      const quick = memberOf(fixture, { commitInterval: 50 })
      await quick.commitMessages(await gather(quick, 10, signal))
      await until(signal, async () => (await fixture.committed())[0] === 10)
      await quick.close()
      const slow = memberOf(fixture, { commitInterval: 600_000 })
      await slow.commitMessages(await gather(slow, 5, signal))
      assert.deepEqual(await fixture.committed(), { 0: 10 })
      await slow.close()
      assert.deepEqual(await fixture.committed(), { 0: 15 })
    },
  )

  test('a slow handler keeps its membership: heartbeats run on, and its message is committed before the partitions go', async (fixture, {
    signal,
  }) => {
    await fixture.fill(12)
    const slow = memberOf(fixture, { sessionTimeout: 6_000 })
    const message = await slow.fetchMessage({ signal })
    const seen = [message]
    const run = async (reader: Reader): Promise<void> => {
      for await (const next of reader) seen.push(next)
    }
    const other = memberOf(fixture)
    const running = [run(other)]
    // The other one's join waits for this one, which is still at work; or its share of the partition that has the message.
    await pause(700)
    const waitedFor = kind === 'eager' ? seen : seen.filter(({ partition }) => partition === message.partition)
    assert.equal(waitedFor.length, 1)
    await slow.commitMessages(message, { signal })
    assert.deepEqual(await fixture.committed(), { [message.partition]: message.offset + 1 })
    running.push(run(slow))
    await until(signal, () => new Set(seen.map(place)).size === 12)
    assert.equal(seen.length, 12)
    await Promise.all([slow.close(), other.close()])
    await Promise.all(running)
  })

  test('committing what another member reads by now is refused, and rewinds nothing', async (fixture, { signal }) => {
    await fixture.fill(60)
    const first = memberOf(fixture)
    const messages = await gather(first, 60, signal)
    const second = memberOf(fixture)
    const seconds = second.readMessage({ signal }).catch(() => null)
    // Asking for more lets the partitions go.
    const waiting = first.fetchMessage({ signal }).catch(() => null)
    await until(signal, () => second.stats().rebalances > 0 && first.stats().rebalances >= 0)
    await seconds
    const outcomes = await Promise.all(
      messages.map(message =>
        first.commitMessages(message, { signal }).then(
          () => null,
          (error: unknown) => error,
        ),
      ),
    )
    const refused = outcomes.filter(outcome => outcome !== null)
    assert.ok(refused.length > 0 && refused.length < 60, `${refused.length} of 60 refused`)
    for (const error of refused)
      assert.ok(error instanceof KafkaError && error.code === ErrorCode.IllegalGeneration, String(error))
    const committed = await fixture.committed()
    assert.equal(Object.keys(committed).length, 3)
    await first.close()
    await waiting
  })

  test('several topics, round robin: every partition is read by one member', async (fixture, { signal }) => {
    const topics = [`${fixture.topic}-a`, `${fixture.topic}-b`]
    for (const topic of topics) {
      await fixture.createTopic(topic, 3)
      await fixture.write(numbered(0, 30), { topic })
    }
    // What else divides them evenly is the consumer protocol's default.
    const balancing = kind === 'eager' ? { groupBalancers: [new RoundRobinGroupBalancer()] } : {}
    const config = { groupTopics: topics, ...balancing }
    const [one, two] = [memberOf(fixture, config), memberOf(fixture, config)]
    const seen: [Reader, Message][] = []
    const run = async (reader: Reader): Promise<void> => {
      for await (const message of reader) {
        seen.push([reader, message])
        await reader.commitMessages(message).catch(() => {})
      }
    }
    const running = [run(one), run(two)]
    await until(signal, () => new Set(seen.map(([, message]) => place(message))).size === 60)
    // Once both are members, what is written is read by one alone of each partition, and both have three of them.
    let number = 30
    await until(signal, async () => {
      const from = seen.length
      for (const topic of topics) await fixture.write(numbered(number, number + 30), { topic })
      number += 30
      await until(signal, () => new Set(seen.map(([, message]) => place(message))).size === 2 * number)
      const readersOf = new Map<string, Set<Reader>>()
      for (const [reader, { topic, partition }] of seen.slice(from)) {
        const name = `${topic}/${partition}`
        readersOf.set(name, (readersOf.get(name) ?? new Set<Reader>()).add(reader))
      }
      const sole = [...readersOf.values()].filter(readers => readers.size === 1).map(readers => [...readers][0])
      return sole.length === 6 && sole.filter(reader => reader === one).length === 3
    })
    await Promise.all([one.close(), two.close()])
    await Promise.all(running)
  })

  alike('startOffset decides where nothing is committed', async (fixture, { signal }) => {
    await fixture.fill(6)
    const late = memberOf(fixture, { startOffset: LastOffset })
    const waiting = late.fetchMessage({ signal })
    await until(signal, () => late.stats().rebalances > 0 || late.stats().fetches > 0)
    await pause(200)
    await fixture.write([{ value: 'new' }])
    assert.equal((await waiting).text(), 'new')
  })

  test('partitions and topics that come later are read', async (fixture, { signal }) => {
    const topic = `${fixture.topic}-later`
    const reader = memberOf(fixture, { groupTopics: [topic], ...watching })
    const waiting = reader.readMessage({ signal })
    await pause(200)
    await fixture.createTopic(topic, 2)
    await fixture.write([{ value: 'found' }], { topic })
    assert.equal((await waiting).text(), 'found')
  })

  alike(
    'topics that match a pattern are read, and no others; those that come later, too',
    async (fixture, { signal }) => {
      const make = async (topic: string): Promise<void> => {
        await fixture.createTopic(topic, 2)
        await fixture.write([{ value: topic }], { topic })
      }
      const [one, two, other, later] = ['one', 'two', 'two-no', 'later'].map(name => `${fixture.topic}.${name}`)
      for (const topic of [one!, two!, other!]) await make(topic)
      const topicPattern = new RegExp(`${fixture.topic}\\.(ONE|two|LATER)`, 'i')
      const reader = memberOf(fixture, { topicPattern, ...watching })
      const texts = await gather(reader, 2, signal, message => reader.commitMessages(message))
      assert.deepEqual(texts.map(message => message.text()).sort(), [one, two])
      // A coordinator that matches looks for others every ten seconds at most.
      if (protocol === 'consumer') return
      await make(later!)
      assert.equal((await reader.fetchMessage({ signal })).text(), later)
    },
  )

  test('a topic made anew is read from its beginning, and commits of the old one do not skip any of it', async (fixture, {
    signal,
  }) => {
    await fixture.fill(30)
    const member = memberOf(fixture, { autoCommit: true, maxWait: 100, ...watching })
    const texts: string[] = []
    const reading = (async () => {
      while (!signal.aborted) {
        try {
          for await (const message of member) texts.push(message.text())
          return
        } catch (error) {
          if (!(error instanceof KafkaError)) throw error
        }
      }
    })()
    await until(signal, () => texts.length === 30)
    await fixture.remakeTopic(3, signal)
    await fixture.write(numbered(100, 130))
    await until(signal, () => new Set(texts).size === 60)
    await member.close()
    await reading
  })

  alike('a group that has committed nothing begins so long ago', async (fixture, { signal }) => {
    await fixture.fill(12)
    const member = memberOf(fixture, { startOffset: { duration: 'PT1H' } })
    const texts: string[] = []
    while (texts.length < 12) texts.push(...(await member.fetchMessages(12, { signal })).map(message => message.text()))
    assert.equal(new Set(texts).size, 12)
  })

  alike('a reader in a group has no offset of its own', async fixture => {
    const reader = memberOf(fixture)
    assert.deepEqual([reader.offset(), reader.lag(), reader.stats().partition], [-1, -1, '-1'])
    for (const call of [() => reader.readLag(), async () => reader.setOffset(0), () => reader.setOffsetAt(0)])
      await assert.rejects(call(), ConfigError)
  })

  alike('close while waiting to join, and while nothing comes, is quick', async (fixture, { signal }) => {
    const first = memberOf(fixture)
    const one = assert.rejects(first.readMessage({ signal }), ClosedError)
    await until(signal, () => first.stats().rebalances > 0)
    const second = memberOf(fixture)
    const two = assert.rejects(second.readMessage({ signal }), ClosedError)
    const never = memberOf(fixture)
    const started = Date.now()
    await never.close()
    await second.close()
    await first.close()
    await Promise.all([one, two])
    assert.ok(Date.now() - started < 4_000, `${Date.now() - started} ms`)
  })

  alike(
    'several messages are fetched at once: the first is waited for, more as long as one likes',
    async (fixture, { signal }) => {
      await fixture.fill(25)
      const reader = memberOf(fixture)
      const first = await reader.fetchMessages(20, { within: 5_000, signal })
      assert.equal(first.length, 20)
      const rest = await reader.fetchMessages(20, { within: 50, signal })
      assert.equal(rest.length, 5)
      const soon = AbortSignal.timeout(100)
      await assert.rejects(reader.fetchMessages(20, { signal: soon }), error => error === soon.reason)
      await reader.commitMessages([...first, ...rest])
      assert.deepEqual(
        Object.values(await fixture.committed()).reduce((a, b) => a + b),
        25,
      )
      for (const wrong of [0, 1.5, Number.NaN]) await assert.rejects(reader.fetchMessages(wrong), ConfigError)
    },
  )

  test(
    'order by key holds through members coming and going',
    async (fixture, { signal }) => {
      const keys = 20
      const total = 2_000
      const seen = new Map<string, number>()
      let count = 0
      const run = async (reader: Reader): Promise<void> => {
        for await (const message of reader) {
          const [key, number] = message.text().split(':') as [string, string]
          const last = seen.get(key) ?? -1
          if (Number(number) === last + 1) count++
          else assert.ok(Number(number) <= last, `${key}: ${number} after ${last}`)
          seen.set(key, Math.max(last, Number(number)))
          await reader
            .commitMessages(message)
            // Closed while the group is divided, a member that keeps what it has has its commit answered by nobody.
            .catch(error => assert.ok(isExpected(error), String(error)))
        }
      }
      const members = [memberOf(fixture)]
      const running = members.map(run)
      const messages = Array.from({ length: total }, (_, i) => ({
        key: `k${i % keys}`,
        value: `k${i % keys}:${Math.floor(i / keys)}`,
      }))
      for (let at = 0; at < total; at += 400) {
        const writing = fixture.write(messages.slice(at, at + 400), { balancer: new Hash() })
        if (members.length < 4) {
          members.push(memberOf(fixture))
          running.push(run(members.at(-1)!))
        } else await members.shift()!.close()
        await writing
      }
      await until(signal, () => count === total)
      await Promise.all(members.map(member => member.close()))
      await Promise.all(running)
      assert.ok([...seen.values()].every(last => last === total / keys - 1))
    },
    // Each message is committed alone, and where connections are limited four members' fetches and commits share one.
    { timeoutMs: 120_000 },
  )
}

async function gather(
  reader: Reader,
  count: number,
  signal: AbortSignal,
  each?: (message: Message) => Promise<void>,
): Promise<Message[]> {
  const messages: Message[] = []
  while (messages.length < count) {
    const message = await reader.fetchMessage({ signal })
    messages.push(message)
    await each?.(message)
  }
  return messages
}

/** Within each partition offsets rise by one. */
function checkOrder(messages: readonly Message[]): void {
  const last = new Map<number, number>()
  for (const { partition, offset } of messages) {
    if (offset !== (last.get(partition) ?? -1) + 1)
      throw new Error(`partition ${partition}: ${offset} after ${last.get(partition)}`)
    last.set(partition, offset)
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof KafkaError || error instanceof ClosedError || error instanceof TimeoutError
}
