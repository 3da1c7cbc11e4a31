import { getEventListeners } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { deferred } from '../../src/base/deferred.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, Transport } from '../../src/index.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { apis } from '../../src/protocol/registry.ts'
import { call, methods, type Things } from '../support/calls.ts'
import { pause } from '../support/waiting.ts'

// Whatever a call is at, its signal ends it at once, and nothing of it stays behind.

let broker: Broker
let made = 0
/** What the broker does with each request it gets. */
let hold: (api: AnyApi) => Promise<void> | undefined = () => undefined
let asked = 0
beforeAll(() => {
  broker = new Broker({ brokers: 2, autoCreateTopics: false })
  for (const api of apis)
    broker.control(api, () => {
      asked++
      return hold(api) as Promise<undefined> | undefined
    })
})
afterAll(() => broker.close())

/** New ones each time, as some calls make them and others take them away. */
async function newThings(): Promise<Things> {
  const n = ++made
  const [topic, groupId, transactionalId] = [`topic-${n}`, `group-${n}`, `transaction-${n}`]
  await using transport = new Transport({ adapter: memory(broker) })
  const client = new Client({ addr: broker.addresses, transport })
  await client.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
  await client.produce({ topic, partition: 0, records: [{ value: 'x' }] })
  await client.offsetCommit({ groupId, topics: { [topic]: [{ partition: 0, offset: 0 }] } })
  await client.initProducerId({ transactionalId })
  return { topic, groupId, transactionalId, fresh: `fresh-${n}`, brokerId: 1 }
}

interface Attempt {
  readonly client: Client
  readonly things: Things
  readonly cancel: AbortController
}

const tried: [string, (attempt: Attempt) => Promise<unknown>][] = [
  ...methods.map((method): (typeof tried)[number] => [
    method,
    ({ client, things, cancel }) => call(client, method, things, cancel.signal),
  ]),
  ['roundTrip', ({ client, cancel }) => client.roundTrip(Metadata, { topics: null }, { signal: cancel.signal })],
]

test.each(tried)('%s asks nobody when its signal is aborted already', async (_method, made) => {
  await using transport = new Transport({ adapter: memory(broker) })
  const cancel = new AbortController()
  cancel.abort()
  const things = await newThings()
  asked = 0
  const client = new Client({ addr: broker.addresses, transport })
  const error = await made({ client, things, cancel }).catch((error: unknown) => error)
  expect(error).toBe(cancel.signal.reason)
  expect(error).toMatchObject({ name: 'AbortError' })
  expect(asked).toBe(0)
})

test.each(tried)(
  '%s ends at once when its signal is aborted, whichever of its requests waits',
  async (_method, made) => {
    for (let at = 1; ; at++) {
      const things = await newThings()
      await using transport = new Transport({ adapter: memory(broker), natives: {}, metadataTtl: 600_000 })
      const client = new Client({ addr: broker.addresses, transport })
      const cancel = new AbortController()
      const caught = deferred<'caught'>()
      const gate = deferred<void>()
      let count = 0
      let held: AnyApi | undefined
      hold = api => {
        if (++count !== at) return undefined
        held = api
        caught.resolve('caught')
        return gate.promise
      }
      const going = made({ client, things, cancel }).then(
        () => 'done',
        (error: unknown) => error,
      )
      try {
        if ((await Promise.race([caught.promise, going])) !== 'caught') {
          // The first is one that every call has.
          expect(at).toBeGreaterThan(1)
          return
        }
        cancel.abort()
        const ended = await Promise.race([going, pause(200)])
        // A connection that is made for what comes next is nobody's to wait for.
        if (held !== ApiVersions || ended !== 'done') expect(ended).toBe(cancel.signal.reason)
        expect(getEventListeners(cancel.signal, 'abort')).toEqual([])
      } finally {
        hold = () => undefined
        gate.resolve()
      }
      // Its connections serve others.
      expect((await client.metadata({ topics: [things.topic] })).topics[0]!.name).toBe(things.topic)
    }
  },
)
