import { Fetch } from '../../src/protocol/fetch.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { CountingAdapter } from './counting-adapter.ts'
import { random } from './random.ts'
import type { World } from './world.ts'

export interface SeekResult {
  /** By broker: connections that ever carried a fetch. */
  readonly fetchConnections: Record<string, number>
  readonly dials: number
  /** Messages that came where others were due. */
  readonly wrong: readonly string[]
  /** The longest that the message sought took to come, in milliseconds. */
  readonly slowest: number
}

const messages = 2_000

/** Writes `partition:number` to each partition. */
async function fill(world: World, topic: string, partitions: number): Promise<void> {
  const transport = new Transport({ ...world.transport, adapter: world.adapter })
  const writer = new Writer({ addr: world.brokers, topic, transport, balancer: ({ key }) => Number(key) })
  for (let partition = 0; partition < partitions; partition++)
    await writer.writeMessages(
      Array.from({ length: messages }, (_, n) => ({ key: String(partition), value: `${partition}:${n}` })),
    )
  await writer.close()
  await transport.close()
}

/** Seeks to and fro in partition 0, most times from its end, where a long poll waits for what comes. */
export async function seeks(world: World, topic: string, count: number): Promise<SeekResult> {
  await fill(world, topic, 1)
  const adapter = new CountingAdapter(world.adapter)
  const transport = new Transport({ ...world.transport, adapter })
  const reader = new Reader({ brokers: world.brokers, topic, partition: 0, transport })
  const next = random(41)
  const wrong: string[] = []
  let slowest = 0
  for (let round = 0; round < count; round++) {
    reader.setOffset(messages)
    // Time enough for the fetch to be waiting, mostly.
    await world.sleep(next() * 40)
    const offset = Math.floor(next() * messages)
    // One read in three is waiting already when the seek comes.
    const early = next() < 0.3 ? reader.fetchMessage() : undefined
    const began = world.now()
    reader.setOffset(offset)
    const message = await (early ?? reader.fetchMessage())
    slowest = Math.max(slowest, world.now() - began)
    if (message.text() !== `0:${offset}`) wrong.push(`round ${round}: ${message.text()} where 0:${offset} was due`)
  }
  // What ends a fetch session is a Fetch, too.
  const fetchConnections = adapter.usedFor(Fetch)
  await reader.close()
  await transport.close()
  return { fetchConnections, dials: adapter.dials, wrong, slowest }
}

/** As `seeks`, by a member of a group that reads all partitions. */
export async function groupSeeks(world: World, topic: string, partitions: number, count: number): Promise<SeekResult> {
  await fill(world, topic, partitions)
  const adapter = new CountingAdapter(world.adapter)
  const transport = new Transport({ ...world.transport, adapter })
  const reader = new Reader({ brokers: world.brokers, topic, groupId: `${topic}-seeks`, transport })
  const next = random(43)
  const wrong: string[] = []
  let slowest = 0
  for (let read = 0; read < messages * partitions; read++) await reader.fetchMessage()
  for (let round = 0; round < count; round++) {
    // All others are at their ends, where long polls wait.
    await world.sleep(next() * 40)
    const partition = Math.floor(next() * partitions)
    const offset = Math.floor(next() * messages)
    const began = world.now()
    reader.seek(topic, partition, offset)
    const message = await reader.fetchMessage()
    slowest = Math.max(slowest, world.now() - began)
    if (message.text() !== `${partition}:${offset}`)
      wrong.push(`round ${round}: ${message.text()} where ${partition}:${offset} was due`)
    reader.seek(topic, partition, 'latest')
  }
  // What ends a fetch session is a Fetch, too.
  const fetchConnections = adapter.usedFor(Fetch)
  await reader.close()
  await transport.close()
  return { fetchConnections, dials: adapter.dials, wrong, slowest }
}

export interface AssignmentResult {
  /** Of the member that stays; by broker: connections that ever carried a fetch. */
  readonly fetchConnections: Record<string, number>
  /** How often that member was given other partitions. */
  readonly assignments: number
  /** Values nobody was given. */
  readonly lost: readonly string[]
  readonly errors: readonly string[]
}

/**
 * A member stays while another comes and goes, so that its share changes all the time in the middle of its long polls.
 */
export async function assignments(
  world: World,
  topic: string,
  partitions: number,
  count: number,
): Promise<AssignmentResult> {
  const adapter = new CountingAdapter(world.adapter)
  let changes = 0
  let share = ''
  const transport = new Transport({
    ...world.transport,
    adapter,
    onEvent(event) {
      if (event.type !== 'rebalance') return
      const now = JSON.stringify(event.assignments)
      if (now !== share) changes++
      share = now
    },
  })
  const others = new Transport({ ...world.transport, adapter: world.adapter })
  const seen = new Set<string>()
  const errors: string[] = []
  const open: Reader[] = []
  const member = (transport: Transport): Reader => {
    const times = { heartbeatInterval: 100, sessionTimeout: 6_000, rebalanceTimeout: 6_000, joinGroupBackoff: 100 }
    const reader = new Reader({ brokers: world.brokers, topic, groupId: topic, transport, autoCommit: true, ...times })
    open.push(reader)
    const read = async (): Promise<void> => {
      for await (const message of reader) seen.add(message.text())
      if (open.includes(reader)) errors.push('a loop ended by itself')
    }
    void read().catch(error => errors.push(String(error)))
    return reader
  }
  const leave = async (reader: Reader): Promise<void> => {
    open.splice(open.indexOf(reader), 1)
    await reader.close()
  }
  await fill(world, topic, partitions)
  const steady = member(transport)
  await world.until('everything is read', () => seen.size === messages * partitions, 60_000)
  const writer = new Writer({ addr: world.brokers, topic, transport: others, balancer: ({ key }) => Number(key) })
  const written: string[] = []
  while (changes < count) {
    const before = changes
    const guest = member(others)
    await world.until('the member that stays gives some of its partitions', () => changes > before, 30_000)
    const value = `between ${before}`
    await writer.writeMessages(
      Array.from({ length: partitions }, (_, key) => ({ key: String(key), value: `${value}, ${key}` })),
    )
    for (let key = 0; key < partitions; key++) written.push(`${value}, ${key}`)
    await leave(guest)
    await world.until('the member that stays gets them back', () => changes > before + 1, 30_000)
  }
  const lost = (): string[] => written.filter(value => !seen.has(value))
  await world.until('everything is read', () => lost().length === 0, 30_000).catch(() => {})
  const fetchConnections = adapter.usedFor(Fetch)
  await leave(steady)
  await writer.close()
  await Promise.all([transport.close(), others.close()])
  return { fetchConnections, assignments: changes, lost: lost(), errors }
}
