import { expect, test } from 'vitest'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { open } from '../broker/open.ts'

test('the controller is told how long it may work at a change of topics', async () => {
  const { broker, client } = open()
  const told: number[] = []
  for (const api of [CreateTopics, CreatePartitions, DeleteTopics])
    broker.control(api as typeof CreateTopics, ({ timeoutMs }) => void told.push(timeoutMs))
  for (const timeout of [undefined, 7000]) {
    const within = timeout === undefined ? {} : { timeout }
    await client.createTopics({ topics: [{ topic: 't' }], ...within })
    await client.createPartitions({ topics: [{ name: 't', count: 2 }], ...within })
    await client.deleteTopics({ topics: ['t'], ...within })
  }
  expect(told).toEqual([2000, 2000, 2000, 7000, 7000, 7000])
  // @ts-expect-error milliseconds are a number
  await expect(client.deleteTopics({ topics: ['t'], timeout: '1s' })).rejects.toThrow('timeout')
})
