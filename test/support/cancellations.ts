import { getEventListeners } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapter } from '../../adapters/node/index.ts'
import { Client, Transport } from '../../src/index.ts'
import type { Stage } from './administration.ts'
import { call, methods, type Things } from './calls.ts'
import { HoldingAdapter } from './holding-adapter.ts'
import { pause } from './waiting.ts'

/**
 * That each method of the Client ends at once when its signal is aborted, on a cluster that is there: before it asks,
 * and while the broker's answer is awaited. What was asked by then is carried out all the same.
 */
export function cancellations(stage: Stage): void {
  const holding = new HoldingAdapter(adapter)
  let transport: Transport
  let client: Client
  const things = new Map<string, Things>()
  beforeAll(async () => {
    // What is known of topics lasts, so that a method's own requests are those that are counted.
    transport = new Transport({ adapter: holding, metadataTtl: 600_000 })
    client = new Client({ addr: stage.brokers, transport })
    const { brokers } = await client.metadata({ topics: [] })
    for (const method of methods) {
      const [topic, groupId, transactionalId] = ['topic', 'group', 'id'].map(kind => `cancelled-${kind}-${method}`)
      const mine = { topic: topic!, groupId: groupId!, transactionalId: transactionalId! }
      things.set(method, { ...mine, fresh: `cancelled-fresh-${method}`, brokerId: brokers[0]!.id })
    }
    const all = [...things.values()]
    const { errors } = await client.createTopics({
      topics: all.map(({ topic }) => ({ topic, numPartitions: 1, replicationFactor: 1 })),
    })
    expect(new Set(Object.values(errors))).toEqual(new Set([null]))
    await Promise.all(
      all.map(async ({ topic, groupId, transactionalId }) => {
        await client.waitForTopic({ topic })
        await client.produce({ topic, partition: 0, records: [{ value: 'x' }] })
        await client.offsetCommit({ groupId, topics: { [topic]: [{ partition: 0, offset: 0 }] } })
        await client.initProducerId({ transactionalId })
      }),
    )
  }, 60_000)
  afterAll(() => transport?.close())

  test.each(methods)('%s asks nobody when its signal is aborted already', async method => {
    const cancel = new AbortController()
    cancel.abort()
    const { sent } = holding
    const error = await call(client, method, things.get(method)!, cancel.signal).catch((error: unknown) => error)
    expect(error).toBe(cancel.signal.reason)
    expect(holding.sent).toBe(sent)
  })

  test.each(methods)('%s ends at once when its signal is aborted while an answer is awaited', async method => {
    // Bytes that are to be written may be their owner's again: nothing of them is left with a connection.
    const mayEnd = method === 'produce' || method === 'rawProduce'
    let at = 1
    for (; ; at++) {
      const cancel = new AbortController()
      const { ended } = holding
      const held = holding.hold(at)
      const going = call(client, method, things.get(method)!, cancel.signal).then(
        () => 'done',
        (error: unknown) => error,
      )
      try {
        const outcome = await Promise.race([held.asked.then(() => 'asked'), going])
        if (outcome !== 'asked') break
        cancel.abort()
        expect(await Promise.race([going, pause(500)])).toBe(cancel.signal.reason)
        expect(getEventListeners(cancel.signal, 'abort')).toEqual([])
      } finally {
        held.release()
      }
      // Its connections serve others.
      expect((await client.metadata({ topics: [] })).brokers).not.toEqual([])
      expect(holding.ended - ended).toBeLessThanOrEqual(mayEnd ? 1 : 0)
    }
    // Nobody offers telemetry; all others have asked.
    expect(at > 1).toBe(method !== 'getTelemetrySubscriptions')
  })
}
