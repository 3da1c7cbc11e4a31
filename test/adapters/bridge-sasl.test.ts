import type * as net from 'node:net'
import { expect, test } from 'vitest'
import { CloseCode } from '../../adapters/bridge/index.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { readRequest, readRequestHeader, responseFrame } from '../../src/protocol/headers.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { plain } from '../../src/sasl/plain.ts'
import { onFrames, type Peer, requestBytes, responseBytes, startFixture, startPeer, until } from './bridge-fixture.ts'

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
