import { AsyncLocalStorage } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { type Reader, Transport, Writer } from '../../src/index.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

const store = new AsyncLocalStorage<object>()

test('connections, their reads and timers run outside of the context of whoever asked first', async () => {
  const broker = new Broker({ topics: [{ name: 't', partitions: 1 }], natives })
  const inner = memory(broker, natives)
  const seen = new Map<string, Set<unknown>>()
  const see = (what: string): void => void seen.set(what, (seen.get(what) ?? new Set()).add(store.getStore()))
  const adapter: SocketAdapter = {
    name: 'watched',
    async dial(address, options) {
      see('dial')
      const socket = await inner.dial(address, options)
      const read = socket.read.bind(socket)
      socket.read = () => {
        see('read')
        return read()
      }
      return socket
    },
  }
  const transport = new Transport({ adapter, natives, onEvent: ({ type }) => see(type) })
  await store.run({ of: 'the caller' }, async () => {
    const writer = new Writer({ addr: broker.addresses, topic: 't', transport })
    await writer.writeMessages({ value: 'one' })
    expect(store.getStore()).toEqual({ of: 'the caller' })
    await new Promise<void>(done => transport.clock.after(1, () => done(see('timer'))))
    await writer.close()
  })
  await transport.close()
  expect([...seen.keys()].sort()).toEqual(
    expect.arrayContaining(['connect', 'dial', 'disconnect', 'read', 'request', 'timer']),
  )
  for (const what of ['connect', 'dial', 'disconnect', 'read', 'request', 'timer'])
    expect([what, ...seen.get(what)!]).toEqual([what, undefined])
})

test("a caller's context is let go of once its calls are done, while Transport, Writer and Reader live on", async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const broker = new Broker({ topics: [{ name: 't', partitions: 1 }], natives })
  await using transport = new Transport({ adapter: memory(broker, natives), natives })
  const made: { writer?: Writer; reader?: Reader } = {}
  const use = async (): Promise<WeakRef<object>> => {
    const context = { of: 'a request' }
    await store.run(context, async () => {
      made.writer = new Writer({ addr: broker.addresses, topic: 't', transport })
      await made.writer.writeMessages({ value: 'one' })
    })
    return new WeakRef(context)
  }
  const context = await use()
  for (let i = 0; i < 20 && context.deref() !== undefined; i++) {
    await new Promise(setImmediate)
    gc()
  }
  expect(context.deref()).toBeUndefined()
  await made.writer!.close()
})
