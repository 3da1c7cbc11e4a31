import { expect, test } from 'vitest'
import { sourceOf } from '../../src/reader/replica-choice.ts'
import type { TopicLayout } from '../../src/transport/layout.ts'

function layout(leader: number, isr: readonly number[]): TopicLayout {
  const partition = { index: 0, leader, leaderEpoch: 3, replicas: [1, 2, 3], isr, offline: [], error: null }
  return { name: 't', id: 'x', internal: false, partitions: [partition], error: null }
}

const chosen = { partition: 0, replica: { id: 2, leader: 1, until: 1_000 } }

test('a replica is read from as long as it was chosen for, is in sync and has the leader that chose it', () => {
  expect(sourceOf(chosen, layout(1, [1, 2, 3]), 999)).toBe(2)
  expect(sourceOf(chosen, layout(1, [1, 2, 3]), 1_000)).toBe(1)
  expect(sourceOf(chosen, layout(1, [1, 3]), 0)).toBe(1)
  expect(sourceOf(chosen, layout(3, [1, 2, 3]), 0)).toBe(3)
  expect(sourceOf(chosen, layout(-1, [1, 2, 3]), 0)).toBe(-1)
})

test('without a choice a partition is read from its leader; who that is may not be known', () => {
  expect(sourceOf({ partition: 0, replica: undefined }, layout(1, [1, 2]), 0)).toBe(1)
  expect(sourceOf({ partition: 5, replica: undefined }, layout(1, [1, 2]), 0)).toBe(-1)
  expect(sourceOf(chosen, undefined, 0)).toBe(-1)
})
