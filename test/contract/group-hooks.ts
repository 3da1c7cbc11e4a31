import { CooperativeStickyGroupBalancer } from '../../src/group/balancers/cooperative-sticky.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import type { Reader } from '../../src/reader/reader.ts'
import type { Message } from '../../src/records/message.ts'
import type { TopicPartition } from '../../src/transport/layout.ts'
import { fixtureTest, numbered, place } from '../support/reading-fixture.ts'
import { until } from '../support/waiting.ts'
import type { Capability, Suite } from './harness.ts'

/** How members of a group are told of what they gain and give back, by each protocol. */
export const suite: Suite = contract => {
  const { assert } = contract
  const variants: {
    readonly name: string
    readonly needs: readonly Capability[]
    readonly config: () => Partial<ReaderConfig>
    /** What stays is not given back. */
    readonly keeps: boolean
  }[] = [
    { name: 'eager', needs: [], config: () => ({}), keeps: false },
    {
      name: 'cooperative',
      needs: [],
      config: () => ({ groupBalancers: [new CooperativeStickyGroupBalancer()] }),
      keeps: true,
    },
    { name: 'consumer', needs: ['consumer-groups'], config: () => ({ protocol: 'consumer' }), keeps: true },
  ]
  for (const { name, needs, config, keeps } of variants) {
    const test = fixtureTest(contract, { partitions: 4, needs })

    test(`${name}: hooks are told of what comes and goes, and what is committed while it goes is not read again`, async (fixture, {
      signal,
    }) => {
      await fixture.fill(40)
      const seen: Message[] = []
      const owned = new Set<number>()
      let given: number[] = []
      let taken: number[] = []
      const last = new Map<number, Message>()
      const numbers = (partitions: readonly TopicPartition[]): number[] => partitions.map(({ partition }) => partition)
      const first: Reader = fixture.member({
        ...config(),
        onAssigned: partitions => {
          given = numbers(partitions)
          for (const partition of given) owned.add(partition)
        },
        onRevoked: async partitions => {
          taken = numbers(partitions)
          const done = taken.flatMap(partition => last.get(partition) ?? [])
          await first.commitMessages(done)
          for (const partition of taken) owned.delete(partition)
        },
      })
      const run = async (reader: Reader): Promise<void> => {
        for await (const message of reader) {
          seen.push(message)
          if (reader === first) {
            assert.ok(owned.has(message.partition), `read of ${message.partition} before it was told of`)
            last.set(message.partition, message)
          }
        }
      }
      const running = [run(first)]
      await until(signal, () => seen.length === 40)
      assert.deepEqual([...owned].sort(), [0, 1, 2, 3])
      given = []
      const second = fixture.member(config())
      running.push(run(second))
      await until(signal, () => owned.size === 2 && taken.length > 0 && (keeps || given.length > 0))
      assert.equal(taken.length, keeps ? 2 : 4)
      await fixture.write(numbered(40, 80))
      await until(signal, () => new Set(seen.map(place)).size === 80)
      assert.equal(seen.length, 80)
      given = []
      await second.close()
      await until(signal, () => owned.size === 4)
      assert.equal(given.length, keeps ? 2 : 4)
      // What it was given back last is committed as it is closed.
      taken = []
      await first.close()
      assert.equal(taken.length, 4)
      const committed = await fixture.committed()
      for (const [partition, message] of last) assert.ok(committed[partition]! >= message.offset + 1)
      await Promise.all(running)
    })
  }

  // The ways to leave are the protocols'.
  for (const { name, needs, config } of variants.filter(variant => variant.name !== 'cooperative')) {
    const test = fixtureTest(contract, { partitions: 2, needs })

    test(`${name}: who asks for nothing within maxPollInterval leaves, and is back once it asks`, async (fixture, {
      signal,
    }) => {
      await fixture.fill(10)
      let taken = 0
      const idle = fixture.member({
        ...config(),
        maxPollInterval: 500,
        onRevoked: partitions => {
          taken += partitions.length
        },
      })
      const held = await idle.fetchMessage({ signal })
      await until(signal, () => taken === 2)
      const busy = fixture.member(config())
      const seen = new Set<string>()
      while (seen.size < 10) seen.add(place(await busy.fetchMessage({ signal })))
      // What it had in hand is another's now.
      await assert.rejects(idle.commitMessages(held, { signal }))
      const waiting = idle.fetchMessage({ signal })
      const reading = busy.fetchMessage({ signal })
      reading.catch(() => {})
      await until(signal, () => idle.stats().partitions.length === 1)
      await waiting
    })

    test(`${name}: close says whether it leaves, and keeps its place where it does not`, async (fixture, {
      signal,
    }) => {
      await fixture.fill(10)
      const members = async (): Promise<number> => {
        const request = { groupIds: [fixture.groupId] }
        if (name !== 'consumer') return (await fixture.client.describeGroups(request)).groups[0]!.members.length
        return (await fixture.client.describeConsumerGroups(request)).groups[0]!.members.length
      }
      const leaves = fixture.member({ ...config(), groupInstanceId: 'static' })
      await leaves.fetchMessage({ signal })
      assert.equal(await members(), 1)
      await leaves.close({ leave: true })
      assert.equal(await members(), 0)
      const stays = fixture.member(config())
      await stays.fetchMessage({ signal })
      await stays.close({ leave: false })
      assert.equal(await members(), 1)
    })
  }
}
