import { Reader, Writer } from '../../src/index.ts'
import type { Step } from './series.ts'
import { liveBytes, World } from './world.ts'

const idleFor = 30_000
const busyFor = 10_000
/** So many partitions get a message each second, however many are read. */
const active = 100

/** One reader of so many partitions on three brokers: of which nothing changes, then a few. */
export async function measureSessions(partitions: number): Promise<Step> {
  const world = new World({ brokers: 3 })
  await world.createTopics([{ name: 't', partitions }])
  const transport = world.transport()
  const before = liveBytes()
  const reader = new Reader({ brokers: world.addr, topic: 't', transport })
  const reading = consume(reader)
  await world.pass(5_000)
  const beginning = world.look()
  const memory = liveBytes() - before
  world.look()
  await world.pass(idleFor)
  const idle = world.look()
  const writing = world.transport()
  const writer = new Writer({ addr: world.addr, topic: 't', transport: writing })
  const seconds = busyFor / 1000
  for (let second = 0; second < seconds; second++) {
    const messages = Array.from({ length: Math.min(active, partitions) }, (_, i) => ({
      partition: i,
      value: 'a message',
    }))
    await world.drive(Promise.all([writer.writeMessages(messages), world.clock.sleep(1000)]))
  }
  const busy = world.look()
  await world.drive(Promise.all([writer.close(), reader.close()]))
  await reading
  await world.drive(Promise.all([writing.close(), transport.close()]))
  await world.close()
  return {
    x: partitions,
    values: {
      'fetched to begin, KB': (beginning.bytesByApi.get('Fetch') ?? 0) / 1000,
      'processor to begin, ms': beginning.cpu,
      'fetches, bytes a second, idle': ((idle.bytesByApi.get('Fetch') ?? 0) / idle.took) * 1000,
      'processor, ms a second, idle': (idle.cpu / idle.took) * 1000,
      'fetches, bytes a second, 100 busy': ((busy.bytesByApi.get('Fetch') ?? 0) / busy.took) * 1000,
      'processor, ms a second, 100 busy': (busy.cpu / busy.took) * 1000,
      'memory of reader and sessions, KB': memory / 1000,
    },
  }
}

async function consume(reader: Reader): Promise<void> {
  try {
    for await (const _ of reader);
  } catch {
    // Closed.
  }
}
