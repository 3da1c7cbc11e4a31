import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { ConfigError, ConnectionError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'
import { Transport } from '../../src/transport/transport.ts'
import { type Anything, fixture } from './fixture.ts'

const { broker, rejections } = fixture()
const inner = memory(broker)
const textless = Object.assign(Object.create(null), { cut: true })
const fail = (reason: unknown) => (): never => {
  throw reason
}

/** A socket to the broker, but for these methods. */
function changed(change: (socket: Socket) => Anything): SocketAdapter['dial'] {
  return async (address, options) => {
    const socket = await inner.dial(address, options)
    const bound: Socket = {
      read: () => socket.read(),
      write: pieces => socket.write(pieces),
      flushed: () => socket.flushed(),
      close: () => socket.close(),
      abort: reason => socket.abort(reason),
    }
    return { ...bound, ...change(socket) }
  }
}

/** What a call says by way of an adapter that dials so; ends everything, and holds that this leaves nothing behind. */
async function told(dial: Anything): Promise<unknown> {
  const transport = new Transport({ adapter: { name: 'own', dial }, dialTimeout: 1_000, backoff: { min: 5, max: 20 } })
  const client = new Client({ addr: broker.addresses, transport, timeout: 100 })
  const error = await client.metadata().catch(error => error)
  await transport.close()
  await new Promise(resolve => setImmediate(resolve))
  expect(rejections).toEqual([])
  return error
}

test.each<[string, Anything, RegExp]>([
  ['a dial that answers nothing', async () => undefined, /dial\(\) must answer a Socket.*undefined/],
  ['a dial that answers no promise, and no socket', () => 'socket', /dial\(\) must answer a Socket.*a string/],
  ['a dial that answers an object without methods', async () => ({}), /function read; it answered \[object Object\]/],
  ['a dial that answers a socket without abort()', changed(() => ({ abort: undefined })), /function abort/],
  [
    'a read() that answers a text',
    changed(() => ({ read: async () => 'bytes' })),
    /read\(\) must answer a Uint8Array or null.*a string/,
  ],
  ['a read() that answers undefined at the end', changed(() => ({ read: () => {} })), /read\(\) must.*undefined/],
  ['a read() that answers wider numbers', changed(() => ({ read: async () => new Uint32Array(9) })), /Uint32Array/],
  [
    'a write() that answers true, as of Node',
    changed(() => ({ write: () => true })),
    /write\(\) must answer nothing or a promise.*a boolean/,
  ],
])('%s: a ConfigError that says so, at once', async (_what, dial, message) => {
  const error = await told(dial)
  expect(error).toBeInstanceOf(ConfigError)
  expect(error).toMatchObject({ message: expect.stringMatching(message) })
})

test.each<[string, Anything, RegExp]>([
  ['a dial that throws', fail('no cable'), /no cable/],
  [
    'a dial that rejects with a plain Error',
    () => Promise.reject(new TypeError('x is not a function')),
    /x is not a function/,
  ],
  ['a dial that rejects with nothing', () => Promise.reject(), /undefined/],
  ['a dial that rejects with what makes no text', () => Promise.reject(textless), /\[object Object\]/],
  ['a read() that throws', changed(() => ({ read: fail('no cable') })), /first request/],
  ['a read() that rejects with nothing', changed(() => ({ read: () => Promise.reject() })), /first request/],
  [
    'a read() that rejects with what makes no text',
    changed(() => ({ read: () => Promise.reject(textless) })),
    /first request/,
  ],
  [
    'a read() that rejects with an Error of no message',
    changed(() => ({ read: fail({ __proto__: new Error(), message: 5 }) })),
    /first request/,
  ],
  [
    'a read() that answers no bytes for ever',
    changed(() => ({ read: async () => new Uint8Array(0) })),
    /first request/,
  ],
  ['a write() that throws', changed(() => ({ write: fail(null) })), /first request/],
  ['a write() that rejects', changed(() => ({ write: () => Promise.reject(textless) })), /first request/],
  ['an abort() that throws', changed(({ abort }) => ({ read: fail(1), abort: fail(abort) })), /first request/],
  ['an abort() that rejects', changed(() => ({ read: fail(1), abort: () => Promise.reject(2) })), /first request/],
])('%s: a ConnectionError, in time', async (_what, dial, message) => {
  const error = await told(dial)
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error).toMatchObject({ message: expect.stringMatching(message) })
})

test('a socket whose close() throws, and whose abort() does too, keeps close() from nothing', async () => {
  expect(await told(changed(() => ({ close: fail('close'), abort: fail('abort') })))).not.toBeInstanceOf(Error)
})

test('a socket that flushes by answering nothing will do', async () => {
  await using transport = new Transport({ adapter: { name: 'own', dial: changed(() => ({ flushed: () => {} })) } })
  const client = new Client({ addr: broker.addresses, transport })
  await client.produce({ topic: 't', partition: 0, records: [{ value: 'x' }], requiredAcks: 0 })
})

test.each<[string, Anything]>([
  ['an adapter that is null', { adapter: null }],
  ['an adapter without dial', { adapter: { name: 'own' } }],
  ['a dial that is no function', { dial: 'tcp' }],
  ['a mechanism without start', { sasl: { name: 'PLAIN' } }],
  ['a mechanism that is a text', { sasl: 'PLAIN' }],
])('%s: a ConfigError from the constructor', (_what, config) => {
  expect(() => new Transport({ adapter: inner, ...config })).toThrow(ConfigError)
})

test.each<[string, Anything]>([
  ['start()', { start: () => new Promise(() => {}) }],
  ['next()', { start: async () => ({ response: new Uint8Array(), machine: { next: () => new Promise(() => {}) } }) }],
])('a mechanism whose %s never settles holds up neither a call nor close()', async (_what, mechanism) => {
  const guarded = new Broker({ users: { alice: 'secret' } })
  guarded.control(SaslAuthenticate, () => ({
    errorCode: 0,
    errorMessage: null,
    authBytes: new Uint8Array(),
    sessionLifetimeMs: 0,
  }))
  const transport = new Transport({ adapter: memory(guarded), dialTimeout: 50, sasl: { name: 'PLAIN', ...mechanism } })
  await expect(new Client({ addr: guarded.addresses, transport, timeout: 400 }).metadata()).rejects.toThrow(
    /not authenticated within 50 ms/,
  )
  await transport.close()
  await guarded.close()
})

test('a broker that the metadata gives no possible port is one that can not be reached, not a setting that is wrong', async () => {
  for (const port of [0, -1, 65_536]) {
    await using transport = new Transport({ adapter: inner })
    const cluster = transport.cluster(broker.addresses)
    await cluster.topic('t')
    const endpoints = [{ nodeId: 9, host: 'broker-9', port, rack: null }]
    expect(cluster.learnLeader({ topic: 't', partition: 0 }, { leaderId: 9, leaderEpoch: 1_000, endpoints })).toBe(true)
    await expect(cluster.connection(9, 'control')).rejects.toThrow(/no address/)
  }
})
