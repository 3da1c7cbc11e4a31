import { readdirSync } from 'node:fs'
import type * as net from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CloseCode, signedTokens } from '../../adapters/bridge/index.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { concat } from '../../src/bytes/writer.ts'
import { AlterUserScramCredentials } from '../../src/protocol/alter-user-scram-credentials.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { CreateDelegationToken } from '../../src/protocol/create-delegation-token.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { DescribeDelegationToken } from '../../src/protocol/describe-delegation-token.ts'
import { ExpireDelegationToken } from '../../src/protocol/expire-delegation-token.ts'
import { readRequestHeader, readResponse, requestFrame, responseFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { RenewDelegationToken } from '../../src/protocol/renew-delegation-token.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { type Client, onFrames, requestBytes, startPeer, until } from '../../test/adapters/bridge-fixture.ts'
import { unless } from '../../test/support/left-out.ts'
import { eventually, type Place, type Program, places, secret, startBridge } from './bridge-stage.ts'
import { runtime } from './packages.ts'

// What a bridge's policy says, and what it does with those who mean harm, wherever it runs: test/adapters has the same
// for Node.

const signer = signedTokens({ secret })

for (const { place, name } of places.slice(1))
  describe(`the policy of the bridge in ${place}`, unless(runtime(name).missing), () => policyIn(place))

function policyIn(place: Place): void {
  const inWorkerd = place === 'a Worker' || place === 'a Durable Object'
  let program: Program
  beforeAll(async () => {
    program = await startBridge(place)
  })
  afterAll(() => program?.stop())

  test('with `sasl` neither SASL nor what makes credentials passes, whatever "all" is', async () => {
    const peer = await startBroker()
    const login = { username: 'bridge', password: 'secret of the bridge' }
    const fixture = await program.fixture(peer.port, { login, apis: { allow: 'all' } })
    const client = await fixture.connect()
    const heard = frames(client)
    expect(peer.heard).toEqual([SaslHandshake.key, SaslAuthenticate.key])
    const owner = { ownerPrincipalType: null, ownerPrincipalName: null, renewers: [] }
    const asked: [AnyApi, object][] = [
      [SaslHandshake, { mechanism: 'PLAIN' }],
      [SaslAuthenticate, { authBytes: new Uint8Array(3) }],
      [CreateDelegationToken, { ...owner, maxLifetimeMs: -1 }],
      [RenewDelegationToken, { hmac: new Uint8Array(3), renewPeriodMs: 1 }],
      [ExpireDelegationToken, { hmac: new Uint8Array(3), expiryTimePeriodMs: 1 }],
      [DescribeDelegationToken, { owners: null }],
      [AlterUserScramCredentials, { deletions: [{ name: 'alice', mechanism: 1 }], upsertions: [] }],
    ]
    for (const [id, [api, request]] of asked.entries())
      client.webSocket.send(Buffer.concat(requestFrame(api, api.maxVersion, id, 'x', request as never)))
    await until(() => heard.length === asked.length)
    for (const [id, [api]] of asked.entries()) {
      const { correlationId, response } = readResponse(api, api.maxVersion, heard[id]!)
      expect([correlationId, errorsIn(response).length]).toEqual([id, 1])
    }
    expect(peer.heard).toHaveLength(2)
    const { log, metrics } = await fixture.state()
    expect(JSON.stringify(log)).not.toContain('secret of')
    expect(metrics).toContain('isokafka_bridge_refused_requests_total{api="CreateDelegationToken"} 1\n')
  })

  test('what passes is said by name, for all or for one, and what is denied never does', async () => {
    const peer = await startBroker()
    const fixture = await program.fixture(peer.port, {
      apis: { allow: ['CreateTopics'], deny: ['DeleteTopics', 'Metadata'] },
    })
    const token = await signer.sign({ id: 'admin', apis: { allow: ['DeleteTopics', 'Metadata', 'DescribeConfigs'] } })
    const client = await fixture.connect(undefined, { token })
    const topic = { name: 'x', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    for (const [id, [api, request]] of [
      [DeleteTopics, { topics: [], topicNames: [], timeoutMs: 1 }],
      [Metadata, { topics: [] }],
      [CreateTopics, { topics: [topic] }],
    ].entries() as Iterable<[number, [AnyApi, object]]>)
      client.webSocket.send(Buffer.concat(requestFrame(api, 2, id, 'x', request as never)))
    await until(() => peer.heard.length > 0)
    expect(peer.heard).toEqual([CreateTopics.key])
  })

  test('an API or a version that Kafka has not, and what only brokers ask each other: 4005, and nothing of it passes', async () => {
    const peer = await startBroker()
    const fixture = await program.fixture(peer.port, { apis: { allow: 'all' } })
    const request = (key: number, version: number): Buffer => {
      const bytes = requestBytes(1, 40)
      bytes.writeInt16BE(key, 4)
      bytes.writeInt16BE(version, 6)
      return bytes
    }
    for (const [key, version] of [
      [3, 99],
      [3, -1],
      [-1, 0],
      [4, 0],
      [6, 0],
      [7, 0],
      [52, 0],
      [999, 0],
    ] as const) {
      const client = await fixture.connect()
      client.webSocket.send(request(key, version))
      expect(await client.closed, `key ${key}, version ${version}`).toMatchObject({ code: CloseCode.NotKafka })
    }
    expect(peer.heard).toEqual([])
  })

  test('who floods again and again, be it from another address, waits before it is let in', async () => {
    const fixture = await program.fixture((await startPeer()).port, {
      limits: { upgradesPerSecond: 2, framesPerSecond: 1 },
      trustedProxies: ['127.0.0.1'],
    })
    const from = async (address: string, id: string) => ({
      token: await signer.sign({ id }),
      headers: { 'x-forwarded-for': address, 'cf-connecting-ip': address },
    })
    const there = await fixture.connect(undefined, await from('192.0.2.1', 'bystander'))
    const hostile = [
      ...Array.from({ length: 8 }, (_, i) => from('192.0.2.1', `${i}`)),
      ...Array.from({ length: 9 }, (_, i) => from(`192.0.2.${10 + i}`, 'mallory')),
    ].map(async how => fixture.connect(undefined, await how))
    for (const client of await Promise.all(hostile)) {
      // Empty messages, masked by a key of zeros.
      client.raw.write(Buffer.concat(Array.from({ length: 20 }, () => Buffer.from([0x82, 0x80, 0, 0, 0, 0]))))
      await client.closed
    }
    const statuses = [
      ['192.0.2.1', 'another'],
      ['192.0.2.100', 'mallory'],
      ['192.0.2.100', 'another'],
    ].map(async ([address, id]) => fixture.status(undefined, await from(address!, id!)))
    expect(await Promise.all(statuses)).toEqual([429, 429, 101])
    expect(there.webSocket.readyState).toBe(1)
    const { metrics } = await fixture.state()
    expect(metrics).toContain('closed_total{code="4008"} 17\n')
    expect(metrics).toContain('refused_total{reason="rate"} 2\n')
  })

  test('idle, and open for as long as one may be: ended, and cut off who answers no closing', async () => {
    const peer = await startPeer()
    for (const [limits, code] of [
      [{ idleTimeout: 400 }, CloseCode.Idle],
      [{ lifetime: 400 }, CloseCode.Lifetime],
    ] as const) {
      const fixture = await program.fixture(peer.port, { limits: { closeTimeout: 300, ...limits } })
      const polite = await fixture.connect()
      const deaf = await fixture.connect()
      deaf.raw.pause()
      expect(await polite.closed).toMatchObject({ code })
      // Of a Durable Object's sockets none can be ended alone.
      if (place === 'a Durable Object') deaf.raw.destroy()
      await fixture.empty()
      await until(() => peer.open.size === 0)
      deaf.raw.destroy()
    }
  })

  test('clients that leave before the broker has answered leave no socket behind, nor hold their place', async () => {
    const peer = await startBroker([], 1_000)
    const login = { username: 'bridge', password: 'secret of the bridge' }
    const fixture = await program.fixture(peer.port, { login })
    const descriptors = (): number => readdirSync(`/proc/${program.pid}/fd`).length
    const leave = async (): Promise<void> => {
      const leaving = new AbortController()
      const status = fixture.status(undefined, { client: { signal: leaving.signal } as never })
      // The broker's first answer of two is on its way.
      await new Promise(resolve => setTimeout(resolve, 400))
      leaving.abort()
      await status
    }
    const before = descriptors()
    await Promise.all(Array.from({ length: 30 }, leave))
    await fixture.empty()
    await expect.poll(descriptors, { timeout: 1_000 }).toBeLessThan(before + 10)
  })

  test('a cluster that was taken over leads to no other service', async () => {
    const brokers = [
      'kafka-1:9092',
      'kafka-1:22',
      'redis:6379',
      '10.0.0.7:9092',
      '169.254.169.254:9092',
      '127.0.0.2:9092',
    ]
    const peer = await startBroker(brokers)
    const fixture = await program.fixture(peer.port, { targets: [], learnTargets: 'seed:9092' })
    expect(await Promise.all(brokers.map(target => fixture.status(target)))).toEqual([101, 403, 403, 403, 403, 403])
    expect((await fixture.state()).dialed.filter(each => !/^127\.0\.0\.1:9092$/.test(each))).toEqual([])
  })

  test('tokens for another audience, not good yet, used before: 401; a connection outlives its token as the policy says', async () => {
    const peer = await startPeer()
    const order = { tokens: { audience: 'here', singleUse: true }, tokenGrace: 60_000 }
    const fixture = await program.fixture(peer.port, order)
    const here = signedTokens({ secret, audience: 'here', singleUse: true, ttl: 600 })
    const status = async (token: string): Promise<number> => fixture.status(undefined, { token })
    expect(await status(await signedTokens({ secret, audience: 'there', singleUse: true }).sign({ id: 'x' }))).toBe(401)
    expect(await status(await signedTokens({ secret, audience: 'here' }).sign({ id: 'x' }))).toBe(401)
    expect(await status(await here.sign({ id: 'x', notBefore: Date.now() + 60_000 }))).toBe(401)
    const token = await here.sign({ id: 'x' })
    const client = await fixture.connect(undefined, { token })
    expect(await status(token)).toBe(401)
    expect(await Promise.race([client.closed, new Promise(done => setTimeout(() => done('open'), 1_200))])).toBe('open')
  })

  test('whose address it is headers say only where that is told, and an IPv6 network is one', async () => {
    const peer = await startPeer()
    const header = inWorkerd ? 'cf-connecting-ip' : 'x-forwarded-for'
    const from = (address: string) => ({ headers: { [header]: address } })
    const limits = { connectionsPerAddress: 1 }
    const fixture = await program.fixture(peer.port, { limits, trustedProxies: ['127.0.0.1'] })
    expect(await fixture.status(undefined, from('2001:db8:1:2::1'))).toBe(101)
    expect(await fixture.status(undefined, from('2001:db8:1:2::2'))).toBe(429)
    expect(await fixture.status(undefined, from('2001:db8:1:3::1'))).toBe(101)
    if (inWorkerd) return
    const strict = await program.fixture(peer.port, { limits })
    expect(await strict.status(undefined, from('192.0.2.1'))).toBe(101)
    expect(await strict.status(undefined, from('192.0.2.2'))).toBe(429)
  })

  test('what was refused, what is held and how it ended is counted', async () => {
    const peer = await startPeer(socket => socket.pause())
    const fixture = await program.fixture(peer.port, { limits: { connectionsPerIdentity: 1, heldBytes: 2_000_000 } })
    const client = await fixture.connect()
    for (const how of [{}, { token: null }, { origin: null }, { path: '/broker:9092?x' }])
      await fixture.status(undefined, how)
    await fixture.status('elsewhere:1', { token: await signer.sign({ id: 'another' }) })
    const { metrics } = await fixture.state()
    for (const reason of ['connections', 'token', 'origin', 'request', 'target'])
      expect(metrics).toContain(`isokafka_bridge_refused_total{reason="${reason}"} 1\n`)
    expect(metrics).toContain('isokafka_bridge_held_bytes_limit 2000000\n')
    client.webSocket.send(requestBytes(1, 90 * 1024 * 1024).subarray(0, 64))
    for (let sent = 0; sent < 16; sent++) client.webSocket.send(Buffer.alloc(512 * 1024))
    await eventually(program, state => /held_bytes [1-9]|closed_total\{code="40/.test(state.metrics))
  })
}

/** A broker that notes the APIs that reach it, lets the bridge in, and tells of these brokers; each after a delay. */
async function startBroker(brokers: readonly string[] = [], delay = 0): Promise<{ port: number; heard: number[] }> {
  const heard: number[] = []
  const versions = [ApiVersions, Metadata].map(({ key }) => ({ apiKey: key, minVersion: 0, maxVersion: 3 }))
  const answerOf = (frame: Buffer): readonly Uint8Array[] => {
    const { apiKey, apiVersion, correlationId } = readRequestHeader(new ByteReader(frame.subarray(4)))
    heard.push(apiKey)
    switch (apiKey) {
      case SaslHandshake.key:
        return responseFrame(SaslHandshake, apiVersion, correlationId, { errorCode: 0, mechanisms: ['PLAIN'] })
      case SaslAuthenticate.key:
        return responseFrame(SaslAuthenticate, apiVersion, correlationId, {
          errorCode: 0,
          errorMessage: null,
          authBytes: new Uint8Array(),
          sessionLifetimeMs: 0,
        })
      case Metadata.key:
        return responseFrame(Metadata, apiVersion, correlationId, {
          topics: [],
          brokers: brokers.map((text, nodeId) => ({
            nodeId,
            host: text.split(':')[0]!,
            port: Number(text.split(':')[1]),
          })),
        })
      case ApiVersions.key:
        return responseFrame(ApiVersions, Math.min(apiVersion, 3), correlationId, { errorCode: 0, apiKeys: versions })
      default:
        return []
    }
  }
  const serve = (socket: net.Socket): void =>
    onFrames(socket, frame => setTimeout(() => socket.write(concat(answerOf(frame))), delay))
  const { port } = await startPeer(serve)
  return { port, heard }
}

/** What a client hears, size excluded. */
function frames({ webSocket }: Client): Buffer[] {
  const whole: Buffer[] = []
  let rest = Buffer.alloc(0)
  webSocket.on('message', (data, isBinary) => {
    if (!isBinary) return
    rest = Buffer.concat([rest, data as Buffer])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      whole.push(rest.subarray(4, 4 + rest.readInt32BE(0)))
      rest = rest.subarray(4 + rest.readInt32BE(0))
    }
  })
  return whole
}

/** The codes of errors, wherever they are. */
function errorsIn(value: unknown): number[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) =>
    /errorCode$/i.test(name) && each !== 0 ? [each] : errorsIn(each),
  )
}
