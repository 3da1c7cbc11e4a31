import { expect, test } from 'vitest'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { Embedded } from '../support/embedded.ts'

test('a member keeps its place while a request beside its heartbeats is not answered', async () => {
  await using kafka = new Embedded()
  const joins = kafka.spoil(JoinGroup, 0, () => undefined)
  const fetches = kafka.spoil(OffsetFetch, 1, () => 'hang')
  const group = kafka.group({ sessionTimeout: 1_000, heartbeatInterval: 100, timeout: 500 })
  const generation = await group.next()
  expect(generation.assignments['t']).toHaveLength(1)
  expect(fetches.count).toBe(2)
  // It is given its id by the first, and its place by the second.
  expect(joins.count).toBe(2)
})
