import type { ConsumerGroupConfig } from '../../src/group/config.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import type { Generation } from '../../src/group/generation.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { FirstOffset } from '../../src/protocol/offsets.ts'
import { fixtureTest, type ReadingFixture } from '../support/reading-fixture.ts'
import { until } from '../support/waiting.ts'
import type { Suite } from './harness.ts'

/** ConsumerGroup by the consumer protocol (KIP-848). */
export const suite: Suite = contract => {
  const { assert, cluster } = contract
  const anywhere = fixtureTest(contract, { partitions: 6 })
  const test = fixtureTest(contract, { partitions: 6, needs: ['consumer-groups'] })
  // The embedded broker keeps to what a group was begun with.
  const online = fixtureTest(contract, { partitions: 6, needs: ['consumer-groups'] })
  const older = fixtureTest(contract, { partitions: 6, needs: ['classic-groups-alone'] })

  const groupOf = (fixture: ReadingFixture, config: Partial<ConsumerGroupConfig> = {}): ConsumerGroup =>
    fixture.keep(
      new ConsumerGroup({
        id: fixture.groupId,
        brokers: cluster.brokers,
        topics: [fixture.topic],
        transport: fixture.transport,
        protocol: 'consumer',
        sessionTimeout: 10_000,
        rebalanceTimeout: 10_000,
        joinGroupBackoff: 50,
        ...config,
      }),
    )
  const ids = (fixture: ReadingFixture, { assignments }: Generation): number[] =>
    assignments[fixture.topic]!.map(({ id }) => id).sort()
  /** The first generation that has so many partitions; earlier ones are let go of. */
  const withPartitions = async (
    fixture: ReadingFixture,
    group: ConsumerGroup,
    count: number,
    signal: AbortSignal,
  ): Promise<Generation> => {
    for (;;) {
      const generation = await group.next({ signal })
      if (ids(fixture, generation).length === count) return generation
    }
  }
  const kindOf = async (fixture: ReadingFixture): Promise<string | undefined> => {
    const { groups } = await fixture.client.listGroups()
    return groups.find(({ groupId }) => groupId === fixture.groupId)?.groupType
  }

  test('generations: what is committed is where the next one begins; a function that returns ends one', async (fixture, {
    signal,
  }) => {
    const group = groupOf(fixture)
    const first = await withPartitions(fixture, group, 6, signal)
    assert.ok(first.assignments[fixture.topic]!.every(({ offset }) => offset === FirstOffset))
    await first.commitOffsets({ [fixture.topic]: { 0: 100, 3: 789 } })
    first.start(() => {})
    const second = await group.next({ signal })
    assert.equal(second.memberId, first.memberId)
    const offsets = new Map(second.assignments[fixture.topic]!.map(({ id, offset }) => [id, offset]))
    assert.deepEqual([offsets.get(0), offsets.get(1), offsets.get(3)], [100, FirstOffset, 789])
    assert.equal(await kindOf(fixture), 'consumer')
  })

  test('who comes gets what others give back; the rest stays where it has come to', async (fixture, { signal }) => {
    const one = groupOf(fixture)
    const all = await withPartitions(fixture, one, 6, signal)
    const done = { 0: 10, 1: 11, 2: 12, 3: 13, 4: 14, 5: 15 }
    await all.commitOffsets({ [fixture.topic]: done })
    const two = groupOf(fixture)
    const [mine, theirs] = await Promise.all([
      withPartitions(fixture, one, 3, signal),
      withPartitions(fixture, two, 3, signal),
    ])
    assert.deepEqual([...ids(fixture, mine), ...ids(fixture, theirs)].sort(), [0, 1, 2, 3, 4, 5])
    for (const { id, offset } of [...mine.assignments[fixture.topic]!, ...theirs.assignments[fixture.topic]!])
      assert.equal(offset, done[id as keyof typeof done])
    // Epochs have gone on since the generations began: both can commit all the same.
    const [own] = ids(fixture, mine)
    const [other] = ids(fixture, theirs)
    await mine.commitOffsets({ [fixture.topic]: { [own!]: 20 } })
    await theirs.commitOffsets({ [fixture.topic]: { [other!]: 21 } })
    await two.close()
    const again = await withPartitions(fixture, one, 6, signal)
    const offsets = new Map(again.assignments[fixture.topic]!.map(({ id, offset }) => [id, offset]))
    assert.deepEqual([offsets.get(own!), offsets.get(other!)], [20, 21])
  })

  test('a static member that comes back has its partitions again, and nobody else moves', async (fixture, {
    signal,
  }) => {
    const other = groupOf(fixture)
    await withPartitions(fixture, other, 6, signal)
    const first = groupOf(fixture, { groupInstanceId: 'worker-1' })
    const before = ids(fixture, await withPartitions(fixture, first, 3, signal))
    const undisturbed = await withPartitions(fixture, other, 3, signal)
    let ended = false
    undisturbed.start(async over => {
      await new Promise<void>(resolve => over.addEventListener('abort', () => resolve()))
      ended = true
    })
    await first.close()
    const again = groupOf(fixture, { groupInstanceId: 'worker-1' })
    assert.deepEqual(ids(fixture, await withPartitions(fixture, again, 3, signal)), before)
    assert.equal(ended, false)
  })

  test('an assignor that the broker has not is told; one that it has divides', async (fixture, { signal }) => {
    const wrong = groupOf(fixture, { serverAssignor: 'by weight' })
    const error = await assert.rejects(wrong.next({ signal }), KafkaError)
    assert.equal(error.code, ErrorCode.UnsupportedAssignor)
    await wrong.close()
    const [one, two] = [groupOf(fixture, { serverAssignor: 'range' }), groupOf(fixture, { serverAssignor: 'range' })]
    const divided = await Promise.all([one, two].map(group => withPartitions(fixture, group, 3, signal)))
    assert.deepEqual(divided.map(each => ids(fixture, each).join()).sort(), ['0,1,2', '3,4,5'])
  })

  anywhere(
    'auto: by the consumer protocol where the cluster has it, else by the classic one',
    async (fixture, { signal }) => {
      const group = groupOf(fixture, { protocol: 'auto' })
      await withPartitions(fixture, group, 6, signal)
      const wanted = Number.parseInt(cluster.version, 10) >= 4 ? 'consumer' : 'classic'
      const kind = await kindOf(fixture)
      // Before 3.8 nobody tells.
      assert.ok([wanted, '', undefined].includes(kind), `${kind}`)
    },
  )

  older('a broker without the consumer protocol says so', async (fixture, { signal }) => {
    const error = await assert.rejects(groupOf(fixture).next({ signal }), KafkaError)
    assert.equal(error.code, ErrorCode.UnsupportedVersion)
    assert.ok(error.message.includes("protocol 'auto' or 'classic'"), error.message)
  })

  online(
    'a group goes from one protocol to the other and back while its members come and go',
    async (fixture, { signal }) => {
      const classic = groupOf(fixture, { protocol: 'classic', heartbeatInterval: 100 })
      const before = await withPartitions(fixture, classic, 6, signal)
      await before.commitOffsets({ [fixture.topic]: { 0: 7 } })
      const consumer = groupOf(fixture)
      await Promise.all([withPartitions(fixture, classic, 3, signal), withPartitions(fixture, consumer, 3, signal)])
      assert.equal(await kindOf(fixture), 'consumer')
      await classic.close()
      const all = await withPartitions(fixture, consumer, 6, signal)
      assert.equal(all.assignments[fixture.topic]!.find(({ id }) => id === 0)!.offset, 7)
      const back = groupOf(fixture, { protocol: 'classic', heartbeatInterval: 100 })
      await withPartitions(fixture, back, 3, signal)
      await consumer.close()
      await withPartitions(fixture, back, 6, signal)
      await until(signal, async () => (await kindOf(fixture)) === 'classic')
    },
  )
}
