import dns from 'node:dns'
import { once } from 'node:events'
import type * as net from 'node:net'
import { runInNewContext } from 'node:vm'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { translate } from '../../adapters/node/errors.ts'
import { adapter, natives } from '../../adapters/node/index.ts'
import { deferred } from '../../src/base/deferred.ts'
import { AuthenticationError, ClosedError, ConfigError, ConnectionError, ProtocolError } from '../../src/base/errors.ts'
import { DecompressionLimitError } from '../../src/compression/codec.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { listen, type Peer } from '../socket/peer.ts'
import { standsStill } from './stands-still.ts'

const mebibyte = 1024 * 1024

async function pair(): Promise<{ peer: Peer; socket: Socket; other: net.Socket }> {
  const accepted = deferred<net.Socket>()
  const peer = await listen(other => accepted.resolve(other))
  return { peer, socket: await adapter.dial(peer, {}), other: await accepted.promise }
}

/** `length` bytes that tell their place. */
function pattern(length: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = ((from + i) * 31) >>> 3
  return bytes
}

async function readAll(socket: Socket): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let bytes = await socket.read(); bytes !== null; bytes = await socket.read()) parts.push(bytes.slice())
  return new Uint8Array(Buffer.concat(parts))
}

async function collect(other: net.Socket): Promise<Uint8Array> {
  const parts: Buffer[] = []
  for await (const part of other) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('reading', () => {
  test('gives every byte in order, and null at the end', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    const sent = pattern(5 * mebibyte + 3)
    other.end(sent)
    expect(Buffer.compare(await readAll(socket), sent)).toBe(0)
    expect(await socket.read()).toBeNull()
    socket.abort()
  })

  test('leaves the bytes of a read alone until the next one', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.write('first')
    const first = await socket.read()
    await new Promise<void>(resolve => other.write('second', () => resolve()))
    other.write('third')
    await standsStill(() => other.bytesWritten)
    expect(Buffer.from(first!).toString()).toBe('first')
    let rest = ''
    while (rest.length < 11) rest += Buffer.from((await socket.read())!).toString()
    expect(rest).toBe('secondthird')
    socket.abort()
  })

  test('holds back a peer that nobody reads from', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    const sent = pattern(64 * mebibyte)
    const before = process.memoryUsage().arrayBuffers
    other.end(sent)
    await standsStill(() => other.bytesWritten - other.writableLength)
    expect(other.writableLength).toBeGreaterThan(32 * mebibyte)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * mebibyte)
    expect(Buffer.compare(await readAll(socket), sent)).toBe(0)
    socket.abort()
  })

  test('what has come before a reset is still read', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    await new Promise<void>(resolve => other.write('last words', () => resolve()))
    await standsStill(() => other.bytesWritten)
    void socket.write([Uint8Array.of(1)])
    other.destroy()
    expect(Buffer.from((await socket.read())!).toString()).toBe('last words')
    await expect(socket.read()).rejects.toThrow(new ConnectionError(peer.name, 'the peer reset the connection'))
  })
})

describe('writing', () => {
  test('sends the pieces in order', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    const received = collect(other)
    void socket.write([Uint8Array.of(1), Uint8Array.of(2, 3), new Uint8Array(0)])
    void socket.write([])
    void socket.write([Uint8Array.of(4)])
    void socket.write([pattern(100_000), pattern(200_000, 100_000)])
    await socket.close()
    expect(Buffer.compare(await received, Buffer.concat([Buffer.of(1, 2, 3, 4), pattern(300_000)]))).toBe(0)
  })

  test('asks for a pause when the peer does not read, until it does', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.pause()
    const piece = pattern(mebibyte)
    let pressure = socket.write([piece])
    let written = 1
    while (pressure === undefined && written < 64) {
      pressure = socket.write([piece])
      written++
    }
    expect(written).toBeLessThan(20)
    let roomy = false
    let empty = false
    void pressure!.then(() => {
      roomy = true
    })
    const flushed = socket.flushed().then(() => {
      empty = true
    })
    await standsStill(() => written)
    expect([roomy, empty]).toEqual([false, false])
    const received = collect(other)
    await pressure
    await flushed
    await socket.close()
    expect((await received).length).toBe(written * mebibyte)
  })

  test('what has not left shrinks while the peer reads a single large piece', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.pause()
    const size = 48 * mebibyte
    void socket.write([new Uint8Array(size)])
    await standsStill(() => socket.unsent ?? 0)
    const stuck = socket.unsent!
    expect(stuck).toBeGreaterThan(size / 2)
    // So much is more than the kernel lets through unread.
    for (let read = 0; read < size / 2; ) {
      other.resume()
      const [chunk] = (await once(other, 'data')) as [Buffer]
      read += chunk.length
    }
    other.pause()
    await standsStill(() => socket.unsent ?? 0)
    expect(socket.unsent).toBeGreaterThan(0)
    expect(socket.unsent).toBeLessThan(stuck)
    other.resume()
    await socket.flushed()
    expect(socket.unsent).toBe(0)
    socket.abort()
  })

  test('small requests cost no pause, and are out at once', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.resume()
    for (let i = 0; i < 100; i++) expect(socket.write([pattern(1_000)])).toBeUndefined()
    await socket.flushed()
    await socket.close()
  })

  test('to a peer that is gone fails the read', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.destroy()
    await once(other, 'close')
    void socket.write([pattern(1_000)])
    expect(await socket.read().catch(error => error)).toSatisfy(end => end === null || end instanceof ConnectionError)
    expect(socket.write([pattern(1_000)])).toBeUndefined()
    socket.abort()
    await expect(socket.flushed()).rejects.toThrow()
  })
})

test('an idle socket keeps no program alive, one that is in use does', async () => {
  const { peer, socket } = await pair()
  await using _peer = peer
  const sockets = (): number => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length
  const before = sockets()
  socket.idle?.(true)
  expect(sockets()).toBe(before - 1)
  socket.idle?.(false)
  expect(sockets()).toBe(before)
  socket.abort()
})

describe('closing', () => {
  test('sends everything first', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    const sent = pattern(8 * mebibyte)
    const received = collect(other)
    void socket.write([sent])
    await Promise.all([socket.close(), socket.close()])
    expect(Buffer.compare(await received, sent)).toBe(0)
  })

  test('does not wait for what nobody will read', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.end(pattern(8 * mebibyte))
    await socket.close()
    expect(await socket.read().catch(error => error)).toSatisfy(end => end === null || end instanceof ClosedError)
  })

  test('waits five seconds at most for a peer that takes nothing', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.pause()
    for (let i = 0; i < 32; i++) void socket.write([pattern(mebibyte)])
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const closing = socket.close()
    vi.advanceTimersByTime(5_000)
    await closing
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a peer that has closed its side is answered in kind', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.end()
    expect(await socket.read()).toBeNull()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await socket.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('aborting', () => {
  test('rejects what is pending, with the reason', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.pause()
    let pressure = socket.write([pattern(mebibyte)])
    while (pressure === undefined) pressure = socket.write([pattern(mebibyte)])
    const pending = [socket.read(), pressure, socket.flushed()]
    socket.abort('reason')
    expect(await Promise.allSettled(pending)).toEqual(pending.map(() => ({ status: 'rejected', reason: 'reason' })))
    await expect(socket.read()).rejects.toBe('reason')
    await socket.close()
    await once(other.resume(), 'close')
  })

  test('drops what has come and was not read', async () => {
    const { peer, socket, other } = await pair()
    await using _peer = peer
    other.write('unread')
    await standsStill(() => other.bytesWritten)
    socket.abort(new Error('enough'))
    await expect(socket.read()).rejects.toThrow('enough')
  })

  test.each([
    ['while the name is looked up', 'a-name-that-takes-its-time.invalid'],
    ['while connecting', '127.0.0.1'],
  ])('%s', async (_when, host) => {
    await using peer = await listen(() => {})
    const cancel = new AbortController()
    const dialing = adapter.dial({ host, port: peer.port }, { signal: cancel.signal })
    cancel.abort('stop')
    await expect(dialing).rejects.toBe('stop')
    await expect(adapter.dial(peer, { signal: cancel.signal })).rejects.toBe('stop')
  })

  test('once connected, the signal has no more say', async () => {
    await using peer = await listen(socket => socket.pipe(socket))
    const cancel = new AbortController()
    const socket = await adapter.dial(peer, { signal: cancel.signal })
    cancel.abort()
    void socket.write([Uint8Array.of(5)])
    expect([...(await socket.read())!]).toEqual([5])
    await socket.close()
  })
})

describe('dialing fails with our errors:', () => {
  test('nothing listens', async () => {
    const peer = await listen(() => {})
    await peer[Symbol.asyncDispose]()
    await expect(adapter.dial(peer, {})).rejects.toThrow(
      new ConnectionError(peer.name, 'connection refused: nothing listens there'),
    )
  })

  test('each address of a name is tried', async () => {
    const peer = await listen(() => {})
    await peer[Symbol.asyncDispose]()
    const error = await adapter.dial({ host: 'localhost', port: peer.port }, {}).catch(error => error)
    expect(error.message).toMatch(
      /^localhost:\d+: connection refused: nothing listens there \(tried .*127\.0\.0\.1.*\)$/,
    )
  })

  test('but not while another address of the name answers', async () => {
    await using peer = await listen(socket => socket.pipe(socket))
    vi.spyOn(dns, 'lookup').mockImplementation(((
      _host: string,
      _options: unknown,
      answer: (...args: unknown[]) => void,
    ) => {
      // Nothing listens at the first.
      const addresses = ['127.0.0.2', '127.0.0.1'].map(address => ({ address, family: 4 }))
      process.nextTick(answer, null, addresses)
    }) as never)
    const socket = await adapter.dial({ host: 'two.test', port: peer.port }, {})
    void socket.write([Uint8Array.of(1, 2, 3)])
    expect([...(await socket.read())!]).toEqual([1, 2, 3])
    await socket.close()
  })

  test('no such host', async () => {
    const error = await adapter.dial({ host: 'no-such-host.invalid', port: 9092 }, {}).catch(error => error)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toMatch(
      /^no-such-host\.invalid:9092: (host not found|the host name could not be looked up: no answer from the name server)$/,
    )
  })

  test('an impossible port', async () => {
    const error = await adapter.dial({ host: 'localhost', port: 70_000 }, {}).catch(error => error)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toMatch(/^localhost:70000: .*port/i)
  })

  const coded = (code: string, more: object = {}): Error => Object.assign(new Error(`raw ${code}`), { code, ...more })
  test.each([
    [
      coded('ETIMEDOUT', { syscall: 'connect', address: '10.0.0.1' }),
      false,
      ConnectionError,
      'b:1: no answer from the host (tried 10.0.0.1)',
    ],
    [
      coded('EHOSTUNREACH', { syscall: 'connect', address: 'fe80::1' }),
      true,
      ConnectionError,
      'b:1: host unreachable (tried [fe80::1])',
    ],
    [coded('EPIPE', { syscall: 'write' }), true, ConnectionError, 'b:1: the peer closed the connection while we wrote'],
    [coded('EWHATEVER', { syscall: 'read' }), false, ConnectionError, 'b:1: raw EWHATEVER'],
    [
      coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', { reason: 'tlsv1 alert unknown ca' }),
      true,
      AuthenticationError,
      'b:1: the broker refused the TLS handshake: tlsv1 alert unknown ca; it does not trust our client certificate',
    ],
    [
      coded('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', { reason: 'tlsv1 alert protocol version' }),
      true,
      AuthenticationError,
      'b:1: the broker refused the TLS handshake: tlsv1 alert protocol version',
    ],
    [
      coded('ERR_SSL_UNSUPPORTED_PROTOCOL', { reason: 'unsupported protocol' }),
      true,
      AuthenticationError,
      'b:1: TLS failed: unsupported protocol (ERR_SSL_UNSUPPORTED_PROTOCOL)',
    ],
    [
      coded('ERR_ACCESS_DENIED'),
      false,
      ConfigError,
      'b:1: this program may not use the network: run node with --allow-net',
    ],
    [coded('CERT_UNTRUSTED'), true, AuthenticationError, 'b:1: TLS failed: raw CERT_UNTRUSTED (CERT_UNTRUSTED)'],
  ])('%s', (raw, secure, kind, message) => {
    const error = translate('b:1', raw, secure) as Error
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toBe(message)
    expect(error.cause).toBe(raw)
  })

  test('of another realm, as all of Node’s are in Jest, is one as any other', () => {
    const raw = runInNewContext("Object.assign(new Error('raw'), { code: 'ECONNREFUSED', syscall: 'connect' })")
    expect(raw).not.toBeInstanceOf(Error)
    expect(translate('b:1', raw, false)).toBeInstanceOf(ConnectionError)
  })
})

describe('natives', () => {
  test('write UTF-8 where they are told', () => {
    for (const text of ['', 'plain', 'ümläut', '漢字', '😀 ok', '\ud800 lone']) {
      const into = new Uint8Array(100)
      const written = natives.writeUtf8!(into.subarray(7, 60), 3, text)
      const expected = new TextEncoder().encode(text)
      expect(written).toBe(expected.length)
      expect(into.subarray(10, 10 + written)).toEqual(expected)
      expect(into[10 + written]).toBe(0)
    }
  })

  test('defer to after the microtasks', async () => {
    const order: string[] = []
    const done = deferred<void>()
    natives.defer!(() => {
      order.push('deferred')
      done.resolve()
    })
    void Promise.resolve().then(() => order.push('microtask'))
    await done.promise
    expect(order).toEqual(['microtask', 'deferred'])
  })

  const codecs = Object.entries(natives.codecs!)

  test('have gzip, and zstd where the runtime has', () => {
    const [major, minor] = process.versions.node.split('.').map(Number)
    const zstd = major! > 22 || (major === 22 && minor! >= 15)
    expect(codecs.map(([name]) => name)).toEqual(zstd ? ['gzip', 'zstd'] : ['gzip'])
  })

  test.each(codecs)('%s there and back, no further than the limit', (name, codec) => {
    const bytes = new Uint8Array(100_000).fill(7)
    const packed = codec.compress(bytes)
    expect(packed.constructor).toBe(Uint8Array)
    expect(packed.length).toBeLessThan(1_000)
    expect(Buffer.compare(codec.decompress(packed, bytes.length), bytes)).toBe(0)
    expect(Buffer.compare(codec.decompress(codec.compress(bytes, 3), bytes.length), bytes)).toBe(0)
    expect(() => codec.decompress(packed, bytes.length - 1)).toThrow(
      new DecompressionLimitError(name, bytes.length - 1),
    )
    const broken = packed.slice(0, packed.length - 5)
    expect(() => codec.decompress(broken, bytes.length)).toThrow(ProtocolError)
  })

  test('gzip takes several members one after another', () => {
    const { gzip } = natives.codecs!
    const both = Buffer.concat([gzip!.compress(Uint8Array.of(1, 2)), gzip!.compress(Uint8Array.of(3))])
    expect([...gunzipSync(both)]).toEqual([1, 2, 3])
    expect([...gzip!.decompress(both, 3)]).toEqual([1, 2, 3])
  })
})
