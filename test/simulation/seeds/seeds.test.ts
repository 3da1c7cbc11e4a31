import { expect, test } from 'vitest'
import { faults } from '../faults/index.ts'
import type { Plan } from '../plan.ts'
import { simulate } from '../run.ts'
import { workloads } from '../workloads/index.ts'

/** Worlds that went wrong, as small as they could be made. Each is named after what was wrong with the client. */
const seeds: Readonly<Record<string, Written>> = {
  'a member that was led to another broker before it knew the cluster kept asking that one to let it join': {
    seed: 10131,
    brokers: 2,
    partitions: 5,
    release: '4.4',
    protocol: 'classic',
    balancing: 'eager',
    trouble: 29808,
    faults: ['wrong names'],
    workloads: [null, 'restless group'],
  },
  'a connection to whoever listened at an address was taken for one to the broker said to be there': {
    seed: 20509,
    brokers: 2,
    partitions: 7,
    release: '4.4',
    protocol: 'classic',
    balancing: 'eager',
    trouble: 70174,
    faults: ['moved leaders', 'resets', 'stopped brokers', 'wrong names'],
    workloads: ['writer with acks of the leader', 'reader', 'group', 'restless group'],
  },
  'a reader sent back for ever asked for what was committed in a topic that was made anew': {
    seed: 6000117,
    brokers: 4,
    partitions: 5,
    release: '4.4',
    protocol: 'classic',
    balancing: 'cooperative',
    trouble: 45114,
    faults: ['lost names', 'moved coordinators', 'partial metadata', 'remade topics'],
    workloads: [
      'idempotent writer',
      'writer',
      'restless reader',
      'client calls',
      'transactional writer',
      'copying group',
    ],
  },
}

interface Written extends Omit<Plan, 'faults' | 'workloads'> {
  readonly faults: readonly string[]
  readonly workloads: readonly (string | null)[]
}

test.each(Object.entries(seeds))('%s', { timeout: 60_000 }, async (_name, written) => {
  const { anomalies, bites } = await simulate({
    ...written,
    faults: written.faults.map(name => faults.get(name)!),
    workloads: written.workloads.map(name => (name === null ? null : workloads.get(name)!)),
  })
  expect(anomalies).toEqual([])
  expect(Math.min(...bites.values()), 'each fault hit something').toBeGreaterThan(0)
})
