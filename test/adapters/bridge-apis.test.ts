import { describe, expect, test } from 'vitest'
import { apisAllowed } from '../../adapters/bridge/api-policy.ts'
import { errorAnswer } from '../../adapters/bridge/error-answer.ts'
import { CloseCode, signedTokens } from '../../adapters/bridge/index.ts'
import { isAnswered } from '../../adapters/bridge/requests.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../../src/protocol/api.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { CreateDelegationToken } from '../../src/protocol/create-delegation-token.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { readRequest, readRequestHeader, readResponse, requestFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { apis } from '../../src/protocol/registry.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { plain } from '../../src/sasl/plain.ts'
import { type AnySchema, covers } from '../../src/schema/schema.ts'
import {
  type Client,
  type Fixture,
  onFrames,
  responseBytes,
  startFixture,
  startPeer,
  tokens,
} from './bridge-fixture.ts'

const topics = [{ name: 'mine', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]

/** A request as a client sends it. */
function frameOf<A extends AnyApi>(api: A, request: RequestInput<A>, id: number, version = api.maxVersion): Buffer {
  return Buffer.concat(requestFrame(api, version, id, 'tester', request))
}

/** What a client hears, frame by frame. */
class Listener {
  readonly frames: Buffer[] = []
  #rest = Buffer.alloc(0)

  constructor({ webSocket }: Client) {
    webSocket.on('message', data => {
      this.#rest = Buffer.concat([this.#rest, data as Buffer])
      while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readInt32BE(0)) {
        const length = 4 + this.#rest.readInt32BE(0)
        this.frames.push(this.#rest.subarray(4, length))
        this.#rest = this.#rest.subarray(length)
      }
    })
  }

  get ids(): number[] {
    return this.frames.map(frame => frame.readInt32BE(0))
  }

  async answer<A extends AnyApi>(api: A, at = 0, version = api.maxVersion): Promise<ResponseOf<A>> {
    await expect.poll(() => this.frames.length).toBeGreaterThan(at)
    return readResponse(api, version, this.frames[at]!).response
  }
}

/** A broker that notes which APIs reach it, and answers when told to. */
async function startNotingPeer() {
  const heard: number[] = []
  const answers: (() => void)[] = []
  const peer = await startPeer(socket =>
    onFrames(socket, frame => {
      heard.push(frame.readInt16BE(4))
      answers.push(() => socket.write(responseBytes(frame.readInt32BE(8))))
    }),
  )
  return { port: peer.port, heard, answers }
}

async function clientOf(fixture: Fixture, token?: string): Promise<{ client: Client; listener: Listener }> {
  const client = await fixture.connect(undefined, token === undefined ? {} : { token })
  return { client, listener: new Listener(client) }
}

describe('what a page has no business with is answered by the bridge, and the broker never hears of it', () => {
  test.each<[AnyApi, object, number]>([
    [SaslHandshake, { mechanism: 'PLAIN' }, ErrorCode.IllegalSASLState],
    [SaslAuthenticate, { authBytes: new Uint8Array(3) }, ErrorCode.IllegalSASLState],
    [
      CreateDelegationToken,
      { ownerPrincipalType: null, ownerPrincipalName: null, renewers: [], maxLifetimeMs: -1 },
      ErrorCode.DelegationTokenAuthorizationFailed,
    ],
  ])('$name', async (api, request, code) => {
    const { port, heard } = await startNotingPeer()
    const { client, listener } = await clientOf(await startFixture(port))
    client.webSocket.send(frameOf(api, request as never, 5))
    expect(await listener.answer(api)).toMatchObject({ errorCode: code })
    expect(listener.ids).toEqual([5])
    expect(heard).toEqual([])
  })

  test('administration: each topic asked for gets the error', async () => {
    const { port, heard } = await startNotingPeer()
    const fixture = await startFixture(port)
    const { client, listener } = await clientOf(fixture)
    const frame = frameOf(CreateTopics, { topics }, 5)
    // However it comes.
    for (const byte of frame) client.webSocket.send(Uint8Array.of(byte))
    expect(await listener.answer(CreateTopics)).toMatchObject({
      topics: [
        {
          name: 'mine',
          errorCode: ErrorCode.ClusterAuthorizationFailed,
          errorMessage: 'the bridge does not pass CreateTopics',
        },
      ],
    })
    expect(heard).toEqual([])
    expect(fixture.bridge.metrics()).toContain('isokafka_bridge_refused_requests_total{api="CreateTopics"} 1\n')
    expect(fixture.log.filter(({ message }) => message === 'request refused')).toHaveLength(1)
  })
})

test("the bridge's own answers come in the order of the requests", async () => {
  const { answers, heard, port } = await startNotingPeer()
  const { client, listener } = await clientOf(await startFixture(port))
  const ask = (id: number): Buffer => frameOf(Metadata, { topics: [] }, id)
  const refused = (id: number): Buffer => frameOf(CreateTopics, { topics }, id)
  client.webSocket.send(Buffer.concat([refused(1), ask(2), refused(3), refused(4), ask(5), refused(6)]))
  await expect.poll(() => heard).toEqual([Metadata.key, Metadata.key])
  await expect.poll(() => listener.ids).toEqual([1])
  answers[0]!()
  await expect.poll(() => listener.ids).toEqual([1, 2, 3, 4])
  answers[1]!()
  await expect.poll(() => listener.ids).toEqual([1, 2, 3, 4, 5, 6])
})

test('a Produce that wants no answer is not waited for', async () => {
  const { heard, port } = await startNotingPeer()
  const { client, listener } = await clientOf(await startFixture(port))
  const produce = (acks: number, version: number): Buffer =>
    frameOf(Produce, { acks, timeoutMs: 1, topicData: [], transactionalId: null }, 1, version)
  client.webSocket.send(Buffer.concat([produce(0, 13), produce(0, 3), frameOf(CreateTopics, { topics }, 2)]))
  expect(await listener.answer(CreateTopics)).toMatchObject({ topics: [{ name: 'mine' }] })
  expect(heard).toEqual([Produce.key, Produce.key])
  for (const version of [0, 3, 8, 9, 13]) {
    for (const acks of [0, 1, -1]) expect(isAnswered(produce(acks, version).subarray(4))).toBe(acks !== 0)
  }
})

test('refusals that nobody waits for, and requests too large to answer, end the connection', async () => {
  const { port } = await startNotingPeer()
  const fixture = await startFixture(port)
  const many = await fixture.connect()
  // Behind a request that the broker does not answer none of them may go out.
  const refused = Array.from({ length: 300 }, (_, id) => frameOf(CreateTopics, { topics }, id))
  many.webSocket.send(Buffer.concat([frameOf(Metadata, { topics: [] }, 1), ...refused]))
  expect(await many.closed).toMatchObject({ code: CloseCode.NotAllowed })
  const large = await fixture.connect()
  const name = 'x'.repeat(30_000)
  const frame = frameOf(CreateTopics, { topics: Array.from({ length: 40 }, () => ({ ...topics[0]!, name })) }, 1)
  for (let at = 0; at < frame.length; at += 500_000) large.webSocket.send(frame.subarray(at, at + 500_000))
  expect(await large.closed).toMatchObject({ code: CloseCode.NotAllowed })
})

test('an API or a version that there is not is no Kafka', async () => {
  const { heard, port } = await startNotingPeer()
  const fixture = await startFixture(port, { apis: { allow: 'all' } })
  for (const [key, version] of [
    [4, 0],
    [999, 0],
    [-1, 0],
    [Metadata.key, 99],
    [Metadata.key, -1],
  ] as const) {
    const client = await fixture.connect()
    const frame = frameOf(Metadata, { topics: [] }, 1)
    frame.writeInt16BE(key, 4)
    frame.writeInt16BE(version, 6)
    client.webSocket.send(frame)
    expect(await client.closed).toMatchObject({ code: CloseCode.NotKafka })
  }
  expect(heard).toEqual([])
  // A newer client finds out what the broker speaks (KIP-511).
  const { client } = await clientOf(fixture)
  const newer = frameOf(ApiVersions, { clientSoftwareName: 'x', clientSoftwareVersion: '9' }, 1)
  newer.writeInt16BE(99, 6)
  client.webSocket.send(newer)
  await expect.poll(() => heard).toEqual([ApiVersions.key])
})

describe('who may do more', () => {
  const passes = async (fixture: Fixture, heard: number[], token?: string): Promise<boolean> => {
    const { client, listener } = await clientOf(fixture, token)
    const before = heard.length
    client.webSocket.send(frameOf(CreateTopics, { topics }, 1))
    await expect.poll(() => heard.length - before + listener.frames.length).toBe(1)
    return heard.length > before
  }

  test('by the policy, by a token, and never what the policy denies', async () => {
    const { heard, port } = await startNotingPeer()
    const admin = await tokens.sign({ id: 'admin', apis: { allow: ['CreateTopics'] } })
    const narrow = await tokens.sign({ id: 'narrow', apis: { deny: ['CreateTopics'] } })
    const usual = await startFixture(port)
    expect([await passes(usual, heard), await passes(usual, heard, admin)]).toEqual([false, true])
    const generous = await startFixture(port, { apis: { allow: ['CreateTopics'] } })
    expect([await passes(generous, heard), await passes(generous, heard, narrow)]).toEqual([true, false])
    const strict = await startFixture(port, { apis: { deny: ['CreateTopics'] } })
    expect(await passes(strict, heard, admin)).toBe(false)
    const all = await startFixture(port, { apis: { allow: 'all', deny: ['Metadata'] } })
    expect(await passes(all, heard)).toBe(true)
  })

  test('an authenticator that names no API of Kafka lets nobody in', async () => {
    const fixture = await startFixture((await startPeer()).port, {
      authenticate: () => ({ id: 'x', apis: { allow: ['Everything'] } }),
    })
    await expect(fixture.connect()).rejects.toMatchObject({ status: 503 })
  })

  test('a policy that makes no sense is refused', async () => {
    const start = (apis: object, more: object = {}): Promise<Fixture> => startFixture(1, { apis, ...more })
    await expect(start({ allow: ['createTopics'] })).rejects.toThrow(/no API "createTopics"/)
    await expect(start({ allow: 'everything' })).rejects.toThrow(ConfigError)
    await expect(start({ forbid: [] })).rejects.toThrow(/forbid is no setting/)
    const sasl = plain({ username: 'bridge', password: 'secret' })
    await expect(start({ allow: ['SaslHandshake'] }, { sasl })).rejects.toThrow(/itself authenticates/)
    const { sign } = signedTokens({ secret: new Uint8Array(32) })
    await expect(sign({ id: 'x', apis: { allow: ['Nothing'] } })).rejects.toThrow(ConfigError)
  })
})

test('without a word nothing passes that makes credentials or looks after a cluster, and where the bridge authenticates not by "all" either', () => {
  const names = (allowed: ReadonlySet<number>): string[] =>
    apis.filter(({ key }) => allowed.has(key)).map(({ name }) => name)
  expect(names(apisAllowed([{}], true))).toEqual(names(apisAllowed([{}], false)))
  expect(
    names(apisAllowed([{}], true)).filter(name =>
      /Create|Delete|Alter|Sasl|Describe.*(Acl|Conf|User)|Delegation|Elect|Update|List[^O]/.test(name),
    ),
  ).toEqual([])
  const [withSasl, without] = [apisAllowed([{ allow: 'all' }], true), apisAllowed([{ allow: 'all' }], false)]
  expect(names(without)).toHaveLength(apis.length)
  expect([17, 36, 38, 39, 40, 41, 51].filter(key => withSasl.has(key))).toEqual([])
  expect(apisAllowed([{ allow: 'all' }, { allow: ['DescribeDelegationToken'] }], true).has(41)).toBe(true)
})

test('every API, in every version, has an error answer that a client can read, and that says so', () => {
  // The only ones that have no place for an error.
  const silent: string[] = []
  for (const api of apis)
    for (let version = api.minVersion; version <= api.maxVersion; version++) {
      const bytes = Buffer.concat(requestFrame(api, version, 1, 'x', sampleOf(api.request, version) as never))
      const from = new ByteReader(bytes.subarray(4))
      readRequestHeader(from)
      const request = readRequest(api, version, from)
      const answer = Buffer.concat(errorAnswer(api, version, 9, request, { code: 31, message: 'no' }))
      const { correlationId, response } = readResponse(api, version, answer.subarray(4))
      expect(correlationId).toBe(9)
      expect(response.throttleTimeMs ?? 0).toBe(0)
      if (!codesIn(response).includes(31)) silent.push(`${api.name} ${version}`)
    }
  expect(silent).toEqual([])
})

function codesIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => (/errorCode$/i.test(name) ? [each] : codesIn(each)))
}

/** Something of everything. */
function sampleOf({ shape }: AnySchema, version: number): unknown {
  switch (shape.kind) {
    case 'array':
      return [sampleOf(shape.element, version), sampleOf(shape.element, version)]
    case 'struct':
      return Object.fromEntries(
        Object.entries(shape.fields)
          .filter(([, field]) => covers(field.traits.versions, version))
          .map(([name, field]) => [name, sampleOf(field, version)]),
      )
    case 'string':
      return 'abc'
    case 'boolean':
      return true
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAABw'
    case 'bigInt64':
      return 7n
    case 'bytes':
    case 'records':
      return new Uint8Array(3)
    default:
      return 7
  }
}
