import { expect, test } from 'vitest'
import { assignments, groupSeeks, seeks } from '../support/seeks.ts'
import { inVirtualTime } from '../support/world.ts'

test('a thousand seeks in the middle of long polls take one fetch connection, and none waits for a poll to end', async () => {
  const topics = [{ name: 't', partitions: 1 }]
  const result = await inVirtualTime({ topics }, world => seeks(world, 't', 1_000))
  expect(result.wrong).toEqual([])
  expect(Object.values(result.fetchConnections), JSON.stringify(result)).toEqual([1])
  expect(result.slowest, 'the slowest message that was sought, ms').toBeLessThan(1_000)
}, 120_000)

test('a thousand seeks of a member of a group take one fetch connection per broker, and none waits for a poll to end', async () => {
  const topics = [{ name: 't', partitions: 6 }]
  const result = await inVirtualTime({ topics }, world => groupSeeks(world, 't', 6, 1_000))
  expect(result.wrong).toEqual([])
  expect(Object.values(result.fetchConnections), JSON.stringify(result)).toEqual([1, 1, 1])
  expect(result.slowest, 'the slowest message that was sought, ms').toBeLessThan(1_000)
}, 120_000)

test('a hundred assignments in the middle of long polls take one fetch connection per broker', async () => {
  const topics = [{ name: 't', partitions: 6 }]
  const result = await inVirtualTime({ topics }, world => assignments(world, 't', 6, 100))
  expect(result).toMatchObject({ lost: [], errors: [] })
  expect(Object.values(result.fetchConnections), JSON.stringify(result)).toEqual([1, 1, 1])
}, 120_000)
