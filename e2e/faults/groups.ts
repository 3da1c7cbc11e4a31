import { expect, test } from 'vitest'
import { ErrorCode, KafkaError, type Message, Reader, Transport, Writer } from '../../src/index.ts'
import { random } from '../../test/support/random.ts'
import { pause } from '../../test/support/waiting.ts'
import { full } from '../full.ts'
import type { KafkaCluster } from '../kafka/index.ts'
import { audit, byLane, Load, nothingWrong } from './load.ts'
import { GroupBooks, GroupMember, type Mode } from './members.ts'
import { Scene } from './scene.ts'

const lanes = 12
const partitions = 6

/** What members of a group may do to each other. */
export function comingAndGoing(kafka: () => KafkaCluster): void {
  /** Notes when a commit of the group goes back, until the answer is called. */
  function watchCommits({ client, topic }: Scene): () => Promise<string[]> {
    const backwards: string[] = []
    const latest = new Map<number, number>()
    let watching = true
    const watch = async (): Promise<void> => {
      while (watching) {
        const { topics } = await client.offsetFetch({
          groupId: topic,
          topics: { [topic]: Array.from({ length: partitions }, (_, i) => i) },
        })
        for (const { partition, committedOffset } of topics[topic] ?? []) {
          const before = latest.get(partition) ?? -1
          if (committedOffset < before) backwards.push(`partition ${partition}: ${committedOffset} after ${before}`)
          latest.set(partition, committedOffset)
        }
        await pause(50)
      }
    }
    const done = watch()
    return async () => {
      watching = false
      await done
      return backwards
    }
  }

  for (const mode of ['explicit', 'auto'] as Mode[]) {
    // The two differ in who calls for the commit.
    if (mode === 'auto' && !full) continue
    test(`members close and crash, commits are ${mode}: every message at least once, in order, none twice in a generation`, async () => {
      await using scene = await Scene.open(kafka(), `churn-${mode}`, partitions)
      const { topic } = scene
      const transport = new Transport()
      const writer = new Writer({ addr: kafka().brokers, topic, transport, balancer: byLane })
      const books = new GroupBooks(partitions)
      const config = {
        brokers: kafka().brokers,
        groupId: topic,
        topic,
        sessionTimeout: 2_000,
        rebalanceTimeout: 4_000,
        heartbeatInterval: 200,
      }
      const all: GroupMember[] = []
      const join = (): GroupMember => {
        const member = new GroupMember(`member ${all.length}`, books, config, { mode, workMs: 10 }).start()
        all.push(member)
        return member
      }
      const present = [join(), join(), join()]
      const load = new Load(writer, { lanes, pauseMs: 100 }).start()
      const stopWatching = watchCommits(scene)
      await expect.poll(() => books.distinct, { timeout: 20_000 }).toBeGreaterThan(100)
      const next = random(29)
      const crashes: Promise<void>[] = []
      const end = performance.now() + (full ? 60_000 : 5_000)
      while (performance.now() < end) {
        if (present.length < 3 || (present.length < 6 && next() < 0.5)) present.push(join())
        else {
          const [leaving] = present.splice(Math.floor(next() * present.length), 1)
          if (next() < 0.5) await leaving!.close()
          else crashes.push(leaving!.crash())
        }
        await pause(200 + next() * 1_000)
      }
      await load.stop()
      await expect.poll(() => books.distinct, { timeout: 30_000 }).toBe(load.attempted.size)
      await Promise.all(present.map(member => member.close()))
      await Promise.all(crashes)
      const backwards = await stopWatching()
      await writer.close()
      await transport.close()

      console.log(
        `churn, ${mode}: ${load.acknowledged.size} messages, ${all.length} members, ${crashes.length} crashes, ${books.generations} generations, ${books.redelivered} redelivered, errors ${[...new Set(all.flatMap(({ errors }) => errors.map(String)))]}`,
      )
      expect(load.failures).toEqual([])
      expect(books.faults).toEqual([])
      expect(audit(load, books.log())).toEqual(nothingWrong)
      expect(backwards).toEqual([])
      expect(books.generations, 'the group was divided anew').toBeGreaterThan(full ? 5 : 3)
      expect(crashes.length, 'members crashed').toBeGreaterThan(0)
    }, 180_000)
  }

  test('two readers of one group in one transport share the work; a commit of what the other has now is refused', async () => {
    await using scene = await Scene.open(kafka(), 'one-transport', partitions)
    const { topic, transport } = scene
    const writer = new Writer({ addr: kafka().brokers, topic, transport, balancer: byLane })
    const load = new Load(writer, { lanes })
    await load.write(50)
    const config = {
      brokers: kafka().brokers,
      groupId: topic,
      topic,
      transport,
      maxWait: 500,
      heartbeatInterval: 200,
      sessionTimeout: 6_000,
      rebalanceTimeout: 6_000,
    }
    const first = new Reader(config)
    const held = new Map<number, Message>()
    while (held.size < partitions) {
      const message = await first.fetchMessage()
      held.set(message.partition, message)
    }
    const second = new Reader(config)
    const other = second.fetchMessage()
    // The first member reads on, and so gives its partitions up.
    const reading = (async () => {
      for await (const message of first) held.set(message.partition, message)
    })()
    const { partition } = await other
    const stolen = held.get(partition)!
    // The first member is told of its new share when it has joined, too.
    const refused = await first.commitMessages(stolen).then(
      () => null,
      error => error,
    )
    expect(refused).toBeInstanceOf(KafkaError)
    expect(refused.code).toBe(ErrorCode.IllegalGeneration)
    await first.close()
    await reading
    const rest = new Set<string>()
    const deadline = AbortSignal.timeout(20_000)
    await second.commitMessages(await other)
    while (rest.size < lanes * 50 - 1) rest.add((await second.fetchMessage({ signal: deadline })).text())
    await second.close()
    await writer.close()
  }, 180_000)

  test('setOffset while fetches are under way: the next message is the one asked for', async () => {
    await using scene = await Scene.open(kafka(), 'seeks', 1)
    const { topic, transport } = scene
    const writer = new Writer({ addr: kafka().brokers, topic, transport })
    const count = 5_000
    for (let i = 0; i < count; i += 50)
      await writer.writeMessages(Array.from({ length: 50 }, (_, n) => ({ value: String(i + n) })))
    await writer.close()
    const reader = new Reader({
      brokers: kafka().brokers,
      topic,
      partition: 0,
      transport,
      maxBytes: 4096,
      queueBytes: 16_384,
      maxWait: 200,
    })
    const next = random(31)
    const wrong: string[] = []
    for (let round = 0; round < (full ? 2_000 : 300); round++) {
      const offset = Math.floor(next() * count)
      // One read may be waiting when the seek comes: it is the first to be served from there.
      const waiting = next() < 0.3 ? reader.fetchMessage() : undefined
      if (next() < 0.5) await pause(next() * 5)
      reader.setOffset(offset)
      const early = await waiting
      const run = Math.min(count - offset, 1 + Math.floor(next() * 30))
      let due = offset
      if (early !== undefined && early.offset === offset) due++
      for (; due < offset + run; due++) {
        const message = await reader.fetchMessage()
        if (message.offset !== due || message.text() !== String(due))
          wrong.push(`round ${round}: ${message.offset} where ${due} was due`)
      }
      expect(reader.offset()).toBe(Math.max(due, offset))
    }
    await reader.close()
    expect(wrong).toEqual([])
  }, 120_000)
}
