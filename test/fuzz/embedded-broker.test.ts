import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { concat } from '../../src/bytes/writer.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { requestFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { apis } from '../../src/protocol/registry.ts'
import { batch } from '../broker/open.ts'
import { generated } from '../protocol/values.ts'
import { full, repetitions } from '../support/effort.ts'
import { random } from '../support/random.ts'
import { accessAttacks } from './access-attacks.ts'
import { Answers, dial, groundOf, longestTurn, strike } from './attacked.ts'
import { asMuchAsMayBe, attacks, tooMuch } from './attacks.ts'
import { consumerGroupAttacks } from './consumer-group-attacks.ts'
import { mutated } from './mutate.ts'

/** As long as no request may hold up everything else, in milliseconds of the processor's time. */
const patience = 50
const tries = 6

// Those that once took longest; the others only in full, for a broker with 9,000 topics takes its time to be made.
const worst =
  /creates topics|JoinGroup with many|ListGroups|by time|Produce of bombs|Produce of small|pattern|AlterConfigs of topics|without names/
const all = [...attacks, ...accessAttacks, ...consumerGroupAttacks]
const chosen = full ? all : all.filter(({ name }) => worst.test(name))

describe('the nastiest requests of 1 MiB to an embedded broker', () => {
  const fills = { 'as much as fits': tooMuch, 'as much as a request may name': asMuchAsMayBe }
  for (const [size, fill] of Object.entries(fills)) {
    test.each(chosen)(`${size}: $name`, { timeout: 120_000 }, async ({ ground = {}, frames }) => {
      const bytes = frames(fill)
      let least = Number.POSITIVE_INFINITY
      // What has not run often takes longer, and so does all of it where the machine does other things.
      for (let round = 0; round < tries && least > patience; round++) {
        const broker = await groundOf(ground)
        const { milliseconds } = await strike(broker, bytes)
        least = Math.min(least, milliseconds)
        await broker.close()
      }
      expect(least).toBeLessThan(patience)
    })
  }
})

test('while one client attacks, another is served', { timeout: 60_000 }, async () => {
  const broker = await groundOf({ topics: 1, partitions: 9_000 })
  const attack = attacks.find(({ name }) => name === 'Metadata that creates topics')!.frames(asMuchAsMayBe)[0]!
  const attacker = dial(broker).then(async socket => {
    // Its answers are not read: it waits for nothing.
    for (let round = 0; round < 5; round++) void socket.write([attack])
    return socket
  })
  const socket = await dial(broker)
  const answers = new Answers(socket)
  const { result } = await longestTurn(async () => {
    for (let asked = 0; asked < 50; asked++) {
      await socket.write(requestFrame(Metadata, 12, asked, 'me', { topics: [] }))
      expect(await answers.next()).not.toBeNull()
    }
    return true
  })
  expect(result).toBe(true)
  ;(await attacker).abort()
  socket.abort()
  await broker.close()
})

// `FUZZ_MINUTES=30` lets it go on for so long.
const minutes = Number(process.env['FUZZ_MINUTES'] ?? 0)
// One in four is never answered, which takes its time.
const requests = repetitions(700, 1_000, 10_000)

/** Values of some names, so that requests are about the same things. */
function plausible(value: unknown, next: () => number, key = ''): unknown {
  const below = (limit: number): number => Math.floor(next() * limit)
  if (Array.isArray(value)) return value.slice(0, 5).map(each => plausible(each, next, key))
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plausible(each, next, name)]))
  if (/^(name|topic|resourceName|topicNames|topicName)$/.test(key)) return `topic-${below(8)}`
  if (/^(group|groupId|groups|groupsNames|coordinatorKeys|key)$/.test(key)) return `group-${below(8)}`
  if (/transactionalId/i.test(key) && typeof value === 'string') return `id-${below(8)}`
  if (key === 'memberId') return below(2) === 0 ? '' : `member-${below(3)}`
  if (key === 'records') return batch({ value: 'v'.repeat(below(2_000)) })
  if (/^(partition|partitions|index|partitionIndex|partitionIndexes)$/.test(key)) return below(4)
  if (/^(sessionTimeoutMs|rebalanceTimeoutMs)$/.test(key)) return 6_000
  if (/^(maxWaitMs|timeoutMs)$/.test(key)) return below(20)
  if (key === 'acks') return -1
  if (key === 'count' || key === 'numPartitions') return 1 + below(4)
  if (key === 'replicationFactor' || key === 'brokerIds') return 1
  return value
}

/** The frames that requests are made of: of each API and version, plausible ones and any. */
function seeds(next: () => number): { plausible: Uint8Array[]; any: Uint8Array[] } {
  const found = { plausible: [] as Uint8Array[], any: [] as Uint8Array[] }
  for (const api of apis as readonly AnyApi[])
    for (let version = api.minVersion; version <= api.maxVersion; version++) {
      const values = fc.sample(generated(api.request, version, version >= api.flexibleSince), {
        numRuns: 4,
        seed: api.key * 100 + version,
      })
      for (const value of values)
        for (const [kind, each] of [
          ['any', value],
          ['plausible', plausible(value, next)],
        ] as const) {
          try {
            found[kind].push(concat(requestFrame(api, version, 1, 'fuzz', each as never)))
          } catch {
            // Not every plausible value is one of this version.
          }
        }
    }
  return found
}

test('requests, half of them valid: nothing ends it, nothing stalls it, and memory does not grow', {
  timeout: 60_000 + minutes * 90_000 + requests * 60,
}, async () => {
  const next = random(20_261_130)
  const { plausible: valid, any } = seeds(next)
  expect(valid.length).toBeGreaterThan(1_000)
  const broker = new Broker({
    natives,
    brokers: 1,
    topics: Array.from({ length: 4 }, (_, index) => ({ name: `topic-${index}`, partitions: 4 })),
    maxBytes: 16 * 1024 * 1024,
    limits: { topics: 200, partitions: 2_000, groups: 200, members: 200, transactionalIds: 200, producers: 1_000 },
  })
  const pick = (from: readonly Uint8Array[]): Uint8Array => from[Math.floor(next() * from.length)]!
  const until = performance.now() + minutes * 60_000
  const outcomes = { answered: 0, closed: 0, waiting: 0 }
  const heaps: number[] = []
  let slowest = 0
  let sent = 0
  while (minutes > 0 ? performance.now() < until : sent < requests) {
    const { milliseconds } = await longestTurn(async () => {
      const socket = await dial(broker)
      const answers = new Answers(socket)
      for (let round = 0; round < 40; round++) {
        const isValid = next() < 0.5
        await socket.write([isValid ? pick(valid) : mutated(pick(any), next)])
        sent++
        const answer = await Promise.race([
          answers.next(),
          new Promise<'late'>(resolve => setTimeout(resolve, 50, 'late')),
        ])
        if (answer === 'late') outcomes.waiting++
        else if (answer === null) outcomes.closed++
        else outcomes.answered++
        // A request that waits, or half a frame, would have all others wait behind it.
        if (typeof answer !== 'number') break
      }
      socket.abort()
    })
    slowest = Math.max(slowest, milliseconds)
    heaps.push(process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers)
  }
  // It still serves.
  const socket = await dial(broker)
  await socket.write(requestFrame(Metadata, 12, 1, 'me', { topics: [] }))
  expect(await new Answers(socket).next()).not.toBeNull()
  socket.abort()
  await broker.close()
  expect(outcomes.answered).toBeGreaterThan(sent / 10)
  expect(outcomes.closed).toBeGreaterThan(0)
  expect(slowest).toBeLessThan(250)
  // Where the collector has been: the least of each third.
  const third = Math.floor(heaps.length / 3)
  const [first, last] = [heaps.slice(0, third), heaps.slice(-third)].map(each => Math.min(...each)) as [number, number]
  expect((last - first) / 2 ** 20).toBeLessThan(minutes > 0 ? 32 : 64)
  if (minutes > 0) console.log({ sent, ...outcomes, slowest, growth: (last - first) / 2 ** 20 })
})
