import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { parseAddress } from '../../src/base/address.ts'
import { deferred } from '../../src/base/deferred.ts'
import type { Broker } from '../../src/broker/index.ts'
import { concat } from '../../src/bytes/writer.ts'
import { ErrorCode, plain } from '../../src/index.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { readResponse, requestFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { batch, open, stored } from './open.ts'

const topics = [{ name: 't', partitions: 1 }]

/** Bytes as they are, instead of requests. */
async function dial(broker: Broker): Promise<Socket> {
  return memory(broker).dial(parseAddress(broker.address(1)), {})
}

/** The next whole answer, without its size; null when the broker closed the connection. */
async function answer(socket: Socket): Promise<Uint8Array | null> {
  let held: Uint8Array = new Uint8Array(0)
  while (held.length < 4 || held.length < 4 + new DataView(held.buffer).getInt32(0)) {
    const chunk = await socket.read().catch(() => null)
    if (chunk === null) return null
    held = concat([held, chunk])
  }
  return held.subarray(4)
}

function header(apiKey: number, apiVersion: number, length = 10): Uint8Array {
  const bytes = new Uint8Array(14)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, length)
  view.setInt16(4, apiKey)
  view.setInt16(6, apiVersion)
  view.setInt32(8, 7)
  view.setInt16(12, -1)
  return bytes
}

describe('requests', () => {
  test('are put together from whatever pieces they come in', async () => {
    const { broker } = open({ topics })
    const socket = await dial(broker)
    const frames = concat([1, 2, 3].flatMap(id => requestFrame(Metadata, 12, id, 'me', { topics: [] })))
    for (let at = 0; at < frames.length; at += 5) await socket.write([frames.subarray(at, at + 5)])
    for (const id of [1, 2, 3]) expect(readResponse(Metadata, 12, (await answer(socket))!).correlationId).toBe(id)
  })

  test.each([
    ['of an API there is not', header(999, 0)],
    ['of a version there is not', header(3, 99)],
    ['of Produce before version 3, which is listed but not served', header(0, 2)],
    ['of a negative length', header(3, 0, -1)],
    ['that are too long', header(3, 0, 2_000_000_000)],
    ['too short for a header', new Uint8Array([0, 0, 0, 1, 0])],
    ['that are HTTP', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
    [
      'whose array is longer than the request',
      new Uint8Array([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 255, 255, 127, 255, 255, 255]),
    ],
  ])('%s close the connection', async (_name, bytes) => {
    const { broker } = open({ topics })
    const socket = await dial(broker)
    await socket.write([bytes])
    expect(await answer(socket)).toBeNull()
  })

  test('an ApiVersions of the future is answered in version 0, with the versions there are (KIP-511)', async () => {
    const { broker } = open({ topics })
    const socket = await dial(broker)
    await socket.write([header(ApiVersions.key, 99)])
    const { response } = readResponse(ApiVersions, 0, (await answer(socket))!)
    expect(response).toMatchObject({
      errorCode: ErrorCode.UnsupportedVersion,
      apiKeys: [{ apiKey: ApiVersions.key, minVersion: 0, maxVersion: 5 }],
    })
    await socket.write(requestFrame(Metadata, 12, 8, 'me', { topics: [] }))
    expect(readResponse(Metadata, 12, (await answer(socket))!).correlationId).toBe(8)
  })

  test('behind a waiting Fetch wait too; on another connection they do not', async () => {
    const { connect } = open({ topics })
    const connection = await connect()
    const asked = { topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }
    const order: string[] = []
    const fetching = connection
      .request(Fetch, { maxWaitMs: 60_000, minBytes: 1, topics: [asked] }, { version: 12 })
      .then(({ responses }) => order.push(`fetch ${responses[0]!.partitions[0]!.records!.length > 0}`))
    const behind = connection.request(Metadata, { topics: [] }).then(() => order.push('metadata'))
    const other = await connect()
    await other.request(Metadata, { topics: [] })
    expect(order).toEqual([])
    await other.request(
      Produce,
      { acks: -1, timeoutMs: 1000, topicData: [{ name: 't', partitionData: [{ index: 0, records: batch() }] }] },
      { version: 9 },
    )
    await Promise.all([fetching, behind])
    expect(order).toEqual(['fetch true', 'metadata'])
  })

  test('with acks 0 get no answer; one that fails closes the connection', async () => {
    const { connect } = open({ topics })
    const connection = await connect()
    const send = (index: number) =>
      connection.request(
        Produce,
        { acks: 0, timeoutMs: 1000, topicData: [{ name: 't', partitionData: [{ index, records: batch() }] }] },
        { version: 9, noResponse: true },
      )
    await send(0)
    expect(await stored(connection, 't')).toEqual([[0, 1]])
    await send(7)
    await connection.onClose
  })

  test('a client that goes away takes its waiting Fetch along', async () => {
    const { broker } = open({ topics })
    const socket = await dial(broker)
    const asked = { topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }
    const [begun, over] = [deferred<void>(), deferred<void>()]
    broker.control(Fetch, async (_request, context): Promise<'drop'> => {
      const answer = context.apply()
      begun.resolve()
      await answer
      over.resolve()
      return 'drop'
    })
    await socket.write(requestFrame(Fetch, 12, 1, 'me', { maxWaitMs: 1_000_000, minBytes: 1, topics: [asked] }))
    await begun.promise
    socket.abort()
    await over.promise
  })
})

describe('what is stored', () => {
  test("is the broker's own copy: the client may use its memory again", async () => {
    const { connect } = open({ topics })
    const connection = await connect()
    const records = batch({ value: 'original' })
    await connection.request(
      Produce,
      { acks: -1, timeoutMs: 1000, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] },
      { version: 9 },
    )
    records.fill(0)
    const read = async () => {
      const asked = { topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }
      const { responses } = await connection.request(
        Fetch,
        { maxWaitMs: 0, minBytes: 0, topics: [asked] },
        { version: 12 },
      )
      return responses[0]!.partitions[0]!.records!
    }
    const first = await read()
    expect(new TextDecoder().decode(first)).toContain('original')
    first.fill(0)
    expect(new TextDecoder().decode(await read())).toContain('original')
  })
})

describe('with users', () => {
  const users = { alice: 'secret' }

  test('nothing is served before authentication', async () => {
    const { broker } = open({ topics, users })
    const socket = await dial(broker)
    await socket.write(requestFrame(Metadata, 12, 1, 'me', { topics: [] }))
    expect(await answer(socket)).toBeNull()
  })

  test('PLAIN lets in who knows the password', async () => {
    const { broker, transport } = open({ topics, users })
    const cluster = transport({ sasl: plain({ username: 'alice', password: 'secret' }) })
    expect((await cluster.roundTrip(broker.addresses, Metadata, { topics: [] })).brokers).toHaveLength(1)
    const stranger = transport({ sasl: plain({ username: 'alice', password: 'guess' }) })
    await expect(stranger.roundTrip(broker.addresses, Metadata, { topics: [] })).rejects.toThrow(/Authentication/i)
  })

  test('a failed authentication ends the connection, behind its answer', async () => {
    const { connect, broker } = open({ topics, users })
    const attempt = async (text: string) => {
      const connection = await connect()
      await connection.request(SaslHandshake, { mechanism: 'PLAIN' })
      const { errorCode } = await connection.request(SaslAuthenticate, { authBytes: new TextEncoder().encode(text) })
      return { connection, errorCode }
    }
    for (const text of [
      '\0alice\0guess',
      '\0alice\0secre',
      '\0alice\0secretsecret',
      '\0alice\0',
      '\0bob\0nobody',
      'x',
    ]) {
      const { connection, errorCode } = await attempt(text)
      expect(errorCode, text).toBe(ErrorCode.SASLAuthenticationFailed)
      await connection.onClose
    }
    const { connection, errorCode } = await attempt('\0alice\0secret')
    expect(errorCode).toBe(0)
    expect((await connection.request(Metadata, { topics: [] })).errorCode).toBe(0)
    await broker.close()
  })

  test('other mechanisms and requests out of turn are refused', async () => {
    const { connect } = open({ topics, users })
    const connection = await connect()
    expect(await connection.request(SaslAuthenticate, { authBytes: new Uint8Array(0) })).toMatchObject({
      errorCode: ErrorCode.IllegalSASLState,
    })
    expect(await connection.request(SaslHandshake, { mechanism: 'GSSAPI' })).toEqual({
      errorCode: ErrorCode.UnsupportedSASLMechanism,
      mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    })
    expect(await connection.request(SaslHandshake, { mechanism: 'PLAIN' })).toMatchObject({ errorCode: 0 })
    expect(await connection.request(SaslHandshake, { mechanism: 'PLAIN' })).toMatchObject({
      errorCode: ErrorCode.IllegalSASLState,
    })
    const open1 = await (await open({ topics }).connect()).request(SaslHandshake, { mechanism: 'PLAIN' })
    expect(open1.errorCode).not.toBe(0)
  })
})

describe('ApiVersions', () => {
  test('refuses a client that calls itself nonsense, or means another cluster (KIP-511, KIP-1242)', async () => {
    const { connect } = open({ topics })
    const connection = await connect()
    const ask = (more: object, version = 5) =>
      connection.request(ApiVersions, { clientSoftwareName: 'me', clientSoftwareVersion: '1', ...more }, { version })
    expect((await ask({})).errorCode).toBe(0)
    expect((await ask({ clientSoftwareName: 'no spaces' })).errorCode).toBe(ErrorCode.InvalidRequest)
    expect((await ask({ nodeId: 9 })).errorCode).toBe(ErrorCode.RebootstrapRequired)
    expect((await ask({ clusterId: 'another' })).errorCode).toBe(ErrorCode.RebootstrapRequired)
  })
})
