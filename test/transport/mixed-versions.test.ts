import { expect, test } from 'vitest'
import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Writer } from '../../src/writer/writer.ts'
import { bench } from './support.ts'

test('peers ask once per client: in a cluster half upgraded, each broker is spoken to in the versions it has', async () => {
  const { broker, transport, close } = bench({ brokers: 2, topics: [{ name: 'topic', partitions: 2 }] })
  const oldest = 7
  broker.control(ApiVersions, async (_request, { brokerId, apply }) => {
    const told = await apply()
    if (brokerId === 1 || told === null) return told
    return {
      ...told,
      apiKeys: told.apiKeys!.map(api => (api.apiKey === Produce.key ? { ...api, maxVersion: oldest } : api)),
    }
  })
  const used = new Map<number, number>()
  broker.control(Produce, (_request, { brokerId, apiVersion }) => void used.set(brokerId, apiVersion))
  const writer = new Writer({ addr: broker.addresses, topic: 'topic', transport, balancer: new RoundRobin() })
  await writer.writeMessages([{ value: 'a' }, { value: 'b' }])
  await writer.close()
  expect(used.get(2)).toBe(oldest)
  expect(used.get(1)).toBeGreaterThan(oldest)
  await close()
})
