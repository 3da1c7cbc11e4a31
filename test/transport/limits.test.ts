import { afterEach, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { ConnectionError } from '../../src/base/errors.ts'
import type { Broker } from '../../src/broker/index.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import { Transport } from '../../src/transport/transport.ts'
import { type Bench, bench } from './support.ts'

// What a Transport promises where a runtime limits connections, as Workers do: a request of theirs has six.

let b: Bench
afterEach(() => b.close())

/** A runtime that opens so many connections at a time, and makes further ones wait without a word. */
function limited(connections: number): SocketAdapter & { open: number } {
  const inner = memory(b.broker)
  return {
    name: 'limited',
    limits: { connections },
    open: 0,
    async dial(address, options) {
      if (this.open >= connections)
        await new Promise((_, reject) =>
          options.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
        )
      this.open++
      return inner.dial(address, options)
    },
  }
}

/** Requests for metadata stay unanswered until the answer of this is called. */
function holdMetadata(broker: Broker): () => void {
  let answer = (): void => {}
  const held = new Promise<void>(resolve => {
    answer = resolve
  })
  broker.control(Metadata, () => held.then(() => undefined))
  return answer
}

test('past the limit, with every connection in use, a dial waits until one is free', async () => {
  b = bench()
  await using transport = new Transport({ adapter: { ...memory(b.broker), limits: { connections: 1 } }, natives: {} })
  const cluster = transport.cluster(b.broker.address(1))
  await cluster.refresh([])
  const control = await cluster.connection(1, 'control')
  const answer = holdMetadata(b.broker)
  const asking = control.request(Metadata, { topics: [] })
  // Groups share with nobody.
  const group = cluster.connection(1, 'group', { key: 'a' })
  answer()
  await asking
  expect((await group).closed).toBe(false)
  expect(control.closed).toBe(true)
})

test('past the limit, with every connection in use for longer than dialTimeout, a dial fails and says why', async () => {
  b = bench()
  const adapter = { ...memory(b.broker), limits: { connections: 1 } }
  await using transport = new Transport({ adapter, natives: {}, dialTimeout: 300 })
  const cluster = transport.cluster(b.broker.address(1))
  await cluster.refresh([])
  const control = await cluster.connection(1, 'control')
  const answer = holdMetadata(b.broker)
  const asking = control.request(Metadata, { topics: [] })
  const refused = await cluster.connection(1, 'group', { key: 'a' }).catch(error => error)
  expect(refused).toBeInstanceOf(ConnectionError)
  expect(refused.message).toMatch(/all 1 connections that the memory adapter allows are in use/)
  answer()
  await asking
})

test('a second transport in the same scope does not hang: its dial, which the runtime holds back, ends and says to share', async () => {
  b = bench()
  const adapter = limited(1)
  await using first = new Transport({ adapter, natives: {} })
  await first.cluster(b.broker.address(1)).refresh([])
  await using second = new Transport({ adapter, natives: {}, dialTimeout: 200 })
  const started = performance.now()
  const refused = await second
    .roundTrip(b.broker.address(1), Metadata, { topics: [] }, { timeoutMs: 1_000 })
    .catch(error => error)
  expect(performance.now() - started).toBeLessThan(5_000)
  expect(refused.message).toMatch(
    /no connection within \d+ ms \(limited has 1 connections for all transports together: share one\)/,
  )
})
