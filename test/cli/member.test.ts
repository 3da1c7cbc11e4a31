import { expect, test } from 'vitest'
import { Ledger } from '../../adapters/cli/demo/ledger.ts'
import { Member } from '../../adapters/cli/demo/member.ts'
import { News } from '../../adapters/cli/demo/news.ts'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Client } from '../../src/client/client.ts'
import { Embedded } from '../support/embedded.ts'

test('a member told to leave with a batch in hand commits that batch and leaves', async () => {
  await using kafka = new Embedded()
  const { addresses } = kafka.broker
  await kafka.write([{ value: JSON.stringify({ customer: 0, number: 0 }) }])
  const member = new Member('anna', {
    brokers: addresses,
    groupId: 'g',
    topic: 't',
    transport: { adapter: memory(kafka.broker, natives), natives },
  })
  let left: Promise<void> | undefined
  const ledger = new (class extends Ledger {
    override deliver(order: { customer: number; number: number }): void {
      super.deliver(order)
      left = member.leave()
    }
  })(1, 1)
  const news = new News(10_000)
  member.start(ledger, news)
  expect(await news.until(() => left !== undefined)).toBe(true)
  await left
  const client = new Client({ addr: addresses, transport: kafka.transport })
  const { topics } = await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })
  expect(topics['t']).toMatchObject([{ partition: 0, committedOffset: 1 }])
})
