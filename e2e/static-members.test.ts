import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, Reader, Transport, Writer } from '../src/index.ts'
import { unless, unlessFull } from '../test/support/left-out.ts'
import { pause, until } from '../test/support/waiting.ts'
import { type KafkaCluster, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

const partitions = 6
const patience = 120_000

interface StaticMember extends AsyncDisposable {
  /** Of each time that it was given its part, what that was. */
  readonly divisions: readonly (readonly number[])[]
  readonly seen: readonly string[]
}

function staticMember(
  brokers: readonly string[],
  topic: string,
  protocol: 'classic' | 'consumer',
  number: number,
): StaticMember {
  const divisions: number[][] = []
  const seen: string[] = []
  const transport = new Transport({
    onEvent: event =>
      event.type === 'rebalance' &&
      divisions.push(
        Object.values(event.assignments)
          .flat()
          .sort((a, b) => a - b),
      ),
  })
  const reader = new Reader({
    brokers,
    topic,
    groupId: topic,
    groupInstanceId: `member-${number}`,
    protocol,
    // What a restart may take; of the consumer protocol it is the broker's own setting.
    ...(protocol === 'classic' && { sessionTimeout: 45_000, heartbeatInterval: 500 }),
    autoCommit: true,
    transport,
  })
  const reading = (async () => {
    for await (const message of reader) seen.push(message.text())
  })()
  return {
    divisions,
    seen,
    async [Symbol.asyncDispose]() {
      await reader.close()
      await reading
      await transport.close()
    },
  }
}

describe.each(['classic', 'consumer'] as const)(
  'three static members of a group by the %s protocol, at work',
  unless(noKafka, unlessFull),
  protocol => {
    let cluster: KafkaCluster
    beforeAll(async () => {
      cluster = await startKafka({ nodes: 3 })
    })
    afterAll(() => cluster?.stop())

    test(
      'three brokers are restarted one after another, then a member: nothing is divided anew, and all is read',
      async () => {
        const { brokers } = cluster
        const topic = `static-${protocol}`
        await using client = new Client({ addr: brokers })
        await client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }] })
        await client.waitForTopic({ topic })
        const signal = AbortSignal.timeout(2 * patience)
        const members = [0, 1, 2].map(number => staticMember(brokers, topic, protocol, number))
        const hasPart = (member: StaticMember): boolean => member.divisions.at(-1)?.length === partitions / 3
        const left: StaticMember[] = []
        const written: string[] = []
        let writing = true
        await using writer = new Writer({ addr: brokers, topic })
        try {
          await until(signal, () => members.every(hasPart))
          const settled = members.map(({ divisions }) => divisions.length)
          const parts = members.map(({ divisions }) => divisions.at(-1)!)

          const write = async (): Promise<void> => {
            for (let n = 0; writing; n++) {
              const round = Array.from({ length: partitions }, (_, partition) => ({
                partition,
                value: `${partition}/${n}`,
              }))
              await writer.writeMessages(round)
              written.push(...round.map(({ value }) => value))
              await pause(20)
            }
          }
          const roll = async (): Promise<void> => {
            try {
              for (const node of cluster.nodes) {
                await node.restart()
                await node.waitUntilReady()
              }
              // A member, too: it stays in the group while it is away.
              const [first] = members.splice(0, 1)
              await first![Symbol.asyncDispose]()
              left.push(first!)
              members.unshift(staticMember(brokers, topic, protocol, 0))
              await until(signal, () => hasPart(members[0]!))
            } finally {
              writing = false
            }
          }
          await Promise.all([write(), roll()])
          const all = (): Set<string> => new Set([...left, ...members].flatMap(({ seen }) => seen))
          await until(signal, () => all().size === written.length)

          expect(written.length).toBeGreaterThan(partitions * 100)
          expect(members.map(({ divisions }) => divisions.at(-1))).toEqual(parts)
          expect(left[0]!.divisions.length).toBe(settled[0])
          expect(members.slice(1).map(({ divisions }) => divisions.length)).toEqual(settled.slice(1))
        } finally {
          await Promise.all(members.map(member => member[Symbol.asyncDispose]()))
        }
      },
      3 * patience,
    )
  },
)
