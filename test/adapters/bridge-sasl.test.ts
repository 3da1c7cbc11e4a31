import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CloseCode, serveBridge } from '../../adapters/bridge/index.ts'
import { listen } from '../../adapters/broker/index.ts'
import { bridgeOptions } from '../../adapters/cli/bridge-options.ts'
import { natives, adapter as sockets } from '../../adapters/node/index.ts'
import { websocketOver } from '../../adapters/websocket/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { Client, Reader, Transport, Writer } from '../../src/index.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { readRequest, readRequestHeader, responseFrame } from '../../src/protocol/headers.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { plain } from '../../src/sasl/plain.ts'
import {
  onFrames,
  type Peer,
  requestBytes,
  responseBytes,
  startFixture,
  startPeer,
  tokens,
  until,
} from './bridge-fixture.ts'

const sasl = plain({ username: 'bridge', password: 'secret of the bridge' })

/** A broker that authenticates, and then hands its requests' ids to `serve`. */
function startSecurePeer(
  sessionLifetimeMs: number,
  serve: (socket: net.Socket, id: number) => void = () => {},
): Promise<Peer & { said: string[] }> {
  const said: string[] = []
  const answers = (socket: net.Socket): void =>
    onFrames(socket, frame => {
      const reader = new ByteReader(frame.subarray(4))
      const { apiKey, apiVersion, correlationId } = readRequestHeader(reader)
      const answer = (pieces: readonly Uint8Array[]): void => void socket.write(Buffer.concat(pieces))
      if (apiKey === SaslHandshake.key)
        answer(responseFrame(SaslHandshake, apiVersion, correlationId, { errorCode: 0, mechanisms: ['PLAIN'] }))
      else if (apiKey === SaslAuthenticate.key) {
        const { authBytes } = readRequest(SaslAuthenticate, apiVersion, reader)
        said.push(Buffer.from(authBytes).toString())
        const errorCode = said.at(-1) === '\0bridge\0secret of the bridge' ? 0 : ErrorCode.SASLAuthenticationFailed
        answer(
          responseFrame(SaslAuthenticate, apiVersion, correlationId, {
            errorCode,
            errorMessage: null,
            authBytes: new Uint8Array(),
            sessionLifetimeMs,
          }),
        )
      } else serve(socket, correlationId)
    })
  return startPeer(answers).then(peer => ({ ...peer, said }))
}

test('the bridge authenticates to the broker; clients neither see nor need its secret', async () => {
  const peer = await startSecurePeer(0, (socket, id) => socket.write(responseBytes(id, 100)))
  const fixture = await startFixture(peer.port, { sasl })
  const client = await fixture.connect()
  expect(peer.said).toEqual(['\0bridge\0secret of the bridge'])
  client.webSocket.send(requestBytes(5, 20))
  await client.until(100)
  expect(client.received).toBe(100)
  expect(JSON.stringify(fixture.log)).not.toContain('secret')
})

test('wrong credentials of the bridge: 502, and nobody is let in', async () => {
  const peer = await startSecurePeer(0)
  const fixture = await startFixture(peer.port, { sasl: plain({ username: 'bridge', password: 'wrong' }) })
  await expect(fixture.connect()).rejects.toMatchObject({ status: 502 })
  await until(() => peer.open.size === 0 && fixture.bridge.connections === 0)
})

test('a client without a token costs the broker nothing', async () => {
  const peer = await startSecurePeer(0)
  const fixture = await startFixture(peer.port, { sasl })
  await expect(fixture.connect(undefined, { token: null })).rejects.toMatchObject({ status: 401 })
  expect(peer.accepted).toHaveLength(0)
})

test('a broker that never finishes authentication: 504', async () => {
  const peer = await startPeer()
  const fixture = await startFixture(peer.port, { sasl, limits: { dialTimeout: 100 } })
  await expect(fixture.connect()).rejects.toMatchObject({ status: 504 })
  await until(() => peer.open.size === 0)
})

test("at the session's end no request is cut, those under way are answered, and the client is told to dial again", async () => {
  const heard: number[] = []
  let answer = (): void => {}
  const peer = await startSecurePeer(400, (socket, id) => {
    heard.push(id)
    answer = () => socket.write(responseBytes(id, 1000))
  })
  const fixture = await startFixture(peer.port, { sasl })
  const client = await fixture.connect()
  const first = requestBytes(1, 1000)
  client.webSocket.send(first.subarray(0, 500))
  // The session is over by nine tenths at 360 ms, and looked at every 250.
  await new Promise(resolve => setTimeout(resolve, 700))
  client.webSocket.send(Buffer.concat([first.subarray(500), requestBytes(2, 20)]))
  await until(() => heard.length > 0)
  answer()
  expect(await client.closed).toMatchObject({ code: CloseCode.SessionExpired })
  expect(heard).toEqual([1])
  expect(client.received).toBe(1000)
  const again = await fixture.connect()
  expect(again.webSocket.readyState).toBe(1)
})

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** A transport through the bridge of this command line, to an embedded broker that has its clients log in. */
async function throughBridge(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const names: string[] = []
  const broker = new Broker({
    natives,
    configs: { 'connections.max.reauth.ms': '60000' },
    sasl: {
      users: { bridge: 'secret of the bridge' },
      oauthBearer: token => {
        names.push(token)
        return token === 'good' ? { principal: 'bridge', expiresAt: Date.now() + 3_600_000 } : undefined
      },
    },
  })
  const listening = await listen(broker)
  const [address] = listening.addresses
  const log: string[] = []
  const write = (message: string, details?: unknown): void => void log.push(message, JSON.stringify(details))
  const bridge = await serveBridge({
    ...bridgeOptions(['--target', address!, '--allow-no-origin', '--port', '0', ...args], {
      ISOKAFKA_BRIDGE_SECRET: 'a secret of thirty-two bytes or so',
      ...environment,
    }),
    logger: { debug: write, info: write, warn: write, error: write },
  })
  const transport = new Transport({
    adapter: websocketOver(sockets, { url: bridge.url, token: () => tokens.sign({ id: 'tester' }) }),
    logger: null,
  })
  onTestFinished(async () => {
    await transport.close()
    await bridge.close()
    await listening.close()
    await broker.close()
  })
  return { transport, addr: address!, log, tokens: names }
}

const inEnvironment = { ISOKAFKA_BRIDGE_SASL_PASSWORD: 'secret of the bridge' }

test.each([
  ['PLAIN', ['--sasl-username', 'bridge'], inEnvironment, {}],
  ['SCRAM-SHA-256', ['--sasl-username', 'bridge'], inEnvironment, {}],
  ['SCRAM-SHA-512', ['--sasl-username', 'bridge'], {}, { 'sasl-password-file': 'secret of the bridge\n' }],
  ['OAUTHBEARER', [], {}, { 'sasl-token-file': 'good\n' }],
])('the bridge of the command line speaks %s to the broker', async (mechanism, args, environment, files) => {
  const folder = folderOf(files)
  const named = Object.keys(files).flatMap(name => [`--${name}`, join(folder, name)])
  const { transport, addr, log } = await throughBridge(
    ['--sasl-mechanism', mechanism, ...args, ...named],
    environment as Record<string, string>,
  )
  await using writer = new Writer({ addr, topic: 't', transport, allowAutoTopicCreation: true })
  await writer.writeMessages({ value: 'through' })
  await using reader = new Reader({ brokers: addr, topic: 't', partition: 0, transport })
  expect((await reader.readMessage()).text()).toBe('through')
  expect(log.join()).not.toMatch(/secret of the bridge|good/)
})

test('the bridge of the command line gets its token from an OpenID Connect provider', async () => {
  const asked: string[] = []
  const provider = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    asked.push(`${request.headers.authorization} ${body}`)
    response.end(JSON.stringify({ access_token: 'good', expires_in: 3600 }))
  })
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  onTestFinished(() => void provider.close())
  const { port } = provider.address() as net.AddressInfo
  const { transport, addr, log } = await throughBridge(
    [
      ...['--sasl-mechanism', 'OAUTHBEARER', '--sasl-token-endpoint', `http://127.0.0.1:${port}/token`],
      ...['--sasl-client-id', 'bridge', '--sasl-scope', 'kafka'],
    ],
    { ISOKAFKA_BRIDGE_SASL_CLIENT_SECRET: 'open-sesame' },
  )
  expect((await new Client({ addr, transport }).metadata()).brokers).toHaveLength(1)
  const basic = Buffer.from('bridge:open-sesame').toString('base64')
  expect(asked).toEqual([`Basic ${basic} grant_type=client_credentials&scope=kafka`])
  expect(log.join()).not.toMatch(/open-sesame|good/)
})

test('a token of a file is read anew, and one that is not there just now is an outage', async () => {
  const folder = folderOf({ token: 'bad' })
  const path = join(folder, 'token')
  const { transport, addr, log, tokens } = await throughBridge([
    '--sasl-mechanism',
    'OAUTHBEARER',
    '--sasl-token-file',
    path,
  ])
  const client = new Client({ addr, transport, timeout: 2_000 })
  await expect(client.metadata()).rejects.toThrow(/\(502\)/)
  expect(tokens).toContain('bad')
  rmSync(path)
  await expect(client.metadata()).rejects.toThrow(/\(502\)/)
  expect(log.join()).toContain('ENOENT')
  writeFileSync(path, 'good')
  expect((await new Client({ addr, transport }).metadata()).brokers).toHaveLength(1)
})
