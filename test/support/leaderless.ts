import { Reader } from '../../src/reader/reader.ts'
import type { Message } from '../../src/records/message.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import type { World } from './world.ts'

export interface LeaderlessOptions {
  /** Its partition `sick` has a single replica, on the broker that is stopped; that one has none of the others. */
  readonly topic: string
  readonly sick: number
  readonly partitions: number
  /** How long the partition has no leader. */
  readonly durationMs: number
  stop(): Promise<void>
  start(): Promise<void>
}

export interface LeaderlessResult {
  /**
   * By way of reading: the longest that a message of the other partitions waited for, once it was acknowledged, in
   * milliseconds.
   */
  readonly pauses: Readonly<Record<string, number>>
  /** The longest that a write to the other partitions took, and a commit that its loop waits for. */
  readonly slowestWrite: number
  readonly slowestCommit: number
  readonly written: number
  readonly writtenToSick: number
  /** Way by way: how many were acknowledged and not delivered, of whichever partition. */
  readonly lost: readonly string[]
  /** `way: value`: delivered twice. */
  readonly doubled: readonly string[]
  /** What loops and writes ended with. */
  readonly errors: readonly string[]
}

type Loop = (
  reader: Reader,
  take: (message: Message) => void,
  timed: (task: Promise<void>) => Promise<void>,
) => Promise<void>

/** Each in a group of its own, without a break. */
const loops: Readonly<Record<string, Loop>> = {
  async 'for await'(reader, take, timed) {
    let count = 0
    for await (const message of reader) {
      take(message)
      // A commit takes as long as a write: one for each message would be slower than messages come.
      if (++count % 10 === 0) await timed(reader.commitMessages(message))
    }
  },
  async 'for await, automatic'(reader, take) {
    for await (const message of reader) take(message)
  },
  async 'batches()'(reader, take) {
    for await (const batch of reader.batches()) for (const message of batch.messages()) take(message)
  },
  async 'readMessage()'(reader, take) {
    for (;;) take(await reader.readMessage())
  },
}

/**
 * Reads all partitions in each way there is while one of them loses its leader for a time, and a writer goes on with
 * all of them.
 */
export async function leaderless(
  world: World,
  options: LeaderlessOptions,
  groupOf: (way: string) => string,
): Promise<LeaderlessResult> {
  const { topic, sick, partitions, durationMs, stop, start } = options
  const transport = new Transport({ ...world.transport, adapter: world.adapter })
  const acknowledged = new Map<string, number>()
  const errors: string[] = []
  const pauses: Record<string, number> = {}
  const seen = new Map<string, Set<string>>()
  const doubled: string[] = []
  let closing = false
  let slowestCommit = 0
  const readers = Object.entries(loops).map(([way, loop]) => {
    const came = new Set<string>()
    seen.set(way, came)
    pauses[way] = 0
    const own = new Transport({ ...world.transport, adapter: world.adapter })
    const config = {
      brokers: world.brokers,
      topic,
      groupId: groupOf(way),
      transport: own,
      autoCommit: way !== 'for await',
    }
    const reader = new Reader(config)
    const take = (message: Message): void => {
      const value = message.text()
      if (came.has(value)) doubled.push(`${way}: ${value}`)
      came.add(value)
      const since = acknowledged.get(value)
      // One that comes before its writer knows hasn't waited.
      if (since !== undefined && message.partition !== sick) pauses[way] = Math.max(pauses[way]!, world.now() - since)
    }
    const timed = async (commit: Promise<void>): Promise<void> => {
      const began = world.now()
      await commit
      slowestCommit = Math.max(slowestCommit, world.now() - began)
    }
    const done = loop(reader, take, timed).then(
      () => void (closing || errors.push(`${way} ended`)),
      error => void (closing || errors.push(`${way} ended with ${error}`)),
    )
    return { own, reader, done }
  })

  const writer = new Writer({ addr: world.brokers, topic, transport, balancer: ({ key }) => Number(key) })
  const writes = new Set<Promise<void>>()
  let slowestWrite = 0
  let number = 0
  const write = (partition: number): void => {
    const value = `${partition}:${number}`
    const began = world.now()
    const written = writer.writeMessages({ key: String(partition), value }).then(
      () => {
        acknowledged.set(value, world.now())
        if (partition !== sick) slowestWrite = Math.max(slowestWrite, world.now() - began)
      },
      error => void errors.push(`write ${value}: ${error}`),
    )
    writes.add(written)
    void written.then(() => writes.delete(written))
  }
  const round = async (): Promise<void> => {
    for (let partition = 0; partition < partitions; partition++) write(partition)
    number++
    await world.sleep(200)
  }
  const everywhere = (): boolean =>
    [...seen.values()].every(came => [...acknowledged.keys()].every(value => came.has(value)))
  await round()
  await world.until('all readers are at work', () => acknowledged.size === partitions && everywhere(), 30_000)
  // The wait for the group's beginning is no pause.
  for (const way in pauses) pauses[way] = 0
  slowestWrite = 0
  slowestCommit = 0
  for (const end = world.now() + 2_000; world.now() < end; ) await round()
  await stop()
  for (const end = world.now() + durationMs; world.now() < end; ) await round()
  await start()
  for (const end = world.now() + 2_000; world.now() < end; ) await round()
  await world
    .until('all writes are settled', () => writes.size === 0, 90_000)
    .catch(error => void errors.push(String(error)))
  await world.until('everything is read', everywhere, 30_000).catch(() => {})
  closing = true
  await Promise.all(readers.map(({ reader }) => reader.close()))
  await Promise.all(readers.map(({ done }) => done))
  await Promise.all(readers.map(({ own }) => own.close()))
  await writer.close()
  await transport.close()
  const lost = [...seen].flatMap(([way, came]) => {
    const missing = [...acknowledged.keys()].filter(value => !came.has(value))
    return missing.length === 0 ? [] : [`${way}: ${missing.length} messages, the first is ${missing[0]}`]
  })
  const writtenToSick = [...acknowledged.keys()].filter(value => value.startsWith(`${sick}:`)).length
  return { pauses, slowestWrite, slowestCommit, written: acknowledged.size, writtenToSick, lost, doubled, errors }
}
