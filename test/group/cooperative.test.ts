import { expect, test } from 'vitest'
import { deferred } from '../../src/base/deferred.ts'
import {
  CooperativeStickyGroupBalancer,
  RangeGroupBalancer,
  type Reader,
  type ReaderConfig,
  type TopicPartition,
} from '../../src/index.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { numbered, take } from '../support/reading-fixture.ts'
import { pause, until } from '../support/waiting.ts'

const soon = (): AbortSignal => AbortSignal.timeout(15_000)
const cooperative = (): Partial<ReaderConfig> => ({ groupBalancers: [new CooperativeStickyGroupBalancer()] })

/** A member that tells what it is told. */
class Member {
  readonly reader: Reader
  readonly told: string[] = []
  readonly owned = new Set<number>()

  constructor(kafka: Embedded, config: Partial<ReaderConfig> = {}) {
    const note = (what: string, gain: boolean) => (partitions: readonly TopicPartition[]) => {
      const numbers = partitions.map(({ partition }) => partition).sort()
      for (const each of numbers) gain ? this.owned.add(each) : this.owned.delete(each)
      this.told.push(`${what} ${numbers.join()}`)
    }
    this.reader = kafka.reader({
      groupId: 'g',
      heartbeatInterval: 20,
      sessionTimeout: 1_000,
      rebalanceTimeout: 3_000,
      joinGroupBackoff: 20,
      onAssigned: note('assigned', true),
      onRevoked: note('revoked', false),
      onLost: note('lost', false),
      ...cooperative(),
      ...config,
    })
  }

  /** Reads for as long as it is open. */
  run(): { readonly texts: string[]; readonly over: Promise<void> } {
    const texts: string[] = []
    const over = (async () => {
      for await (const message of this.reader) {
        texts.push(message.text())
        await this.reader.commitMessages(message)
      }
    })()
    return { texts, over }
  }
}

test('what stays is read on and committed while the group is divided', async () => {
  await using kafka = new Embedded({ partitions: 4 })
  const first = new Member(kafka)
  const { texts, over } = first.run()
  await until(soon(), () => first.owned.size === 4)
  // Its own join is held back, as by a member that takes its time.
  const waiting = deferred<void>()
  let held = 0
  kafka.broker.control(JoinGroup, async ({ reason }, context) => {
    if (reason == null) return undefined
    held++
    await waiting.promise
    return (await context.apply())!
  })
  const second = new Member(kafka)
  const others = second.run()
  await until(soon(), () => held > 0)
  await kafka.write(numbered(0, 40))
  await until(soon(), () => texts.length === 40)
  expect(first.told).toEqual(['assigned 0,1,2,3'])
  waiting.resolve()
  await until(soon(), () => first.owned.size === 2 && second.owned.size === 2)
  expect(first.told[1]).toMatch(/^revoked \d,\d$/)
  expect(first.told).toHaveLength(2)
  await kafka.write(numbered(40, 80))
  await until(soon(), () => texts.length + others.texts.length === 80)
  await Promise.all([first.reader.close(), second.reader.close()])
  await Promise.all([over, others.over])
  expect(new Set([...texts, ...others.texts]).size).toBe(80)
})

test('a commit that comes while the leader divides counts in the next generation', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  await kafka.write(numbered(0, 10), { balancer: () => 0 })
  const first = new Member(kafka)
  const message = await first.reader.fetchMessage({ signal: soon() })
  const waiting = deferred<void>()
  let syncs = 0
  kafka.broker.control(SyncGroup, async ({ assignments }, context) => {
    if (assignments.length === 0) return undefined
    syncs++
    await waiting.promise
    return (await context.apply())!
  })
  const second = new Member(kafka)
  const seconds = second.reader.fetchMessage({ signal: soon() }).catch(() => {})
  await until(soon(), () => syncs > 0)
  const committing = first.reader.commitMessages(message)
  await pause(100)
  waiting.resolve()
  await committing
  await until(soon(), () => first.owned.size + second.owned.size === 2 && second.owned.size === 1)
  await Promise.all([first.reader.close(), second.reader.close()])
  await seconds
})

test('a place that is lost while joining is told of, and taken anew', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  const first = new Member(kafka)
  const { over } = first.run()
  await until(soon(), () => first.owned.size === 2)
  const refusal = { generationId: -1, protocolName: '', leader: '', memberId: '', members: [] }
  kafka.spoil(JoinGroup, 1, () => ({ errorCode: ErrorCode.UnknownMemberId, ...refusal }))
  kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress }))
  await until(soon(), () => first.told.length === 3)
  expect(first.told).toEqual(['assigned 0,1', 'lost 0,1', 'assigned 0,1'])
  await first.reader.close()
  await over
})

test('a coordinator that is not heard of for a session while joining has given the partitions to others', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  const first = new Member(kafka, { timeout: 200 })
  const { over } = first.run()
  await until(soon(), () => first.owned.size === 2)
  let silent = true
  kafka.broker.control(JoinGroup, () => (silent ? ('drop' as const) : undefined))
  kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress }))
  await until(soon(), () => first.told.includes('lost 0,1'))
  silent = false
  await until(soon(), () => first.owned.size === 2)
  await first.reader.close()
  await over
})

test('who is closed while it joins gives back what it kept, and can commit it', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  await kafka.write(numbered(0, 10), { balancer: () => 1 })
  const first = new Member(kafka)
  const messages = await Promise.all(Array.from({ length: 4 }, () => first.reader.fetchMessage({ signal: soon() })))
  let held = false
  kafka.broker.control(JoinGroup, ({ reason }) => {
    if (reason == null) return undefined
    held = true
    return 'hang'
  })
  kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress }))
  await until(soon(), () => held)
  await first.reader.commitMessages(messages)
  await first.reader.close()
  expect(first.told).toEqual(['assigned 0,1', 'revoked 0,1'])
  kafka.broker.control(JoinGroup, () => undefined)
  const next = new Member(kafka)
  expect(await take(next.reader, 6, soon())).toEqual(['4', '5', '6', '7', '8', '9'])
})

test('beside an eager member the group picks what both have; once it is gone, the cooperative way', async () => {
  await using kafka = new Embedded({ partitions: 4 })
  const range = new RangeGroupBalancer()
  const old = new Member(kafka, { groupBalancers: [range] })
  const both = (): Partial<ReaderConfig> => ({ groupBalancers: [new CooperativeStickyGroupBalancer(), range] })
  const first = new Member(kafka, both())
  const second = new Member(kafka, both())
  const runs = [old, first, second].map(each => each.run())
  await until(soon(), () => first.owned.size > 0 && second.owned.size > 0 && old.owned.size > 0)
  await old.reader.close()
  await until(soon(), () => first.owned.size === 2 && second.owned.size === 2)
  // The second roll.
  await first.reader.close()
  const third = new Member(kafka)
  runs.push(third.run())
  await until(soon(), () => third.owned.size === 2 && second.owned.size === 2)
  await kafka.write(numbered(0, 40))
  await until(soon(), () => runs.flatMap(({ texts }) => texts).length === 40)
  await Promise.all([second.reader.close(), third.reader.close()])
  await Promise.all(runs.map(({ over }) => over))
})

test('a member that has everything divided anew takes its own again, and nobody else hears of it', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  const joins = kafka.spoil(JoinGroup, 0, () => undefined)
  const group = kafka.group({ groupBalancers: [new CooperativeStickyGroupBalancer()] })
  const generation = await group.next()
  const count = joins.count
  generation.start(async () => {})
  const next = await group.next()
  expect(next.id).toBe(generation.id)
  expect(next.assignments['t']).toHaveLength(2)
  expect(joins.count).toBe(count)
})

test('who comes has its share soon after the others know of it, not an interval later', async () => {
  using clock = new LeapingClock()
  await using kafka = new Embedded({ partitions: 9, clock, transport: { clock } })
  const settings = { heartbeatInterval: 3_000, sessionTimeout: 30_000, rebalanceTimeout: 30_000, joinGroupBackoff: 100 }
  const members = [new Member(kafka, settings), new Member(kafka, settings)]
  const sizes = (): string =>
    members
      .map(({ owned }) => owned.size)
      .sort()
      .join()
  for (const member of members) void member.run().over
  await clock.until(() => sizes() === '4,5')
  const third = new Member(kafka, settings)
  members.push(third)
  void third.run().over
  // One interval until the others know that it is there; then they give back, and it is waited for.
  await clock.until(() => sizes() === '3,3,3', 4_000)
})
