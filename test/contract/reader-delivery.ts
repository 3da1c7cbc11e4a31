import { Transport } from '../../src/transport/transport.ts'
import { chaosAdapter } from '../support/chaos-adapter.ts'
import { fixtureTest } from '../support/reading-fixture.ts'
import type { Suite } from './harness.ts'

/** What readers promise when connections die as networks make them die. */
export const suite: Suite = contract => {
  const { assert } = contract
  const test = fixtureTest(contract, { timeoutMs: 60_000 })
  const count = 3_000
  const messages = Array.from({ length: count }, (_, i) => ({ value: `${i} ${'x'.repeat(200)}` }))

  for (const seed of [1, 2]) {
    // What a reader sends are small requests: a thousand bytes are a handful of fetches, heartbeats and commits.
    const chaos = { seed, killAfterBytes: [150, 1_500], mostFaults: 60 } as const

    test(`one partition through dying connections: every message once, in order; seed ${seed}`, async (fixture, {
      signal,
    }) => {
      await fixture.write(messages, { batchSize: 10 })
      const adapter = chaosAdapter(contract.adapter, chaos)
      const transport = fixture.keep(
        new Transport({ adapter, natives: contract.natives, backoff: { min: 5, max: 50 } }),
      )
      // One batch a fetch, so that there are many.
      const reader = fixture.reader({ transport, maxBytes: 1, readBackoffMin: 5, readBackoffMax: 50 })
      for (let offset = 0; offset < count; offset++) {
        const message = await reader.fetchMessage({ signal })
        assert.equal(message.offset, offset)
        assert.equal(Number(message.text().split(' ')[0]), offset)
      }
      assert.ok(adapter.faults > 10, `${adapter.faults} connections died`)
    })

    test(
      `a group's member through dying connections: every message, none left out; seed ${seed}`,
      async (fixture, { signal }) => {
        await fixture.write(messages, { batchSize: 10 })
        const adapter = chaosAdapter(contract.adapter, chaos)
        const transport = fixture.keep(
          new Transport({ adapter, natives: contract.natives, backoff: { min: 5, max: 50 } }),
        )
        const member = fixture.member({ transport, maxBytes: 1, readBackoffMin: 5, readBackoffMax: 50 })
        const next = [0, 0, 0]
        let distinct = 0
        while (distinct < count) {
          const message = await member.fetchMessage({ signal })
          const { partition, offset } = message
          // At least once: what was not committed may come again. Nothing may be left out.
          assert.ok(offset <= next[partition]!, `partition ${partition}: ${offset} after ${next[partition]! - 1}`)
          if (offset === next[partition]) {
            next[partition]!++
            distinct++
          }
          if (offset % 50 === 0) await member.commitMessages(message, { signal })
        }
        assert.ok(adapter.faults > 10, `${adapter.faults} connections died`)
      },
      { partitions: 3 },
    )
  }
}
