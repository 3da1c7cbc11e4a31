import { expect, test } from 'vitest'
import { Client, GenerationEndedError } from '../../src/index.ts'
import { Embedded } from '../support/embedded.ts'

test('a generation ends when its topic gets more partitions, and the next has them', async () => {
  await using kafka = new Embedded({ partitions: 1 })
  const group = kafka.group({ watchPartitionChanges: true, partitionWatchInterval: 20 })
  const first = await group.next()
  expect(first.assignments['t']).toHaveLength(1)
  const ended = new Promise(resolve =>
    first.start(
      signal => new Promise<void>(exit => signal.addEventListener('abort', () => exit(resolve(signal.reason)))),
    ),
  )
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  await client.createPartitions({ topics: [{ name: 't', count: 3 }] })
  expect(await ended).toBeInstanceOf(GenerationEndedError)
  const second = await group.next()
  expect(second.assignments['t']!.map(({ id }) => id)).toEqual([0, 1, 2])
})
