import { describe, expect, test } from 'vitest'
import { listen as listenToBroker } from '../../adapters/broker/index.ts'
import { memory } from '../../adapters/memory/index.ts'
import { adapter } from '../../adapters/node/index.ts'
import { AuthenticationError, ConfigError, ConnectionError, TimeoutError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import { Conn } from '../../src/conn/conn.ts'
import {
  DefaultDialer,
  dial,
  dialLeader,
  dialPartition,
  lookupLeader,
  lookupPartition,
  lookupPartitions,
} from '../../src/conn/dial.ts'
import { Dialer } from '../../src/conn/dialer.ts'
import type { DialerConfig } from '../../src/conn/dialer-config.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import type { RequestOf } from '../../src/protocol/api.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { Reader } from '../../src/reader/reader.ts'
import { plain } from '../../src/sasl/plain.ts'
import type { DialOptions, SocketAdapter } from '../../src/socket/socket.ts'
import { listen, metadata, scripted } from '../socket/peer.ts'
import { Embedded } from '../support/embedded.ts'

/** An embedded broker on TCP with a topic `t`. */
async function onTcp(): Promise<AsyncDisposable & { address: string; host: string; port: number }> {
  const broker = new Broker({ topics: [{ name: 't', partitions: 2 }] })
  const { addresses, close } = await listenToBroker(broker)
  const address = addresses[0]!
  const [host = '', port] = address.split(':')
  return {
    address,
    host,
    port: Number(port),
    async [Symbol.asyncDispose]() {
      await close()
      await broker.close()
    },
  }
}

/** An adapter that notes what it is asked to dial, and with what. */
function noting(inner: SocketAdapter): { adapter: SocketAdapter; dialed: ({ host: string } & DialOptions)[] } {
  const dialed: ({ host: string } & DialOptions)[] = []
  return {
    dialed,
    adapter: {
      ...inner,
      dial(address, { signal, ...options }) {
        dialed.push({ host: address.host, ...options })
        return inner.dial(address, { ...options, ...(signal && { signal }) })
      },
    },
  }
}

test('the functions dial and look up as the DefaultDialer does', async () => {
  await using broker = await onTcp()
  const { address } = broker
  const conn = await dial('tcp', address)
  expect(await conn.brokers()).toHaveLength(1)
  await conn.close()
  const partitions = await lookupPartitions('tcp', address, 't')
  expect(partitions).toHaveLength(2)
  const partition = await lookupPartition('tcp', address, 't', 1)
  expect(partition).toEqual(partitions[1])
  expect(await lookupLeader('tcp', address, 't', 1)).toEqual(partition.leader)
  for (const dialing of [dialLeader('tcp', address, 't', 1), dialPartition('tcp', address, partition)]) {
    await using conn = await dialing
    await conn.write('x')
  }
  expect(DefaultDialer.transportConfig().dialTimeout).toBe(10_000)
})

test('a connection knows its two ends', async () => {
  await using broker = await onTcp()
  await using conn = await dial('tcp', broker.address)
  expect(conn.remoteAddr().toString()).toBe(broker.address)
  expect(conn.localAddr()!.toString()).toMatch(/^127\.0\.0\.1:\d+$/)
  expect(conn.broker()).toEqual({ host: broker.host, port: broker.port, id: 0, rack: '' })
})

test('a Conn speaks over a socket that is given', async () => {
  await using broker = await onTcp()
  const socket = await adapter.dial(broker, {})
  await using conn = new Conn(socket, 't', 1)
  await conn.write('mine')
  expect((await conn.readMessage()).partition).toBe(1)
  expect(conn.remoteAddr().toString()).toBe(broker.address)
  const told = { topic: 't', broker: 7, rack: 'r', address: 'kafka:9093' }
  await using other = new Conn(await adapter.dial(broker, {}), told)
  expect(other.broker()).toEqual({ host: 'kafka', port: 9093, id: 7, rack: 'r' })
  expect((await other.readPartitions())[0]!.topic).toBe('t')
})

test('a socket that no broker is behind is an error of the first call, and of those after it', async () => {
  await using peer = await listen(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await using conn = new Conn(await adapter.dial(peer, {}), 't')
  await expect(conn.brokers()).rejects.toThrow(/a web server, not a Kafka broker/)
  await expect(conn.write('x')).rejects.toThrow(/a web server/)
})

test('a socket that was given and never used closes with its Conn', async () => {
  await using peer = await listen(socket => socket.resume())
  const conn = new Conn(await adapter.dial(peer, {}))
  await conn.close()
  await expect.poll(() => peer.sockets[0]!.closed).toBe(true)
})

describe('a dial that comes to nothing', () => {
  test('a port where nothing listens', async () => {
    const peer = await listen(() => {})
    await peer[Symbol.asyncDispose]()
    await expect(dial('tcp', peer.name)).rejects.toThrow(/connection refused/)
    await expect(dialLeader('tcp', peer.name, 't', 0)).rejects.toBeInstanceOf(ConnectionError)
  })

  test('a peer that says nothing is given up after the timeout, or by the deadline', async () => {
    await using peer = await listen(() => {})
    const begun = performance.now()
    await expect(new Dialer({ timeout: 200 }).dial('tcp', peer.name)).rejects.toBeInstanceOf(TimeoutError)
    const deadline = new Date(Date.now() + 200)
    const dialer = new Dialer({ timeout: 0, deadline })
    await expect(dialer.dial('tcp', peer.name)).rejects.toBeInstanceOf(TimeoutError)
    await expect(dialer.dial('tcp', peer.name)).rejects.toThrow(/deadline has passed/)
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  test('a dial is cancelled while TLS is agreed on, and leaves no connection behind', async () => {
    await using peer = await listen(socket => socket.resume())
    const cancel = new AbortController()
    const dialing = new Dialer({ tls: true }).dial('tcp', peer.name, { signal: cancel.signal })
    await expect.poll(() => peer.sockets.length).toBe(1)
    cancel.abort('never mind')
    await expect(dialing).rejects.toBe('never mind')
    await expect.poll(() => peer.sockets[0]!.closed).toBe(true)
  })

  test('once connected, the signal has no say any more', async () => {
    await using broker = await onTcp()
    const cancel = new AbortController()
    await using conn = await dial('tcp', broker.address, { signal: cancel.signal })
    cancel.abort()
    expect(await conn.brokers()).toHaveLength(1)
  })
})

test('SASL is done before a connection is handed out, and a refusal is an error', async () => {
  const told: string[] = []
  let refuse = false
  await using peer = await scripted((request, side) => {
    told.push(`${request.apiKey}`)
    if (request.apiKey === SaslHandshake.key)
      side.answer(SaslHandshake, request, { errorCode: 0, mechanisms: ['PLAIN'] })
    else if (request.apiKey === SaslAuthenticate.key)
      side.answer(SaslAuthenticate, request, {
        errorCode: refuse ? 58 : 0,
        errorMessage: null,
        authBytes: new Uint8Array(0),
        sessionLifetimeMs: 1_200,
      })
    else side.answer(Metadata, request, metadata('m'))
  })
  const dialer = new Dialer({ saslMechanism: plain({ username: 'me', password: 'secret' }) })
  await using conn = await dialer.dial('tcp', peer.name)
  expect(await conn.brokers()).toEqual([])
  expect(told).toEqual(['17', '36', '3'])
  // Before the session ends, by itself (KIP-368).
  await expect.poll(() => told.slice(3), { timeout: 3_000 }).toEqual(['17', '36'])
  refuse = true
  await expect(dialer.dial('tcp', peer.name)).rejects.toBeInstanceOf(AuthenticationError)
})

describe('how sockets are opened', () => {
  test('what is set is handed to an adapter that heeds it; Node opens sockets so', async () => {
    await using broker = await onTcp()
    const { adapter: noted, dialed } = noting(adapter)
    const options = { localAddr: '127.0.0.2', keepAlive: 5_000, dualStack: false, fallbackDelay: 50 }
    await using conn = await new Dialer({ adapter: noted, ...options }).dial('tcp', broker.address)
    expect(dialed).toEqual([{ host: '127.0.0.1', ...options }])
    expect(conn.localAddr()!.toString()).toMatch(/^127\.0\.0\.2:/)
  })

  test('an adapter that can not is a ConfigError, as is a function of the own beside it', () => {
    const memoryAdapter = memory(new Broker())
    for (const options of [{ localAddr: '127.0.0.2' }, { keepAlive: 0 }, { dualStack: false }, { fallbackDelay: 5 }]) {
      expect(() => new Dialer({ adapter: memoryAdapter, ...options })).toThrow(/the memory adapter can't heed/)
      expect(() => new Dialer({ dialFunc: adapter.dial, ...options })).toThrow(ConfigError)
    }
    expect(new Dialer({ adapter: memoryAdapter, dualStack: true })).toBeInstanceOf(Dialer)
  })

  test('a function of the own opens sockets in place of the adapter', async () => {
    await using broker = await onTcp()
    const asked: string[] = []
    const dialer = new Dialer({
      dialFunc(address, options) {
        asked.push(`${address.host}:${address.port}`)
        return adapter.dial(broker, options)
      },
    })
    await using conn = await dialer.dial('tcp', 'kafka.test:7')
    expect(await conn.brokers()).toHaveLength(1)
    expect(asked).toEqual(['kafka.test:7'])
  })
})

describe('a resolver', () => {
  const dialWith = async (lookupHost: (host: string) => unknown, address = 'kafka', config: DialerConfig = {}) => {
    const { adapter: noted, dialed } = noting(memory(new Broker()))
    const resolver = { lookupHost: async (host: string) => lookupHost(host) as string[] }
    const dialing = new Dialer({ adapter: noted, resolver, timeout: 2_000, ...config }).dial('tcp', address)
    const error: unknown = await dialing.then(conn => conn.close()).catch(error => error)
    return { error, dialed }
  }

  test('names several hosts: each is tried, the first first, and TLS checks the name asked for', async () => {
    const { error, dialed } = await dialWith(() => ['10.0.0.1', '10.0.0.2', 'broker-1'], 'kafka', { tls: true })
    expect(error).toBeUndefined()
    const tls = { serverName: 'kafka' }
    expect(dialed).toEqual([
      { host: '10.0.0.1', tls },
      { host: '10.0.0.2', tls },
      { host: 'broker-1', tls },
    ])
  })

  test('may not name several ports for an address without one, nor anything but hosts', async () => {
    expect((await dialWith(() => ['broker-1:1', 'broker-1:2'])).error).toMatchObject({
      message: expect.stringMatching(/several ports, 1, 2/),
    })
    expect((await dialWith(() => ['broker-1:1', 'broker-1:2'], 'kafka:9092')).error).toBeUndefined()
    for (const wrong of ['broker-1', [5], null, undefined])
      expect((await dialWith(() => wrong)).error).toBeInstanceOf(ConfigError)
  })

  test('that fails is an outage, and one that hangs is given up', async () => {
    const failing = await dialWith(() => {
      throw new Error('registry down')
    })
    expect(failing.error).toMatchObject({ message: 'kafka:9092: the resolver failed: registry down', temporary: true })
    const hanging = await dialWith(() => new Promise(() => {}), 'kafka', { timeout: 50 })
    expect(hanging.error).toBeInstanceOf(TimeoutError)
  })
})

test('a group and a reader take a dialer or a transport, not both', async () => {
  await using kafka = new Embedded()
  const dialer = new Dialer({ adapter: memory(kafka.broker) })
  const brokers = kafka.broker.addresses
  const { transport } = kafka
  expect(() => new Reader({ brokers, topic: 't', transport, dialer })).toThrow(ConfigError)
  expect(() => new Reader({ brokers, topic: 't', dialer: {} as Dialer })).toThrow(/a Dialer is wanted/)
  const group = new ConsumerGroup({ id: 'g', brokers, topics: ['t'], dialer })
  expect((await group.next()).assignments).toHaveProperty('t')
  await group.close()
})

test('writes tell the broker the transactional id, and who asks', async () => {
  await using kafka = new Embedded()
  const clients: (string | null)[] = []
  const seen: RequestOf<typeof Produce>[] = []
  kafka.broker.control(Produce, (request, { clientId }) => {
    seen.push(request)
    clients.push(clientId)
    return undefined
  })
  const dialer = new Dialer({ adapter: memory(kafka.broker), clientId: 'mine', transactionalId: 'tx' })
  await using conn = await dialer.dialLeader('tcp', kafka.broker.addresses[0]!, 't', 0)
  await conn.write('x')
  expect(await conn.readLastOffset()).toBe(1)
  expect([seen[0]!.transactionalId, clients[0]]).toEqual(['tx', 'mine'])
})
