import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  Client,
  RangeGroupBalancer,
  Reader,
  RoundRobin,
  RoundRobinGroupBalancer,
  Transport,
  Writer,
} from '../src/index.ts'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { unless } from '../test/support/left-out.ts'
import { until } from '../test/support/waiting.ts'
import { shortLived, toolJars } from './kafka/index.ts'
import { noKafka, sharedKafka } from './shared.ts'

const partitions = 4
const perRound = 40
const patience = 60_000

interface Member extends AsyncDisposable {
  /** The values it was given, in their order. */
  readonly values: string[]
}

/** Java's console consumer as a member of a group; leaves it at the end. */
async function javaMember(broker: string, topic: string, group: string, assignor: string): Promise<Member> {
  const args = [
    ...shortLived,
    '-Xmx256m',
    '-cp',
    join(await toolJars(), '*'),
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
  ]
  args.push('--bootstrap-server', broker, '--topic', topic, '--group', group, '--from-beginning')
  for (const property of [
    `partition.assignment.strategy=org.apache.kafka.clients.consumer.${assignor}`,
    'heartbeat.interval.ms=200',
  ])
    args.push('--command-property', property)
  const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const values: string[] = []
  createInterface({ input: child.stdout }).on('line', line => values.push(line))
  const ended = once(child, 'close')
  return {
    values,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      const [code] = await ended
      // As of a program that a signal ended.
      if (code !== 143) throw new Error(`the console consumer ended with ${code}: ${errors}`)
    },
  }
}

/** A Reader of ours; `owned` counts its partitions. */
function ourMember(
  brokers: readonly string[],
  topic: string,
  groupId: string,
  { onOwned }: { onOwned: (count: number) => void },
): Member {
  const transport = new Transport({
    onEvent: event => event.type === 'rebalance' && onOwned(Object.values(event.assignments).flat().length),
  })
  const groupBalancers = [new RangeGroupBalancer(), new RoundRobinGroupBalancer()]
  const reader = new Reader({
    brokers,
    groupId,
    topic,
    transport,
    groupBalancers,
    autoCommit: true,
    maxWait: 200,
    heartbeatInterval: 200,
  })
  const values: string[] = []
  const reading = (async () => {
    for await (const message of reader) values.push(message.text())
  })()
  return {
    values,
    async [Symbol.asyncDispose]() {
      await reader.close()
      await reading
      await transport.close()
    },
  }
}

describe("a group with Java's console consumer in it", unless(noKafka), () => {
  let cluster: ClusterUnderTest & { stop(): Promise<void> }
  beforeAll(async () => {
    cluster = await sharedKafka(1)
  })
  afterAll(() => cluster?.stop())

  // Who comes first leads, and divides for both.
  test.each([
    ['RangeAssignor', 'we lead'],
    ['RoundRobinAssignor', 'Java leads'],
  ])(
    '%s, %s: it is divided when the other comes and when it goes, and every message is delivered',
    async (assignor, leader) => {
      const { brokers } = cluster
      const topic = `mixed-${assignor}-${Date.now()}`
      await using client = new Client({ addr: brokers })
      await client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
      await using writer = new Writer({ addr: brokers, topic, balancer: new RoundRobin() })
      const written: string[] = []
      const write = async (): Promise<void> => {
        const round = Array.from({ length: perRound }, (_, i) => `${written.length + i}`)
        await writer.writeMessages(round.map(value => ({ value })))
        written.push(...round)
      }
      const signal = AbortSignal.timeout(patience)
      let owned = -1
      const ours = (): Member => ourMember(brokers, topic, topic, { onOwned: count => (owned = count) })
      const java = (): Promise<Member> => javaMember(brokers[0]!, topic, topic, assignor)
      const weLead = leader === 'we lead'

      await write()
      await using first = weLead ? ours() : await java()
      await until(signal, () => first.values.length >= perRound)
      const second = weLead ? await java() : ours()
      try {
        await until(signal, () => owned === partitions / 2)
        await write()
        await until(signal, () => new Set([...first.values, ...second.values]).size === written.length)
        // Both had their share of the round.
        expect(second.values.length).toBeGreaterThanOrEqual(perRound / 2)
        expect(first.values.length).toBeGreaterThanOrEqual(perRound + perRound / 2)
      } finally {
        await second[Symbol.asyncDispose]()
      }
      await write()
      await until(signal, () => new Set([...first.values, ...second.values]).size === written.length)
      if (weLead) expect(owned).toBe(partitions)
      expect(first.values.slice(-perRound).sort()).toEqual(written.slice(-perRound).sort())
    },
    2 * patience,
  )
})
