import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/index.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { open } from './open.ts'

// Time is the test's own: what takes a group minutes takes these tests none.
function group(configs: Record<string, string> = {}) {
  const clock = new ManualClock()
  const opened = open({ clock, configs: { 'group.min.session.timeout.ms': '1000', ...configs } })
  const join = (on: BrokerConnection, memberId = '', more: object = {}) =>
    on.request(JoinGroup, {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId,
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: new Uint8Array([1]) }],
      ...more,
    })
  const sync = (on: BrokerConnection, memberId: string, generationId: number, members: readonly string[] = []) =>
    on.request(SyncGroup, {
      groupId: 'g',
      generationId,
      memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: members.map(id => ({ memberId: id, assignment: new Uint8Array([2]) })),
    })
  const beat = async (on: BrokerConnection, memberId: string, generationId: number) =>
    (await on.request(Heartbeat, { groupId: 'g', generationId, memberId })).errorCode
  const state = async (on: BrokerConnection) => {
    const { groups } = await on.request(DescribeGroups, { groups: ['g'] }, { version: 5 })
    return `${groups[0]!.groupState} ${groups[0]!.members.length}`
  }
  /** Lets what was sent on a connection arrive. */
  const sent = async (on: BrokerConnection) =>
    void (await (await opened.connect()).request(DescribeGroups, { groups: [] }).then(() => on))
  /** A member of a stable group of one. */
  const enter = async (on: BrokerConnection, more: object = {}) => {
    const { memberId } = await join(on, '', more)
    const joined = 'groupInstanceId' in more ? { memberId, generationId: 1 } : await join(on, memberId, more)
    await sync(on, joined.memberId, joined.generationId, [joined.memberId])
    return joined.memberId
  }
  return { ...opened, clock, join, sync, beat, state, sent, enter }
}

describe('a member', () => {
  test('that is not heard of for its session timeout is out', async () => {
    const { clock, connect, enter, beat, state } = group()
    const on = await connect()
    const id = await enter(on)
    for (let i = 0; i < 5; i++) {
      clock.advance(9_000)
      expect(await beat(on, id, 1)).toBe(0)
    }
    clock.advance(9_999)
    expect(await state(on)).toBe('Stable 1')
    clock.advance(1)
    expect(await state(on)).toBe('Empty 0')
    expect(await beat(on, id, 1)).toBe(ErrorCode.UnknownMemberId)
  })

  test('that never comes back with the id it was given holds nobody up', async () => {
    const { clock, connect, join, state } = group()
    const [one, two] = [await connect(), await connect()]
    await join(one)
    const { memberId } = await join(two)
    // The first id's owner is missing, but the round of an empty group ends all the same.
    expect((await join(two, memberId)).generationId).toBe(1)
    expect(await state(one)).toBe('CompletingRebalance 1')
    clock.advance(10_000)
    expect(await state(one)).toBe('Empty 0')
    expect(clock.pending).toBe(0)
    expect(await join(one, 'forgotten')).toMatchObject({ errorCode: ErrorCode.UnknownMemberId })
  })

  test('that does not rejoin within the rebalance timeout is out', async () => {
    const { clock, connect, join, sync, beat, enter } = group()
    const [one, two] = [await connect(), await connect()]
    const slow = await enter(one)
    const { memberId: quick } = await join(two)
    const joining = join(two, quick)
    while ((await beat(one, slow, 1)) === 0);
    for (let i = 0; i < 7; i++) {
      expect(await beat(one, slow, 1)).toBe(ErrorCode.RebalanceInProgress)
      clock.advance(8_500)
    }
    clock.advance(1_000)
    const joined = await joining
    expect(joined).toMatchObject({ errorCode: 0, generationId: 2, leader: quick })
    expect(joined.members).toHaveLength(1)
    await sync(two, quick, 2, [quick])
    expect(await beat(one, slow, 1)).toBe(ErrorCode.UnknownMemberId)
    expect(await beat(two, quick, 2)).toBe(0)
  })

  test('that does not sync in time is out, and the others join again', async () => {
    const { clock, connect, join, state, beat } = group()
    const on = await connect()
    const { memberId } = await join(on)
    await join(on, memberId)
    expect(await state(on)).toBe('CompletingRebalance 1')
    for (let i = 0; i < 6; i++) {
      clock.advance(9_000)
      expect(await beat(on, memberId, 1)).toBe(0)
    }
    clock.advance(6_000)
    expect(await state(on)).toBe('Empty 0')
  })

  test('of a static kind is out only when its session ends, and then must come again', async () => {
    const { clock, connect, enter, join, state } = group()
    const on = await connect()
    const id = await enter(on, { groupInstanceId: 'i' })
    clock.advance(9_000)
    const again = await join(on, '', { groupInstanceId: 'i' })
    expect(again).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true })
    expect(again.memberId).not.toBe(id)
    clock.advance(9_000)
    expect(await state(on)).toBe('Stable 1')
    clock.advance(1_000)
    expect(await state(on)).toBe('Empty 0')
  })
})

describe('the first round of a group', () => {
  test('waits for more members as long as they keep coming', async () => {
    const { clock, connect, join, state } = group({ 'group.initial.rebalance.delay.ms': '3000' })
    const [one, two] = [await connect(), await connect()]
    const [a, b] = [(await join(one)).memberId, (await join(two)).memberId]
    const first = join(one, a)
    while ((await state(two)) !== 'PreparingRebalance 1');
    clock.advance(2_000)
    const second = join(two, b)
    const watching = await connect()
    while ((await state(watching)) !== 'PreparingRebalance 2');
    clock.advance(1_000)
    expect(await state(watching)).toBe('PreparingRebalance 2')
    clock.advance(3_000)
    expect((await first).members.length + (await second).members.length).toBe(2)
    expect([(await first).generationId, (await second).generationId]).toEqual([1, 1])
  })
})

describe('a broker that is closed', () => {
  test('leaves no timer behind, whatever its groups are doing', async () => {
    const { broker, clock, connect, enter, join } = group()
    const on = await connect()
    await enter(on)
    await join(on, '', { groupId: 'other' })
    const { memberId } = await join(on, '', { groupId: 'third' })
    await join(on, memberId, { groupId: 'third' })
    expect(clock.pending).toBeGreaterThan(2)
    await broker.close()
    expect(clock.pending).toBe(0)
  })
})
