import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import type { ResponseInput } from '../../src/protocol/api.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { random } from '../support/random.ts'

type Answer = ResponseInput<typeof Metadata>

const names = ['a', 'b', 'c']
const partitions = 4
const ids = [1, 2, 3, 4, 5]
/**
 * How long the trouble goes on, and how long each call may take: longer than any trouble of one kind lasts.
 * Milliseconds.
 */
const troubled = 60_000
const patience = 15_000

/** What a broker in some mood makes of the answer it would give. `old` is one that it gave before. */
const moods: Record<string, (answer: Answer, old: Answer, draw: (n: number) => number) => Answer | 'drop' | 'hang'> = {
  stale: (_answer, old) => old,
  ignorant: answer => ({ ...answer, topics: answer.topics.map(unknown) }),
  forgetful: (answer, _old, draw) => ({
    ...answer,
    topics: answer.topics.map((topic, i) => (i === draw(answer.topics.length) ? unknown(topic) : topic)),
  }),
  partial: (answer, _old, draw) => ({
    ...answer,
    topics: answer.topics.map(topic => ({ ...topic, partitions: topic.partitions.filter(() => draw(3) > 0) })),
  }),
  leaderless: (answer, _old, draw) => ({
    ...answer,
    topics: answer.topics.map(topic => ({
      ...topic,
      partitions: topic.partitions.map(each =>
        draw(3) > 0 ? each : { ...each, errorCode: ErrorCode.LeaderNotAvailable, leaderId: -1 },
      ),
    })),
  }),
  silent: answer => ({ ...answer, topics: [] }),
  lonely: answer => ({ ...answer, brokers: [] }),
  failing: answer => ({ ...answer, errorCode: ErrorCode.Unknown, topics: [] }),
  dropping: () => 'drop',
  hanging: () => 'hang',
}

function unknown(topic: Answer['topics'][number]): Answer['topics'][number] {
  return { ...topic, errorCode: ErrorCode.UnknownTopicOrPartition, partitions: [] }
}

/** A cluster whose brokers answer for metadata as they please, move and restart; what its users saw of that. */
async function chaos(seed: number) {
  const next = random(seed)
  const draw = (n: number): number => Math.floor(next() * n)
  const clock = new LeapingClock()
  const broker = new Broker({ clock, brokers: ids.length, topics: names.map(name => ({ name, partitions })) })
  const mood = new Map<number, string>()
  const former: Answer[] = []
  let asked = 0
  broker.control(Metadata, async (_request, { apply, brokerId }) => {
    asked++
    const answer = (await apply())!
    const changed = moods[mood.get(brokerId) ?? '']?.(answer, former[draw(former.length)] ?? answer, draw)
    if (former.length < 20) former.push(answer)
    else former[draw(20)] = answer
    return changed ?? answer
  })
  const transport = new Transport({ clock, adapter: memory(broker), natives: {}, dialTimeout: 1000 })
  const cluster = transport.cluster(broker.addresses)
  const client = new Client({ addr: broker.addresses, transport, timeout: patience })
  const writer = new Writer({ addr: broker.addresses, transport, deliveryTimeout: patience, idempotent: false })
  const failures: string[] = []
  let calls = 0
  const attempt = async (what: string, call: () => Promise<unknown>): Promise<void> => {
    calls++
    const began = clock.monotonic()
    await call().catch(error =>
      failures.push(`${what} after ${Math.round(clock.monotonic() - began)} ms: ${error.message}`),
    )
  }
  const until = async (step: () => Promise<unknown>): Promise<void> => {
    while (clock.monotonic() < troubled) await step()
  }
  const topic = (): string => names[draw(names.length)]!
  const users = [
    until(async () => {
      await attempt('a write', () => writer.writeMessages({ topic: topic(), value: 'x' }))
      await clock.sleep(50 + draw(300))
    }),
    until(async () => {
      const name = topic()
      const wanted = Array.from({ length: partitions }, (_, partition) => ({ partition, timestamp: -1 }))
      await attempt('listOffsets', async () => {
        const { topics } = await client.listOffsets({ topics: { [name]: wanted } })
        const failed = topics[name]?.find(({ error }) => error !== null)
        if (failed) throw failed.error
      })
      await clock.sleep(draw(1000))
    }),
    until(async () => {
      await attempt('offsetFetch', async () => {
        const { error } = await client.offsetFetch({ groupId: `g${draw(5)}` })
        if (error) throw error
      })
      await clock.sleep(draw(1000))
    }),
    // A topic is asked for anew by those who begin with it.
    until(async () => {
      await attempt('topic', async () => expect((await cluster.topic(topic())).partitions).toHaveLength(partitions))
      await clock.sleep(draw(1000))
    }),
  ]
  const world = until(async () => {
    await clock.sleep(draw(800))
    const id = ids[draw(ids.length)]!
    const what = draw(4)
    // Somebody is sound at any time: who asks all in turn is served.
    if (what === 0 && mood.size < ids.length - 2) {
      mood.set(id, Object.keys(moods)[draw(Object.keys(moods).length)]!)
      clock.after(500 + draw(2500), () => mood.delete(id))
    } else if (what === 1 && ids.every(each => broker.isRunning(each))) {
      broker.stopBroker(id)
      clock.after(500 + draw(2000), () => broker.startBroker(id))
    } else if (broker.isRunning(id)) {
      if (what === 2) broker.moveLeader(topic(), draw(partitions), id)
      else broker.moveCoordinator('group', `g${draw(5)}`, id)
    }
  })
  await Promise.all([...users, world])
  const during = asked
  // Then peace: what is known becomes true within the time that it may be old.
  mood.clear()
  await clock.sleep(3000)
  for (let i = 0; i < 20; i++) {
    for (const name of names) cluster.peek(name)
    await clock.sleep(500)
  }
  const believed = names.map(name => cluster.peek(name)?.partitions.map(({ leader }) => leader))
  const { topics } = await client.metadata({ topics: names })
  const truth = names.map(name =>
    topics
      .find(each => each.name === name)!
      .partitions.sort((a, b) => a.id - b.id)
      .map(({ leader }) => leader.id),
  )
  await writer.close()
  await transport.close()
  await broker.close()
  clock.close()
  return { failures, calls, asked: during, believed, truth }
}

// SEED=7 SEEDS=1 runs one again, SEEDS=100 many.
const first = Number(process.env['SEED'] ?? 1)
const count = Number(process.env['SEEDS'] ?? 3)

test.each(Array.from({ length: count }, (_, i) => first + i))(
  'metadata under chaos, seed %i: no call fails, what is known becomes true, and the brokers are not asked too often',
  async seed => {
    const { failures, calls, asked, believed, truth } = await chaos(seed)
    expect(failures).toEqual([])
    expect(calls).toBeGreaterThan(200)
    expect(believed).toEqual(truth)
    expect(asked).toBeLessThan((6 * troubled) / 1000)
  },
  60_000,
)
