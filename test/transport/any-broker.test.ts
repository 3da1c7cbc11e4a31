import { afterEach, beforeEach, expect, test } from 'vitest'
import { Client } from '../../src/client/client.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { Writer } from '../../src/writer/writer.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { type Bench, bench } from './support.ts'

let clock: LeapingClock
let b: Bench
beforeEach(() => {
  clock = new LeapingClock()
  b = bench({ clock }, { clock, backoff: { min: 50, max: 1000 } })
})
afterEach(async () => {
  await b.close()
  clock.close()
})

/** The first broker that is asked refuses for ever, or never answers; the others do as they do. */
function firstOf<T>(answer: T): (_request: unknown, context: { brokerId: number }) => T | undefined {
  let first: number | undefined
  return (_, { brokerId }) => {
    first ??= brokerId
    return brokerId === first ? answer : undefined
  }
}

const noProducerId = { errorCode: 14, producerId: -1n, producerEpoch: -1 }
test.each([
  ['refuses', noProducerId, 2_000],
  ['never answers', 'hang' as const, 12_000],
])('a producer id is asked for at another broker when one %s', async (_how, answer, within) => {
  b.broker.control(InitProducerId, firstOf(answer))
  await using writer = new Writer({ addr: b.broker.addresses, topic: 'topic', transport: b.transport })
  await writer.writeMessages({ value: 'x' })
  expect(clock.monotonic()).toBeLessThan(within)
})

const noCoordinator = { errorCode: 15, errorMessage: null, nodeId: -1, host: '', port: -1 }
test.each([
  ['refuses', { coordinators: [{ key: 'g', ...noCoordinator }] }, 2_000],
  ['never answers', 'hang' as const, 12_000],
])('a coordinator is asked for at another broker when one %s', async (_how, answer, within) => {
  b.broker.control(FindCoordinator, firstOf(answer))
  const client = new Client({ addr: b.broker.addresses, transport: b.transport })
  await client.offsetFetch({ groupId: 'g', topics: {} })
  expect(clock.monotonic()).toBeLessThan(within)
})

test('what any broker can do, and one refuses for now, is asked of another', async () => {
  b.broker.control(InitProducerId, firstOf(noProducerId))
  const { errorCode } = await b.transport.roundTrip(b.broker.addresses, InitProducerId, {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
  })
  expect(errorCode).toBe(0)
  expect(clock.monotonic()).toBeLessThan(2_000)
})
