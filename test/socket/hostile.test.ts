import { getEventListeners, once } from 'node:events'
import * as http from 'node:http'
import { describe, expect, test } from 'vitest'
import { deferred } from '../../src/base/deferred.ts'
import { ConnectionError, ProtocolError, TimeoutError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { concat } from '../../src/bytes/writer.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { readRequest, readRequestHeader, responseFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { BrokerConnection } from '../../src/socket/connection.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { configFor, open } from './open.ts'
import { eachFrame, listen, offered, type Peer, scripted, versionsOf } from './peer.ts'

async function failure(peer: { host: string; port: number }, change: Parameters<typeof open>[1] = {}) {
  try {
    await open(peer, change)
  } catch (error) {
    return error as Error
  }
  return expect.fail('opened')
}

/** Answers whatever comes with these bytes. */
function saying(bytes: Uint8Array, end = false): Promise<Peer> {
  return listen(socket => socket.once('data', () => (end ? socket.end(bytes) : socket.write(bytes))))
}

describe('opening a connection to what is no broker', () => {
  test('a port where nothing listens', async () => {
    const peer = await listen(() => {})
    await peer[Symbol.asyncDispose]()
    const error = await failure(peer)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({
      message: `${peer.name}: connection refused: nothing listens there`,
      broker: peer.name,
      sent: false,
    })
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('a web server', async () => {
    const server = http.createServer()
    await using peer = await listen(() => {}, server)
    const error = await failure(peer)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toBe(`${peer.name}: the peer answered with HTTP: this is a web server, not a Kafka broker`)
  })

  test('a TLS port that answers with an alert', async () => {
    await using peer = await saying(Uint8Array.of(0x15, 3, 3, 0, 2, 2, 0x46), true)
    const error = await failure(peer)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toBe(
      `${peer.name}: the peer answered with a TLS alert: this port speaks TLS, and the connection was made without`,
    )
  })

  test('one that closes the connection', async () => {
    await using peer = await listen(socket => socket.once('data', () => socket.end()))
    const error = await failure(peer)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toBe(
      `${peer.name}: the connection ended at the first request: a port that expects TLS, something other than Kafka, or a broker older than 0.10`,
    )
    expect((error.cause as Error).message).toContain(
      'the broker closed the connection (ApiVersions v5 was sent and not answered)',
    )
  })

  test('one that closes the connection at once', async () => {
    await using peer = await listen(socket => socket.destroy())
    expect(await failure(peer)).toMatchObject({ name: 'ConnectionError', temporary: true })
  })

  test('one that says nothing', async () => {
    const clock = new ManualClock()
    const asked = deferred<void>()
    await using peer = await listen(socket => socket.on('data', () => asked.resolve()))
    const opening = failure(peer, { clock, dialTimeout: 700 })
    await asked.promise
    clock.advance(700)
    const error = await opening
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toBe(
      `${peer.name}: connected, but no answer to the first request within 700 ms: is it a Kafka broker?`,
    )
    expect(clock.pending).toBe(0)
    await Promise.all(peer.sockets.filter(socket => !socket.destroyed).map(socket => once(socket, 'close')))
  })

  test('one that lets its answer drip and never ends it', async () => {
    const clock = new ManualClock()
    const dripped = deferred<void>()
    await using peer = await listen(socket => {
      socket.once('data', () => socket.write(Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0, 0), () => dripped.resolve()))
    })
    const opening = failure(peer, { clock })
    await dripped.promise
    clock.advance(5_000)
    expect(await opening).toBeInstanceOf(TimeoutError)
  })

  test('one whose answer is garbage', async () => {
    await using peer = await saying(Uint8Array.of(0, 0, 0, 12, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9))
    const error = await failure(peer)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain(`${peer.name}: ApiVersions v5 response: `)
  })

  test('one that claims an answer beyond the limit', async () => {
    await using peer = await saying(Uint8Array.of(0, 0, 4, 1))
    const error = await failure(peer, { maxResponseBytes: 1024 })
    expect(error.message).toBe(`${peer.name}: an answer of 1025 bytes, more than the 1024 allowed`)
  })

  test('one that speaks before it is asked', async () => {
    await using peer = await listen(socket => socket.write('220 mail.example.org ESMTP\r\n'))
    expect((await failure(peer)).message).toBe(
      `${peer.name}: the peer answered with text ("220 "…): not a Kafka broker`,
    )
  })

  test('each failure is told once, and leaves no socket behind', async () => {
    await using peer = await saying(Uint8Array.of(0, 0, 0, 1))
    const events: string[] = []
    await failure(peer, { onEvent: ({ type }) => events.push(type) })
    expect(events).toEqual(['request', 'connectFailed'])
    await Promise.all(peer.sockets.filter(socket => !socket.destroyed).map(socket => once(socket, 'close')))
  })
})

describe('opening can be aborted', () => {
  test('before it begins', async () => {
    const adapter = { name: 'none', dial: () => expect.fail('dialed') }
    const opening = BrokerConnection.open(configFor({ host: 'h', port: 1 }, { adapter }), {
      signal: AbortSignal.abort('no'),
    })
    await expect(opening).rejects.toBe('no')
  })

  test('while the broker thinks', async () => {
    const asked = deferred<void>()
    await using peer = await listen(socket => socket.on('data', () => asked.resolve()))
    const cancel = new AbortController()
    const opening = BrokerConnection.open(configFor(peer), { signal: cancel.signal }).catch(error => error)
    await asked.promise
    cancel.abort('changed my mind')
    expect(await opening).toBe('changed my mind')
    await Promise.all(peer.sockets.filter(socket => !socket.destroyed).map(socket => once(socket, 'close')))
  })
})

test('opening leaves no listener on the signal', async () => {
  await using peer = await scripted(() => {})
  const { signal } = new AbortController()
  const connection = await BrokerConnection.open(configFor(peer), { signal })
  expect(getEventListeners(signal, 'abort').length).toBe(0)
  await connection.close()
})

describe('ApiVersions (KIP-511)', () => {
  /** A broker that knows ApiVersions up to `most` only. */
  function upTo(most: number, told: boolean, asked: number[]): Promise<Peer> {
    return listen(socket => {
      eachFrame(socket, frame => {
        const from = new ByteReader(frame)
        const { apiVersion, correlationId } = readRequestHeader(from)
        asked.push(apiVersion)
        const known = apiVersion <= most
        if (known) readRequest(ApiVersions, apiVersion, from)
        const errorCode = known ? 0 : ErrorCode.UnsupportedVersion
        const apiKeys = known ? versionsOf(offered) : told ? versionsOf([{ ...ApiVersions, maxVersion: most }]) : []
        socket.write(concat(responseFrame(ApiVersions, known ? apiVersion : 0, correlationId, { errorCode, apiKeys })))
      })
    })
  }

  test.each([
    [4, true, [5, 4]],
    [3, true, [5, 3]],
    [0, true, [5, 0]],
    [2, false, [5, 0]],
  ])('a broker that knows it up to version %i (and says so: %s) is asked %j', async (most, told, expected) => {
    const asked: number[] = []
    await using peer = await upTo(most, told, asked)
    const { connection } = await open(peer)
    expect(asked).toEqual(expected)
    expect(connection.version(Metadata)).toBe(13)
    await connection.close()
  })

  test('a broker that refuses every version is no endless loop', async () => {
    const asked: number[] = []
    await using peer = await upTo(-1, true, asked)
    const error = await failure(peer)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain(`${peer.name}: the broker refuses to say what it speaks: [35] Unsupported Version`)
    expect(asked).toEqual([5, 0])
  })

  test('tells who we are, and learns the finalised features', async () => {
    const names: string[] = []
    await using peer = await listen(socket => {
      eachFrame(socket, frame => {
        const from = new ByteReader(frame)
        const { apiVersion, correlationId } = readRequestHeader(from)
        const { clientSoftwareName, clientSoftwareVersion } = readRequest(ApiVersions, apiVersion, from)
        names.push(clientSoftwareName, clientSoftwareVersion)
        const finalizedFeatures = [{ name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 1 }]
        const response = { errorCode: 0, apiKeys: versionsOf(offered), finalizedFeaturesEpoch: 7, finalizedFeatures }
        socket.write(concat(responseFrame(ApiVersions, apiVersion, correlationId, response)))
      })
    })
    const { connection } = await open(peer)
    expect(names).toEqual(['isokafka', expect.stringMatching(/^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/)])
    expect([...connection.features]).toEqual([['transaction.version', 2]])
    await connection.close()
  })
})

test('an IPv6 broker is named with brackets', async () => {
  expect((await failure({ host: '::1', port: 1 })).message).toMatch(/^\[::1\]:1: /)
})
