import { expect, test } from 'vitest'
import { Produce } from '../../src/protocol/produce.ts'
import { Writer } from '../../src/writer/writer.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { bench } from '../transport/support.ts'

test('an answer that asks for a pause of 24 days delays writes by five minutes at most', async () => {
  const clock = new LeapingClock()
  const b = bench({ brokers: 1, clock }, { clock })
  const writer = new Writer({
    addr: b.broker.addresses,
    topic: 'topic',
    transport: b.transport,
    deliveryTimeout: 600_000,
  })
  const stop = b.broker.control(Produce, async (_request, { apply }) => {
    stop()
    return { ...(await apply())!, throttleTimeMs: 0x7fffffff }
  })
  const write = () => writer.writeMessages({ partition: 0, value: 'x' })
  await write()
  const began = clock.monotonic()
  await write()
  expect(clock.monotonic() - began).toBeLessThanOrEqual(310_000)
  await writer.close()
  await b.close()
  clock.close()
})
