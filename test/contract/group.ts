import { RackAffinityGroupBalancer } from '../../src/group/balancers/rack-affinity.ts'
import type { ConsumerGroupConfig } from '../../src/group/config.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import { GenerationEndedError, GroupClosedError } from '../../src/group/errors.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { FirstOffset } from '../../src/protocol/offsets.ts'
import { fixtureTest, type ReadingFixture } from '../support/reading-fixture.ts'
import { nothing, until } from '../support/waiting.ts'
import type { Suite } from './harness.ts'

export const suite: Suite = contract => {
  const { assert, cluster } = contract
  const test = fixtureTest(contract, { partitions: 6 })

  const groupOf = (fixture: ReadingFixture, config: Partial<ConsumerGroupConfig> = {}): ConsumerGroup =>
    fixture.keep(
      new ConsumerGroup({
        id: fixture.groupId,
        brokers: cluster.brokers,
        topics: [fixture.topic],
        transport: fixture.transport,
        heartbeatInterval: 100,
        sessionTimeout: 10_000,
        rebalanceTimeout: 10_000,
        joinGroupBackoff: 50,
        ...config,
      }),
    )

  test('a static member that comes back keeps its partitions (KIP-345)', async (fixture, { signal }) => {
    await fixture.fill(12)
    const config = { groupInstanceId: 'worker-1' }
    const first = groupOf(fixture, config)
    const before = await first.next({ signal })
    await first.close()
    const again = groupOf(fixture, config)
    const after = await again.next({ signal })
    assert.equal(after.id, before.id)
    assert.ok(after.memberId !== before.memberId)
    assert.deepEqual(partitionsOf(after, fixture.topic), [0, 1, 2, 3, 4, 5])
  })

  test('generations: assignments, functions, commits', async (fixture, { signal }) => {
    const group = groupOf(fixture)
    const first = await group.next({ signal })
    assert.equal(first.groupId, fixture.groupId)
    assert.deepEqual(
      first.assignments[fixture.topic],
      [0, 1, 2, 3, 4, 5].map(id => ({ id, offset: FirstOffset })),
    )
    await first.commitOffsets({ [fixture.topic]: { 0: 123, 3: 789 } })
    await first.commitOffsets({ [fixture.topic]: { 0: 100 } })
    let reason: unknown
    let release!: () => void
    first.start(
      ended =>
        new Promise(resolve => {
          ended.addEventListener('abort', () => {
            reason = ended.reason
            release = resolve
          })
        }),
    )
    // Any function that returns ends the generation …
    first.start(() => {})
    await until(signal, () => reason !== undefined)
    assert.ok(reason instanceof GenerationEndedError)
    const second = group.next({ signal })
    // … and the next waits until all have.
    await nothing(second)
    release()
    const { id, memberId, assignments } = await second
    assert.ok(id > first.id)
    assert.equal(memberId, first.memberId, 'the member id outlives a clean generation')
    assert.deepEqual(
      assignments[fixture.topic]!.map(({ offset }) => offset),
      [100, FirstOffset, FirstOffset, 789, FirstOffset, FirstOffset],
    )
    const late = await new Promise<boolean>(resolve => first.start(ended => resolve(ended.aborted)))
    assert.equal(late, true, 'a function started after the end runs with an aborted signal')
    const error = await assert.rejects(first.commitOffsets({ [fixture.topic]: { 0: 1 } }), KafkaError)
    assert.equal(error.code, ErrorCode.IllegalGeneration)
  })

  test('next can be cancelled, and rejects after close', async (fixture, { signal }) => {
    const group = groupOf(fixture)
    const reason = new Error('enough')
    assert.equal(await assert.rejects(group.next({ signal: AbortSignal.abort(reason) })), reason)
    const generation = await group.next({ signal })
    const controller = new AbortController()
    const waiting = group.next({ signal: controller.signal })
    controller.abort(reason)
    assert.equal(await assert.rejects(waiting), reason)
    const another = group.next({ signal })
    let ended = false
    generation.start(async over => {
      await new Promise<void>(resolve => over.addEventListener('abort', () => resolve()))
      ended = true
    })
    const refused = assert.rejects(another, GroupClosedError)
    await group.close()
    assert.ok(ended)
    await refused
    await assert.rejects(group.next(), GroupClosedError)
    await group.close()
  })

  test('a group of members without a common balancer is refused with what Kafka says', async (fixture, { signal }) => {
    const range = groupOf(fixture)
    await range.next({ signal })
    const other = groupOf(fixture, { groupBalancers: [new RackAffinityGroupBalancer({ rack: 'r' })] })
    const error = await assert.rejects(other.next({ signal }), KafkaError)
    assert.equal(error.code, ErrorCode.InconsistentGroupProtocol)
  })
}

function partitionsOf(
  { assignments }: { assignments: Readonly<Record<string, readonly { id: number }[]>> },
  topic: string,
): number[] {
  return assignments[topic]!.map(({ id }) => id)
}
