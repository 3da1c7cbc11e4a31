import { afterEach, beforeEach, expect, test } from 'vitest'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Writer } from '../../src/writer/writer.ts'
import { type Bench, bench } from './support.ts'

let b: Bench
beforeEach(() => {
  b = bench({ brokers: 1, topics: [{ name: 'topic' }] }, { metadataTtl: 1e9 })
})
afterEach(() => b.close())

/** Moves the partition to a broker that the client has not heard of. */
function moveToNewcomer(): number {
  const id = b.broker.addBroker()
  b.broker.moveLeader('topic', 0, id)
  return id
}

test('a writer that is named a leader without an address asks where that is', async () => {
  await using writer = new Writer({ addr: b.broker.addresses, topic: 'topic', transport: b.transport })
  await writer.writeMessages({ value: 'first' })
  const id = moveToNewcomer()
  let hints = 0
  b.broker.control(Produce, async (_request, { apply }) => {
    const answer = await apply()
    for (const { currentLeader } of answer?.responses[0]?.partitionResponses ?? [])
      if (currentLeader?.leaderId === id) hints++
    return { ...answer!, nodeEndpoints: [] }
  })
  await writer.writeMessages({ value: 'second' })
  expect(hints).toBeGreaterThan(0)
})

test('a reader that is named a leader without an address asks where that is', async () => {
  await using writer = new Writer({ addr: b.broker.addresses, topic: 'topic', transport: b.transport })
  await using reader = new Reader({
    brokers: b.broker.addresses,
    topic: 'topic',
    partition: 0,
    transport: b.transport,
    maxWait: 50,
  })
  await writer.writeMessages({ value: 'first' })
  await reader.readMessage()
  let hints = 0
  b.broker.control(Fetch, async (_request, { apply }) => {
    const answer = await apply()
    for (const { currentLeader } of answer?.responses[0]?.partitions ?? []) if (currentLeader?.leaderId === 2) hints++
    return { ...answer!, nodeEndpoints: [] }
  })
  moveToNewcomer()
  await writer.writeMessages({ value: 'second' })
  expect((await reader.readMessage()).text()).toBe('second')
  expect(hints).toBeGreaterThan(0)
})
