import { CooperativeStickyGroupBalancer, type GroupBalancer, Reader, type Transport } from '../../src/index.ts'
import type { Step } from './series.ts'
import { World } from './world.ts'

/** How a group is divided: all is given back first, or only what moves, or the coordinator says. */
export const ways = ['eager', 'cooperative', 'consumer'] as const
export type Way = (typeof ways)[number]

/** How many partitions each member has. */
class Shares {
  readonly held = new Map<object, number>()
  changes = 0

  add(member: object, count: number): void {
    this.held.set(member, (this.held.get(member) ?? 0) + count)
    this.changes++
  }
}

interface Group {
  readonly members: Set<Member>
  readonly shares: Shares
  readonly partitions: number
}

interface Member {
  readonly reader: Reader
  readonly transport: Transport
  readonly reading: Promise<void>
}

const partitionsEach = 2
/** So long the group is left alone before another member comes, in milliseconds; no multiple of what members wait. */
const calm = 12_345
/** The first members come within so long, one after another: no two have their heartbeats at the same moment. */
const comeWithin = 1_000

/** A group of so many members, each a program of its own; when it is divided, one more comes, and then one goes. */
export async function measureGroup(members: number, way: Way): Promise<Step> {
  const world = new World({ brokers: 3, features: { 'group.version': 1 } })
  await world.createTopics([{ name: 't', partitions: members * partitionsEach }])
  const group: Group = { members: new Set(), shares: new Shares(), partitions: members * partitionsEach }
  for (let n = 0; n < members; n++) {
    join(world, group, way)
    await world.pass(comeWithin / members)
  }
  const began = await settled(world, group)
  const beginning = world.look()
  await world.pass(calm)
  const idle = world.look()
  join(world, group, way)
  const came = await settled(world, group)
  const coming = world.look()
  await world.pass(calm)
  world.look()
  const [gone] = group.members
  group.members.delete(gone!)
  await world.drive(leave(gone!))
  const left = await settled(world, group)
  const leaving = world.look()
  const requests = [...coming.requests.values()].reduce((sum, count) => sum + count, 0)
  for (const member of group.members) void leave(member)
  await world.pass(1_000)
  await world.close()
  return {
    x: members,
    values: {
      'divided at the beginning within, ms': began,
      'divided when one came within, ms': came,
      'divided when one left within, ms': left,
      'requests of the group when one came': requests,
      'processor when one came, ms': coming.cpu,
      'processor when one left, ms': leaving.cpu,
      'processor at the beginning, ms': beginning.cpu,
      'requests a second of the group, idle':
        ([...idle.requests.values()].reduce((sum, n) => sum + n, 0) / idle.took) * 1000,
      'processor, ms a second, idle': (idle.cpu / idle.took) * 1000,
    },
  }
}

function join(world: World, { members, shares }: Group, way: Way): void {
  const transport = world.transport()
  const balancers: readonly GroupBalancer[] | undefined =
    way === 'cooperative' ? [new CooperativeStickyGroupBalancer()] : undefined
  const reader: Reader = new Reader({
    brokers: world.addr,
    topic: 't',
    groupId: 'g',
    transport,
    protocol: way === 'consumer' ? 'consumer' : 'classic',
    ...(balancers && { groupBalancers: balancers }),
    onAssigned: partitions => shares.add(reader, partitions.length),
    onRevoked: partitions => shares.add(reader, -partitions.length),
    onLost: partitions => shares.add(reader, -partitions.length),
  })
  members.add({ reader, transport, reading: consume(reader) })
}

async function consume(reader: Reader): Promise<void> {
  try {
    for await (const _ of reader);
  } catch {
    // Closed.
  }
}

async function leave({ reader, transport, reading }: Member): Promise<void> {
  await reader.close()
  await reading
  await transport.close()
}

/** Lets time pass until every partition is some member's, and all have as many but one; answers how long. */
async function settled(world: World, { members, shares, partitions }: Group): Promise<number> {
  const since = world.clock.monotonic()
  let looked = -1
  await world.clock.run(() => {
    if (shares.changes === looked) return false
    looked = shares.changes
    const counts = [...members].map(member => shares.held.get(member.reader) ?? 0)
    const all = counts.reduce((sum, count) => sum + count, 0)
    return all === partitions && Math.max(...counts) - Math.min(...counts) <= 1
  })
  return world.clock.monotonic() - since
}
