import { expect, test } from 'vitest'
import { ErrorCode } from '../../src/index.ts'
import { open } from './open.ts'

// What Kafka answers to all that can be asked is compared in e2e/broker-differential.test.ts.

test('quotas are kept, for so many entities', async () => {
  const { client } = open({ limits: { quotas: 2 } })
  const set = async (entityName: string | null, value?: number) => {
    const ops = [{ key: 'consumer_byte_rate', ...(value === undefined ? { remove: true } : { value }) }]
    const { entries } = await client.alterClientQuotas({
      entries: [{ entities: [{ entityType: 'user', entityName }], ops }],
    })
    return entries[0]!.error?.code ?? 0
  }
  const all = async () =>
    (await client.describeClientQuotas({ components: [{ entityType: 'user', matchType: 'any' }] })).entries
      .map(({ values }) => values[0]!.value)
      .sort()
  expect([await set('a', 1), await set(null, 2), await set('b', 3)]).toEqual([0, 0, ErrorCode.PolicyViolation])
  expect(await set('a', 4)).toBe(0)
  expect(await all()).toEqual([2, 4])
  expect([await set('a'), await set('b', 3)]).toEqual([0, 0])
  expect(await all()).toEqual([2, 3])
})
