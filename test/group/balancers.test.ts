import { describe, expect, test } from 'vitest'
import type { GroupMember } from '../../src/group/balancers/group-balancer.ts'
import { RackAffinityGroupBalancer } from '../../src/group/balancers/rack-affinity.ts'
import { RangeGroupBalancer } from '../../src/group/balancers/range.ts'
import { RoundRobinGroupBalancer } from '../../src/group/balancers/round-robin.ts'
import type { Partition } from '../../src/transport/layout.ts'

const member = (id: string, topics: string[] = ['t'], groupInstanceId: string | null = null): GroupMember => ({
  id,
  topics,
  userData: null,
  groupInstanceId,
})

function partition(topic: string, id: number, rack = ''): Partition {
  const leader = { id: 0, host: 'h', port: 9092, rack }
  return { topic, id, leader, replicas: [leader], isr: [leader], offlineReplicas: [], error: null }
}

const partitions = (topic: string, count: number): Partition[] =>
  Array.from({ length: count }, (_, id) => partition(topic, id))
const names = (count: number): GroupMember[] =>
  Array.from({ length: count }, (_, i) => member(`C${String(i).padStart(3, '0')}`))

describe('RangeGroupBalancer', () => {
  const range = new RangeGroupBalancer()

  test('the page: 5 partitions, 2 members and 6 partitions, 3 members', () => {
    expect(range.assignGroups(names(2), partitions('t', 5))).toEqual({ C000: { t: [0, 1, 2] }, C001: { t: [3, 4] } })
    expect(range.assignGroups(names(3), partitions('t', 6))).toEqual({
      C000: { t: [0, 1] },
      C001: { t: [2, 3] },
      C002: { t: [4, 5] },
    })
  })

  test('213 partitions, 66 members: 3 or 4 each, all of them once', () => {
    const shares = Object.values(range.assignGroups(names(66), partitions('t', 213))).map(share => share['t']!)
    expect(new Set(shares.map(share => share.length))).toEqual(new Set([3, 4]))
    expect(shares.flat()).toEqual(Array.from({ length: 213 }, (_, i) => i))
  })

  test('each topic on its own, to those who read it; the others get nothing', () => {
    const members = [member('b', ['x', 'y']), member('a', ['x']), member('c', ['z'])]
    expect(range.assignGroups(members, [...partitions('x', 3), ...partitions('y', 2)])).toEqual({
      a: { x: [0, 1] },
      b: { x: [2], y: [0, 1] },
      c: {},
    })
  })

  // KIP-345 in Java's MemberInfo: the order, and so the division, outlives a static member's new member id.
  test('static members come first, by instance id', () => {
    const members = [member('a'), member('z', ['t'], 'i2'), member('y', ['t'], 'i1')]
    expect(range.assignGroups(members, partitions('t', 4))).toEqual({ y: { t: [0, 1] }, z: { t: [2] }, a: { t: [3] } })
  })

  test('more members than partitions; no members; a topic nobody reads; a topic named __proto__', () => {
    expect(range.assignGroups(names(3), partitions('t', 1))).toEqual({ C000: { t: [0] }, C001: {}, C002: {} })
    expect(range.assignGroups([], partitions('t', 1))).toEqual({})
    expect(range.assignGroups(names(1), partitions('other', 1))).toEqual({ C000: {} })
    const [share] = Object.values(range.assignGroups([member('m', ['__proto__'])], partitions('__proto__', 2)))
    expect(Object.entries(share!)).toEqual([['__proto__', [0, 1]]])
  })
})

describe('RoundRobinGroupBalancer', () => {
  const roundRobin = new RoundRobinGroupBalancer()

  test('the page: 5 partitions, 2 members and 6 partitions, 3 members', () => {
    expect(roundRobin.assignGroups(names(2), partitions('t', 5))).toEqual({
      C000: { t: [0, 2, 4] },
      C001: { t: [1, 3] },
    })
    expect(roundRobin.assignGroups(names(3), partitions('t', 6))).toEqual({
      C000: { t: [0, 3] },
      C001: { t: [1, 4] },
      C002: { t: [2, 5] },
    })
  })

  // The example of Java's RoundRobinAssignor: kafka-go begins anew with each topic, and would give C000 both t0-0 and
  // t1-0.
  test('deals on across topics', () => {
    const members = [member('C000', ['t0', 't1']), member('C001', ['t0', 't1'])]
    expect(roundRobin.assignGroups(members, [...partitions('t1', 3), ...partitions('t0', 3)])).toEqual({
      C000: { t0: [0, 2], t1: [1] },
      C001: { t0: [1], t1: [0, 2] },
    })
  })

  test('passes over who does not read the topic', () => {
    const members = [member('C0', ['t0']), member('C1', ['t0', 't1']), member('C2', ['t0', 't1', 't2'])]
    const all = [...partitions('t0', 1), ...partitions('t1', 2), ...partitions('t2', 3)]
    expect(roundRobin.assignGroups(members, all)).toEqual({
      C0: { t0: [0] },
      C1: { t1: [0] },
      C2: { t1: [1], t2: [0, 1, 2] },
    })
  })
})

describe('RackAffinityGroupBalancer', () => {
  const balancer = new RackAffinityGroupBalancer({ rack: 'z1' })

  /** Members in each zone, partitions led in each zone → for each member, how many partitions of each zone. */
  function divide(members: readonly number[], led: readonly number[]): Record<string, number>[] {
    const everyone = members.flatMap((count, zone) =>
      Array.from({ length: count }, (_, i) => ({
        ...member(`z${zone + 1}-${i}`),
        userData: new TextEncoder().encode(`z${zone + 1}`),
      })),
    )
    const racks = led.flatMap((count, zone) => Array.from({ length: count }, () => `z${zone + 1}`))
    const assignments = balancer.assignGroups(
      everyone,
      racks.map((rack, id) => partition('t', id, rack)),
    )
    const dealt = Object.values(assignments).flatMap(share => share['t'] ?? [])
    expect([...dealt].sort((a, b) => a - b)).toEqual(racks.map((_, id) => id))
    return everyone.map(({ id }) => {
      const zones: Record<string, number> = {}
      for (const at of assignments[id]!['t'] ?? []) zones[racks[at]!] = (zones[racks[at]!] ?? 0) + 1
      return zones
    })
  }

  test('one member per zone, unbalanced leaders', () => {
    expect(divide([1, 1, 1], [7, 0, 7])).toEqual([{ z1: 5 }, { z1: 2, z3: 2 }, { z3: 5 }])
  })

  test('unbalanced members, balanced leaders', () => {
    const shares = divide([5, 3, 1], [9, 9, 9])
    const zone = (from: number, to: number) =>
      shares.slice(from, to).reduce((sum, share) => {
        for (const [z, n] of Object.entries(share)) sum[z] = (sum[z] ?? 0) + n
        return sum
      }, {})
    expect([zone(0, 5), zone(5, 8), zone(8, 9)]).toEqual([{ z1: 9, z3: 6 }, { z2: 9 }, { z3: 3 }])
  })

  test('even everywhere: all within their zone', () => {
    expect(divide([1, 1, 1], [4, 4, 4])).toEqual([{ z1: 4 }, { z2: 4 }, { z3: 4 }])
    expect(divide([2, 2, 2], [6, 6, 6])).toEqual([{ z1: 3 }, { z1: 3 }, { z2: 3 }, { z2: 3 }, { z3: 3 }, { z3: 3 }])
  })

  test('nobody gets more than one beyond another, whatever the zones', () => {
    for (const members of [
      [1, 0, 0],
      [2, 1, 0],
      [3, 3, 3],
      [0, 4, 1],
    ]) {
      for (const led of [
        [1, 0, 0],
        [5, 5, 0],
        [0, 0, 11],
        [7, 3, 2],
      ]) {
        const sizes = divide(members, led).map(share => Object.values(share).reduce((sum, n) => sum + n, 0))
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }
    }
  })

  test('the same whatever the order in which partitions are listed', () => {
    const members = [{ ...member('a'), userData: new TextEncoder().encode('z2') }, member('b')]
    const all = [partition('t', 0, 'z2'), partition('t', 1, 'z1'), partition('t', 2, 'z2')]
    expect(balancer.assignGroups(members, [...all].reverse())).toEqual(balancer.assignGroups(members, all))
  })

  test('sends its rack', () => {
    expect(new TextDecoder().decode(balancer.userData())).toBe('z1')
    expect(balancer.protocolName()).toBe('rack-affinity')
  })
})
