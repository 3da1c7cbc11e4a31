import { Client } from '../../src/client/client.ts'
import type { Message } from '../../src/records/message.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig } from '../../src/writer/config.ts'
import { Writer } from '../../src/writer/writer.ts'
import type { Assert } from '../contract/assert.ts'
import type { Contract, TestContext, TestOptions } from '../contract/harness.ts'
import { topicContents } from './topic-contents.ts'

/** What most cases need: a topic of their own, a writer to it, and what the topic holds afterwards. */
export interface Fixture {
  readonly topic: string
  readonly transport: Transport
  open(config?: Partial<WriterConfig>): Writer
  contents(topic?: string): Promise<Message[][]>
}

export interface FixtureOptions {
  partitions?: number
  configs?: Record<string, string>
}

export type FixtureTest = (
  name: string,
  body: (fixture: Fixture, t: TestContext) => Promise<void>,
  options?: FixtureOptions & TestOptions,
) => void

/** The contract's `test`, with a topic, a transport and writers that are closed in the end. */
export function withFixture(contract: Contract): FixtureTest {
  const { cluster, adapter, natives } = contract
  return (name, body, { partitions = 3, configs = {}, ...options } = {}) => {
    const withFixture = async (t: TestContext): Promise<void> => {
      const transport = new Transport({ adapter, natives })
      const topic = t.unique('writer')
      const writers: Writer[] = []
      const fixture: Fixture = {
        topic,
        transport,
        open(config = {}) {
          const writer = new Writer({ addr: cluster.brokers, topic, transport, ...config })
          writers.push(writer)
          return writer
        },
        contents: (name = topic) => topicContents(transport, cluster.brokers, name, t.signal),
      }
      try {
        await makeTopics(transport, cluster.brokers, [topic], { partitions, configs })
        await body(fixture, t)
      } finally {
        await Promise.all(writers.map(writer => writer.close({ signal: t.signal })))
        await transport.close()
      }
    }
    contract.test(name, withFixture, options)
  }
}

/** Makes topics and waits until the leaders know that they lead: just elected, they may refuse a write. */
export async function makeTopics(
  transport: Transport,
  addr: readonly string[],
  names: readonly string[],
  { partitions = 3, configs = {} }: FixtureOptions,
): Promise<void> {
  const client = new Client({ addr, transport })
  const configEntries = Object.entries(configs).map(([configName, configValue]) => ({ configName, configValue }))
  const { errors } = await client.createTopics({
    topics: names.map(topic => ({ topic, numPartitions: partitions, configEntries })),
  })
  for (const error of Object.values(errors)) if (error !== null) throw error
  for (const topic of names) {
    for (const partition of numbers(partitions)) {
      while ((await client.fetch({ topic, partition, offset: 0, maxWait: 0 })).error !== null);
    }
  }
}

/** The values are `caller:number`: each caller's numbers must be there once, and rise in each partition. */
export function checkOrder(
  contract: Contract,
  partitions: readonly Message[][],
  callerCount: number,
  count: number,
): void {
  const assert: Assert = contract.assert
  const seen = numbers(callerCount).map(() => 0)
  for (const messages of partitions) {
    const last = numbers(callerCount).map(() => -1)
    for (const message of messages) {
      const [caller, number] = message.text().split(':').map(Number) as [number, number]
      if (number <= last[caller]!)
        assert.fail(
          `caller ${caller}: ${number} after ${last[caller]} at offset ${message.offset} of partition ${message.partition}`,
        )
      last[caller] = number
      seen[caller]!++
    }
    assert.ok(
      messages.every(({ offset }, index) => offset === index),
      'the offsets have a gap',
    )
  }
  assert.deepEqual(
    seen,
    numbers(callerCount).map(() => count),
    'messages of each caller',
  )
}

/** 0 … count-1. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
