import { Chance } from './chance.ts'
import type { Fault } from './faults/fault.ts'
import { faults } from './faults/index.ts'
import { type Release, releases } from './releases.ts'
import { slowGroup } from './workloads/groups.ts'
import { workloads as all } from './workloads/index.ts'
import { copyingGroup, transactionalWriter } from './workloads/transactions.ts'
import type { Workload } from './workloads/workload.ts'

export type Protocol = 'classic' | 'consumer'
/** How classic groups are divided. */
export type Balancing = 'eager' | 'cooperative'

/** What is played. All of it follows from the seed unless it is given. */
export interface Plan {
  readonly seed: number
  readonly brokers: number
  readonly partitions: number
  /** Of the brokers. */
  readonly release: Release
  /** Of groups. */
  readonly protocol: Protocol
  /** Of classic groups. */
  readonly balancing: Balancing
  /** How long things go wrong, in milliseconds of the world's time. */
  readonly trouble: number
  readonly faults: readonly Fault[]
  /** null holds a place that was left empty. */
  readonly workloads: readonly (Workload | null)[]
}

export function planOf(seed: number, given: Partial<Plan> = {}): Plan {
  const chance = new Chance(seed).of('plan')
  const brokers = chance.whole(1, 5)
  const partitions = chance.whole(1, 8)
  const trouble = chance.whole(20_000, 90_000)
  const chosenFaults = chance.some([...faults.values()], chance.whole(0, 4))
  // They came later, and draw for themselves: what a seed chose of the others stays.
  const transactional = [transactionalWriter, copyingGroup]
  const later = new Set<Workload>([...transactional, slowGroup])
  const former = [...all.values()].filter(workload => !later.has(workload))
  const writers = former.filter(({ role }) => role === 'writes')
  const others = former.filter(({ role }) => role !== 'writes')
  const chosenWorkloads = [
    ...chance.some(writers, chance.whole(1, 2)),
    ...chance.some(others, chance.whole(1, 3)),
    ...new Chance(seed)
      .of('transactions')
      .some(transactional, new Chance(seed).of('how many transactions').whole(-3, 2)),
    ...(new Chance(seed).of('slow group').is(0.2) ? [slowGroup] : []),
  ]
  const release = chance.is(0.7) ? '4.4' : chance.pick(Object.keys(releases) as Release[])
  // Before 2.5 brokers can't tell which member commits with a transaction (KIP-447).
  const workloads = chosenWorkloads.filter(workload => release !== '1.1' || workload !== copyingGroup)
  const plan = { seed, brokers, partitions, release, trouble, faults: chosenFaults, workloads, ...given }
  // It came later, too.
  const protocol = plan.release === '4.4' && new Chance(seed).of('protocol').is(0.5) ? 'consumer' : 'classic'
  // And so did this.
  const balancing = new Chance(seed).of('balancing').is(0.5) ? 'cooperative' : 'eager'
  return { ...plan, protocol: given.protocol ?? protocol, balancing: given.balancing ?? balancing }
}
