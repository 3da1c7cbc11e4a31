import { Client, Reader, Writer } from '../../src/index.ts'
import type { Step } from './series.ts'
import { type Effort, liveBytes, World } from './world.ts'

const rate = 1000
const busyFor = 10_000
/** So long that what is known of many partitions is asked for, too. */
const idleFor = 150_000

/** A cluster of so many brokers and topics, one writer to all of it and one reader of all of it. */
export interface ClusterSize {
  readonly brokers: number
  readonly topics: number
  readonly partitions: number
}

/**
 * A thousand messages a second, over all partitions by turns, written and read; then nothing for a while; then a
 * broker dies, and one message goes to each partition it led.
 */
export async function measureCluster(x: number, { brokers, topics, partitions }: ClusterSize): Promise<Step> {
  const world = new World({ brokers })
  const names = Array.from({ length: topics }, (_, n) => `topic-${n}`)
  await world.createTopics(names.map(name => ({ name, partitions })))
  const before = liveBytes()

  const writing = world.transport()
  const writer = new Writer({ addr: world.addr, transport: writing })
  const reading = world.transport()
  // One topic is read in this row or that; many are written to.
  const reader = new Reader({ brokers: world.addr, topic: names[0]!, transport: reading })
  let read = 0
  const consuming = consume(reader, count => {
    read += count
  })
  const all = topics * partitions
  await world.drive(writeTo(writer, names, partitions, 0, all))
  await world.pass(1_000)
  const first = world.look()

  let at = 0
  for (let second = 0; second < busyFor / 1000; second++) {
    await world.drive(Promise.all([writeTo(writer, names, partitions, at, rate), world.clock.sleep(1000)]))
    at += rate
  }
  const busy = world.look()
  await world.pass(idleFor)
  const idle = world.look()
  const memory = liveBytes() - before

  const led = await world.drive(ledBy(world, names, 1))
  world.look()
  world.broker.crashBroker(1)
  const since = world.clock.monotonic()
  await world.drive(
    Promise.all(led.map(([topic, partition]) => writer.writeMessages({ topic, partition, value: 'x' }))),
  )
  const found = world.clock.monotonic() - since
  const failover = world.look()

  await world.drive(Promise.all([writer.close(), reader.close()]))
  await consuming
  await world.drive(Promise.all([writing.close(), reading.close()]))
  await world.close()
  return {
    x,
    values: {
      'requests a second to a broker, busy': perBroker(busy, brokers),
      'requests a second to a broker, idle': perBroker(idle, brokers),
      'metadata, bytes a second': (metadataOf(busy, idle) / (busy.took + idle.took)) * 1000,
      'processor, ms a second, busy': (busy.cpu / busy.took) * 1000,
      'processor, ms a second, idle': (idle.cpu / idle.took) * 1000,
      'processor to begin, ms': first.cpu,
      'memory of both clients, KB': memory / 1000,
      'new leaders found within, ms': found,
      'requests until then': [...failover.requests.values()].reduce((sum, count) => sum + count, 0),
      'messages read': read,
    },
  }
}

async function consume(reader: Reader, taken: (count: number) => void): Promise<void> {
  try {
    for await (const batch of reader.batches()) taken([...batch.messages()].length)
  } catch {
    // Closed.
  }
}

function writeTo(
  writer: Writer,
  names: readonly string[],
  partitions: number,
  from: number,
  count: number,
): Promise<void> {
  const all = names.length * partitions
  const messages = Array.from({ length: count }, (_, i) => {
    const place = (from + i) % all
    return { topic: names[place % names.length]!, partition: Math.floor(place / names.length), value: 'a message' }
  })
  return writer.writeMessages(messages)
}

async function ledBy(world: World, names: readonly string[], broker: number): Promise<[string, number][]> {
  const transport = world.transport()
  const { topics } = await new Client({ addr: world.addr, transport }).metadata({ topics: names })
  await transport.close()
  return topics.flatMap(({ name, partitions }) =>
    partitions.filter(({ leader }) => leader.id === broker).map(({ id }): [string, number] => [name, id]),
  )
}

function metadataOf(...efforts: readonly Effort[]): number {
  return efforts.reduce((sum, { bytesByApi }) => sum + (bytesByApi.get('Metadata') ?? 0), 0)
}

function perBroker({ requests, took }: Effort, brokers: number): number {
  return ([...requests.values()].reduce((sum, count) => sum + count, 0) / brokers / took) * 1000
}
