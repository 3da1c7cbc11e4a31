import { afterEach, beforeEach, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { Transport } from '../../src/transport/transport.ts'

let broker: Broker
let transport: Transport
let client: Client
beforeEach(() => {
  broker = new Broker({ topics: [{ name: 'orders' }], autoCreateTopics: false })
  transport = new Transport({ adapter: memory(broker), natives: {}, backoff: { min: 5, max: 20 } })
  client = new Client({ addr: broker.addresses, transport, timeout: 2000 })
})
afterEach(async () => {
  await transport.close()
  await broker.close()
})

test.each<[string, RegExp, () => Promise<Error | null | undefined>]>([
  [
    'produce',
    /orders\/7/,
    async () => (await client.produce({ topic: 'orders', partition: 7, records: [{ value: 'x' }] })).error,
  ],
  ['fetch', /orders\/0/, async () => (await client.fetch({ topic: 'orders', partition: 0, offset: 99 })).error],
  [
    'listOffsets',
    /orders\/7/,
    async () =>
      (await client.listOffsets({ topics: { orders: [{ partition: 7, timestamp: -1 }] } })).topics['orders']?.[0]
        ?.error,
  ],
  ['metadata', /topic missing/, async () => (await client.metadata({ topics: ['missing'] })).topics[0]?.error],
  [
    'createTopics',
    /topic orders/,
    async () => (await client.createTopics({ topics: [{ topic: 'orders' }] })).errors['orders'],
  ],
  ['deleteTopics', /topic missing/, async () => (await client.deleteTopics({ topics: ['missing'] })).errors['missing']],
  [
    'heartbeat',
    /group audit/,
    async () => (await client.heartbeat({ groupId: 'audit', generationId: 1, memberId: 'm' })).error,
  ],
  [
    'leaveGroup',
    /group audit, member m/,
    async () => (await client.leaveGroup({ groupId: 'audit', members: [{ id: 'm' }] })).members[0]?.error,
  ],
])('the error of %s names what it is about', async (_call, what, call) => {
  const error = await call()
  expect(error?.message).toMatch(what)
})

test('the error of a group’s offsets names group and partition', async () => {
  broker.control(OffsetFetch, () => ({
    groups: [
      {
        groupId: 'audit',
        errorCode: 0,
        topics: [
          { name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: -1, metadata: '', errorCode: 29 }] },
        ],
      },
    ],
  }))
  const { topics } = await client.offsetFetch({ groupId: 'audit', topics: { orders: [0] } })
  expect(topics['orders']?.[0]?.error?.message).toMatch(/group audit, orders\/0/)
})
