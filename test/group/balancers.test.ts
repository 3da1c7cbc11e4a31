import { describe, expect, test } from 'vitest'
import { CooperativeStickyGroupBalancer } from '../../src/group/balancers/cooperative-sticky.ts'
import type { GroupMember, GroupMemberAssignments, OwnedPartitions } from '../../src/group/balancers/group-balancer.ts'
import { RackAffinityGroupBalancer } from '../../src/group/balancers/rack-affinity.ts'
import { RangeGroupBalancer } from '../../src/group/balancers/range.ts'
import { RoundRobinGroupBalancer } from '../../src/group/balancers/round-robin.ts'
import { StickyGroupBalancer } from '../../src/group/balancers/sticky.ts'
import type { Partition } from '../../src/transport/layout.ts'
import { random as randomOf } from '../support/random.ts'

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

describe('RangeGroupBalancer where members and replicas have racks (KIP-881)', () => {
  const range = new RangeGroupBalancer()
  const within = (id: string, rack: string | null, topics = ['t']): GroupMember => ({ ...member(id, topics), rack })
  function spread(topic: string, racks: readonly (readonly string[])[]): Partition[] {
    return racks.map((own, id) => {
      const replicas = own.map(rack => ({ id: 0, host: 'h', port: 9092, rack }))
      return { ...partition(topic, id), replicas }
    })
  }

  test('each is given what is near, and no more than its share', () => {
    const members = [within('a', 'z1'), within('b', 'z2'), within('c', 'z3')]
    const racks = [['z3'], ['z2'], ['z1'], ['z3'], ['z2'], ['z1']]
    expect(range.assignGroups(members, spread('t', racks))).toEqual({
      a: { t: [2, 5] },
      b: { t: [1, 4] },
      c: { t: [0, 3] },
    })
    // What is near nobody who has room goes on in ranges.
    expect(range.assignGroups(members, spread('t', [['z1'], ['z1'], ['z1'], ['z1'], ['z1'], ['z3']]))).toEqual({
      a: { t: [0, 1] },
      b: { t: [2, 3] },
      c: { t: [4, 5] },
    })
  })

  test('topics read alike are divided alike', () => {
    const members = [within('a', 'z1', ['t', 'u']), within('b', 'z2', ['t', 'u'])]
    const all = [
      ...spread('t', [['z2'], ['z1'], ['z1', 'z2'], ['z2']]),
      ...spread('u', [['z2'], ['z1'], ['z1'], ['z1', 'z2']]),
    ]
    expect(range.assignGroups(members, all)).toEqual({ a: { t: [1, 2], u: [1, 2] }, b: { t: [0, 3], u: [0, 3] } })
  })

  test('racks change nothing where every partition is in all of them, or in none of the members’', () => {
    const members = [within('a', 'z1'), within('b', 'z2')]
    const plain = range.assignGroups([member('a'), member('b')], partitions('t', 4))
    expect(range.assignGroups(members, spread('t', Array(4).fill(['z1', 'z2'])))).toEqual(plain)
    expect(range.assignGroups(members, spread('t', [['z3'], ['z4'], ['z3'], ['z4']]))).toEqual(plain)
    expect(
      range.assignGroups([within('a', null), within('b', '')], spread('t', [['z2'], ['z2'], ['z1'], ['z1']])),
    ).toEqual(plain)
  })
})

describe('the sticky balancers', () => {
  const sticky = new StickyGroupBalancer()
  const cooperative = new CooperativeStickyGroupBalancer()
  const having = (id: string, owned: Record<string, number[]>, generationId = 1, topics = ['t']): GroupMember => ({
    ...member(id, topics),
    userData: sticky.userData({ partitions: owned, generationId }),
    owned: { partitions: owned, generationId },
  })
  const both = [
    ['sticky', sticky],
    ['cooperative-sticky', cooperative],
  ] as const

  test.each(both)('%s: who comes gets what the others have too much, and nobody else moves', (name, balancer) => {
    expect(balancer.protocolName()).toBe(name)
    const members = [having('a', { t: [0, 2, 4] }), having('b', { t: [1, 3, 5] }), having('c', {})]
    const division = balancer.assignGroups(members, partitions('t', 6))
    expect(division).toMatchObject({ a: { t: [0, 2] }, b: { t: [1, 3] }, c: { t: [4, 5] } })
    const left = [having('a', { t: [0, 2] }), having('c', { t: [4, 5] })]
    const after = balancer.assignGroups(left, partitions('t', 6))
    expect(after['a']!['t']).toEqual(expect.arrayContaining([0, 2]))
    expect(after['c']!['t']).toEqual(expect.arrayContaining([4, 5]))
  })

  test.each(both)('%s: of two that say to have a partition the later generation counts', (_name, balancer) => {
    const members = [having('a', { t: [0, 1] }, 3), having('b', { t: [0, 1] }, 4), having('c', {}, 4)]
    const { b, c } = balancer.assignGroups(members, partitions('t', 3))
    expect([b!['t']!.length, c!['t']!.length]).toEqual([1, 1])
    expect([0, 1]).toContain(b!['t']![0])
  })

  test.each(both)(
    '%s: all partitions go to those who read them, evenly; what can stay does, whatever members say',
    (_name, balancer) => {
      const next = randomOf(7)
      const upTo = (most: number): number => Math.floor(next() * (most + 1))
      for (let round = 0; round < 200; round++) {
        const topics = Array.from({ length: 1 + upTo(3) }, (_, i) => `t${i}`)
        const all = topics.flatMap(topic => partitions(topic, 1 + upTo(9)))
        const alike = round % 2 === 0
        const members = Array.from({ length: 1 + upTo(6) }, (_, i) => {
          const wanted = alike ? topics : topics.filter(() => upTo(2) > 0)
          const claimed: Record<string, number[]> = {}
          for (const topic of topics) claimed[topic] = Array.from({ length: upTo(4) }, () => upTo(12))
          return having(`m${i}`, claimed, upTo(2), wanted)
        })
        const first = balancer.assignGroups(members, all)
        checkDivision(first, members, all)
        // Had as it was divided, it stays so.
        const settled = members.map(({ id, topics: wanted }) => having(id, first[id]!, 5, [...wanted]))
        expect(balancer.assignGroups(settled, all)).toEqual(first)
        if (!alike) continue
        const sizes = Object.values(first).map(share => Object.values(share).flat().length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        // One that comes takes its share, and no more moves than that.
        const grown = balancer.assignGroups([...settled, having('new', {}, 5, topics)], all)
        const stayed = Object.entries(first).flatMap(([id, share]) =>
          Object.entries(share).flatMap(([topic, ids]) => ids.filter(each => grown[id]![topic]?.includes(each))),
        )
        expect(stayed.length).toBe(all.length - Object.values(grown['new']!).flat().length)
      }
    },
  )

  test('10,000 partitions among 100 members are divided in no time, whatever they read', () => {
    const topics = Array.from({ length: 20 }, (_, i) => `t${i}`)
    const all = topics.flatMap(topic => partitions(topic, 500))
    const some = (i: number): string[] => topics.filter((_, at) => (at + i) % 3 > 0)
    const members = Array.from({ length: 100 }, (_, i) => having(`m${i}`, { t1: [i], t2: [i, i + 100] }, 1, some(i)))
    const began = process.cpuUsage()
    const division = cooperative.assignGroups(members, all)
    const { user } = process.cpuUsage(began)
    checkDivision(division, members, all)
    expect(user / 1_000).toBeLessThan(2_000)
  })

  test('what members send is Java’s: generations, and what a sticky member had', () => {
    const last: OwnedPartitions = { partitions: { ab: [1, 258] }, generationId: 7 }
    expect([...cooperative.userData(last)]).toEqual([0, 0, 0, 7])
    expect([...cooperative.userData()]).toEqual([255, 255, 255, 255])
    expect(sticky.userData()).toBeNull()
    expect([...sticky.userData(last)!]).toEqual([
      ...[0, 0, 0, 1, 0, 2, 97, 98],
      ...[0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 1, 2],
      ...[0, 0, 0, 7],
    ])
    // Nonsense is no claim.
    for (const userData of [new Uint8Array(3), new Uint8Array([127, 255, 255, 255]), new Uint8Array(0)])
      expect(sticky.assignGroups([{ ...member('a'), userData }], partitions('t', 2))).toEqual({ a: { t: [0, 1] } })
  })
})

/** Each partition of a topic that is read goes to one who reads it. */
function checkDivision(
  division: GroupMemberAssignments,
  members: readonly GroupMember[],
  all: readonly Partition[],
): void {
  const given = new Map<string, string>()
  for (const [id, share] of Object.entries(division))
    for (const [topic, ids] of Object.entries(share))
      for (const partition of ids) {
        expect(given.has(`${topic}/${partition}`)).toBe(false)
        expect(members.find(each => each.id === id)!.topics).toContain(topic)
        given.set(`${topic}/${partition}`, id)
      }
  const wanted = new Set(members.flatMap(({ topics }) => topics))
  expect(given.size).toBe(all.filter(({ topic }) => wanted.has(topic)).length)
}

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
