import { expect, test } from 'vitest'
import { churn } from '../support/churn.ts'
import { inVirtualTime } from '../support/world.ts'

const full = process.env['FULL'] === '1'
const durationMs = full ? 120_000 : 30_000

for (const seed of full ? [1, 2, 3] : [1]) {
  test(`a group of four that began at the end loses nothing while members and partitions come and go, seed ${seed}`, async () => {
    const topics = [{ name: 't', partitions: 6 }]
    const result = await inVirtualTime({ topics }, world => churn(world, { topic: 't', durationMs, seed }))
    expect(result, JSON.stringify(result)).toMatchObject({
      lost: [],
      old: [],
      errors: [],
      acknowledged: result.attempted,
    })
    expect(result.generations, 'the group was divided anew').toBeGreaterThan(15)
    expect(result.crashes, 'members crashed').toBeGreaterThan(4)
  }, 180_000)
}
