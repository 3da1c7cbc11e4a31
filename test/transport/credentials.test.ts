import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { AuthenticationError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import type { ReaderConfig } from '../../src/reader/config.ts'
import type { Socket } from '../../src/socket/socket.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

/** What a callback of the user's does now: its work, or throw this. */
interface State {
  trouble: Error | undefined
}

const ways: [string, (state: State) => TransportConfig][] = [
  [
    'the credentials',
    state => ({
      sasl: {
        name: 'PLAIN',
        async start() {
          if (state.trouble !== undefined) throw state.trouble
          return {
            machine: { next: async () => ({ done: true }) },
            response: new TextEncoder().encode('\0alice\0secret'),
          }
        },
      },
    }),
  ],
  [
    'the addresses',
    state => ({
      resolver: {
        async lookupBrokerIpAddr({ host }) {
          if (state.trouble !== undefined) throw state.trouble
          return [host]
        },
      },
    }),
  ],
]
const readers: [string, Partial<ReaderConfig>][] = [
  ['a partition', { partition: 0 }],
  ['a topic', {}],
  ['a group', { groupId: 'g' }],
]

/** A cluster, a transport to it by way of such a callback, and a way to cut all its connections. */
function world(way: (state: State) => TransportConfig) {
  const clock = new LeapingClock()
  const state: State = { trouble: undefined }
  const given = way(state)
  const kafka = new Embedded({ clock, transport: { clock }, ...(given.sasl && { users: { alice: 'secret' } }) })
  const inner = memory(kafka.broker, natives)
  const sockets = new Set<Socket>()
  const adapter = {
    name: 'watched',
    async dial(...dial: Parameters<typeof inner.dial>): Promise<Socket> {
      const socket = await inner.dial(...dial)
      sockets.add(socket)
      return socket
    },
  }
  const transport = new Transport({ clock, natives, adapter, logger: null, ...given })
  const cut = (): void => {
    for (const socket of sockets) socket.abort(new Error('the network is away'))
  }
  return {
    clock,
    state,
    kafka,
    transport,
    cut,
    async [Symbol.asyncDispose]() {
      await kafka[Symbol.asyncDispose]()
      await transport.close()
      clock.close()
    },
  }
}

describe.each(ways)('a callback for %s that fails because the network is away', (_what, way) => {
  test.each(readers)('ends no loop over %s, and no write', async (_kind, config) => {
    await using at = world(way)
    const { clock, state, kafka, transport, cut } = at
    await kafka.write([{ value: 'before' }], { transport })
    const reader = kafka.reader({ transport, ...config })
    const texts: string[] = []
    let ended: unknown
    void (async () => {
      for await (const message of reader) texts.push(message.text())
      ended = 'ended'
    })().catch(error => {
      ended = error
    })
    await clock.until(() => texts.length === 1)
    state.trouble = new TypeError('Failed to fetch')
    cut()
    const writing = kafka.write([{ value: 'meanwhile' }], { transport })
    await clock.sleep(20_000)
    expect(ended).toBeUndefined()
    state.trouble = undefined
    await writing
    await clock.until(() => texts.length === 2, 15_000)
    expect([texts, ended]).toEqual([['before', 'meanwhile'], undefined])
    await reader.close()
  })

  test('is waited for by a first call', async () => {
    await using at = world(way)
    const { clock, state, kafka, transport } = at
    state.trouble = new TypeError('Failed to fetch')
    const calls = [
      kafka.write([{ value: 'x' }], { transport }),
      new Client({ addr: kafka.broker.addresses, transport }).metadata({}),
    ]
    await clock.sleep(3_000)
    state.trouble = undefined
    await Promise.all(calls)
  })
})

test.each(readers)(
  'a callback that throws an AuthenticationError refuses for good: a loop over %s ends with it, a write too',
  async (_kind, config) => {
    await using at = world(ways[0]![1])
    const { clock, state, kafka, transport, cut } = at
    await kafka.write([{ value: 'before' }], { transport })
    const reader = kafka.reader({ transport, ...config })
    await reader.readMessage()
    state.trouble = new AuthenticationError('the session is over')
    cut()
    const began = clock.monotonic()
    await expect(kafka.write([{ value: 'x' }], { transport })).rejects.toThrow(/the session is over/)
    await expect(reader.readMessage()).rejects.toThrow(/the session is over/)
    // A member that reads learns of it when its fetches, or its session, end.
    expect(clock.monotonic() - began).toBeLessThan(10_000)
  },
)
