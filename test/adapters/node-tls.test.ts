import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import * as http from 'node:http'
import * as tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { adapter } from '../../adapters/node/index.ts'
import { deferred } from '../../src/base/deferred.ts'
import { AuthenticationError, ConfigError, ConnectionError } from '../../src/base/errors.ts'
import type { PeerCertificate, Socket, TLSOptions } from '../../src/socket/socket.ts'
import { listen, type Peer } from '../socket/peer.ts'
import { certificate } from './certificates.ts'
import { pkcs12 } from './pkcs12.ts'
import { standsStill } from './stands-still.ts'

const day = 86_400_000
const authority = certificate({ name: 'Test CA', isAuthority: true })
const stranger = certificate({ name: 'Another CA', isAuthority: true })
const broker = certificate({ name: 'broker', hosts: ['localhost', 'broker.test', '127.0.0.1'], issuer: authority })
const client = certificate({ name: 'client', issuer: authority })
const ca = authority.cert

function secure(
  options: tls.TlsOptions = broker,
  accept: (socket: tls.TLSSocket) => void = socket => socket.pipe(socket),
): Promise<Peer> {
  const server = tls.createServer(options)
  server.on('tlsClientError', () => {})
  return listen(socket => accept(socket as tls.TLSSocket), server, 'secureConnection')
}

function dial(peer: Peer, options: TLSOptions, host = 'localhost', signal?: AbortSignal): Promise<Socket> {
  return adapter.dial({ host, port: peer.port }, { tls: options, ...(signal === undefined ? {} : { signal }) })
}

async function refusal(dialing: Promise<Socket>): Promise<Error> {
  try {
    const socket = await dialing
    socket.abort()
  } catch (error) {
    return error as Error
  }
  return expect.fail('connected')
}

describe('TLS', () => {
  test('carries bytes both ways to a broker whose certificate is good', async () => {
    await using peer = await secure()
    const socket = await dial(peer, { ca })
    void socket.write([Uint8Array.of(1, 2), Uint8Array.of(3)])
    expect([...(await socket.read())!]).toEqual([1, 2, 3])
    await socket.close()
    expect(await socket.read()).toBeNull()
  })

  test('names the host it wants, but no address (RFC 6066)', async () => {
    const names: unknown[] = []
    await using peer = await secure(broker, socket => {
      names.push((socket as unknown as { servername: unknown }).servername)
      socket.end()
    })
    for (const [host, options] of [
      ['localhost', { ca }],
      ['127.0.0.1', { ca }],
      ['127.0.0.1', { ca, serverName: 'broker.test' }],
      ['localhost', { ca, serverName: '127.0.0.1' }],
      // Fully qualified, as in Kubernetes: the dot is for resolvers alone.
      ['localhost', { ca, serverName: 'broker.test.' }],
    ] as const) {
      const socket = await dial(peer, options, host)
      expect(await socket.read()).toBeNull()
      await socket.close()
    }
    expect(names).toEqual(['localhost', false, 'broker.test', false, 'broker.test'])
  })

  test('takes several authorities', async () => {
    await using peer = await secure()
    await (await dial(peer, { ca: [stranger.cert, ca] })).close()
  })

  test('shows our certificate to a broker that asks for one', async () => {
    const seen = deferred<string>()
    await using peer = await secure({ ...broker, ca, requestCert: true }, socket =>
      seen.resolve(String(socket.getPeerCertificate().subject.CN)),
    )
    const socket = await dial(peer, { ca, cert: client.cert, key: client.key })
    expect(await seen.promise).toBe('client')
    socket.abort()
  })

  test('takes files as they were read, and an encrypted key with its passphrase', async () => {
    const encrypted = createPrivateKey(client.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open',
    })
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
    const given: Partial<TLSOptions>[] = [
      { ca: Buffer.from(ca), cert: Buffer.from(client.cert), key: Buffer.from(client.key) },
      { ca: [bytes(stranger.cert), ca], cert: bytes(client.cert), key: String(encrypted), passphrase: 'open' },
    ]
    for (const options of given) {
      const seen = deferred<string>()
      await using peer = await secure({ ...broker, ca, requestCert: true }, socket =>
        seen.resolve(String(socket.getPeerCertificate().subject.CN)),
      )
      const socket = await dial(peer, options)
      expect(await seen.promise).toBe('client')
      socket.abort()
    }
    const at = { host: 'localhost', port: 1, name: 'x' } as unknown as Peer
    const locked = await refusal(dial(at, { ca, cert: client.cert, key: String(encrypted) }))
    expect(locked).toBeInstanceOf(ConfigError)
    expect(locked.message).toBe('localhost:1: tls.key is encrypted: give its passphrase as tls.passphrase')
    const wrong = await refusal(dial(at, { ca, cert: client.cert, key: String(encrypted), passphrase: 'shut' }))
    expect(wrong).toBeInstanceOf(ConfigError)
    const binary = await refusal(dial(at, { ca: new Uint8Array([0x30, 0x82, 1, 1]) }))
    expect(binary.message).toBe(
      'localhost:1: tls.ca is no PEM text with a CERTIFICATE in it: give what is in the file, not its path',
    )
  })

  test('takes certificate and key as PKCS#12', async () => {
    const seen = deferred<string>()
    await using peer = await secure({ ...broker, ca, requestCert: true }, socket =>
      seen.resolve(String(socket.getPeerCertificate().subject.CN)),
    )
    const pfx = pkcs12(client, 'open')
    const socket = await dial(peer, { ca, pfx: new Uint8Array(pfx), passphrase: 'open' })
    expect(await seen.promise).toBe('client')
    socket.abort()
    const wrong = await refusal(dial(peer, { ca, pfx, passphrase: 'shut' }))
    expect(wrong).toBeInstanceOf(ConfigError)
    expect(wrong.message).toBe(`localhost:${peer.port}: mac verify failure`)
    const path = await refusal(dial(peer, { ca, pfx: '/etc/client.p12' as never }))
    expect(path.message).toBe(`localhost:${peer.port}: tls.pfx is bytes: give what is in the file, not its path`)
    const both = await refusal(dial(peer, { ca, pfx, passphrase: 'open', cert: client.cert, key: client.key }))
    expect(both.message).toBe(`localhost:${peer.port}: tls.pfx takes the place of cert and key: give either`)
  })

  test('a certificate is pinned by a function', async () => {
    await using peer = await secure()
    const { raw, fingerprint256 } = new X509Certificate(broker.cert)
    const pinned = (pin: string) => (shown: PeerCertificate) => shown.fingerprint256 === pin && raw.equals(shown.der)
    await (await dial(peer, { ca, verifyPeerCertificate: pinned(fingerprint256) })).close()
    // In place of an authority, as kafka-go's users do it with InsecureSkipVerify.
    await (await dial(peer, { rejectUnauthorized: false, verifyPeerCertificate: pinned(fingerprint256) })).close()
    const refused = await refusal(dial(peer, { ca, verifyPeerCertificate: pinned('00') }))
    expect(refused).toBeInstanceOf(AuthenticationError)
    expect(refused.message).toBe(
      `localhost:${peer.port}: the broker's certificate (SHA-256 ${fingerprint256}) is refused by tls.verifyPeerCertificate`,
    )
    // The verification is not left out for it.
    const unknown = await refusal(dial(peer, { verifyPeerCertificate: () => true }))
    expect(unknown.message).toContain('is not known')
  })

  test('can be told to accept anything', async () => {
    const selfSigned = certificate({ name: 'alone', hosts: ['elsewhere'] })
    await using peer = await secure(selfSigned)
    await (await dial(peer, { rejectUnauthorized: false })).close()
  })

  test('holds what nobody reads to a few buffers', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 7)
    let sending: tls.TLSSocket | undefined
    await using peer = await secure(broker, socket => {
      sending = socket
      for (let i = 0; i < 32; i++) socket.write(chunk)
    })
    const socket = await dial(peer, { ca })
    await standsStill(() => sending?.bytesWritten)
    expect(sending!.writableLength).toBeGreaterThan(16 * 1024 * 1024)
    let received = 0
    while (received < 32 * chunk.length) {
      const bytes = await socket.read()
      expect(bytes!.every(byte => byte === 7)).toBe(true)
      received += bytes!.length
    }
    expect(received).toBe(32 * chunk.length)
    socket.abort()
  })
})

describe('a TLS handshake that fails says why:', () => {
  const cases: [what: string, server: tls.TlsOptions, options: TLSOptions, message: string][] = [
    [
      'an unknown authority',
      broker,
      {},
      "the CA that signed the broker's certificate is not known: give it as `ca` (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
    ],
    [
      'another authority',
      broker,
      { ca: stranger.cert },
      "the CA that signed the broker's certificate is not known: give it as `ca` (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
    ],
    [
      'a certificate signed by itself',
      certificate({ name: 'alone', hosts: ['localhost'] }),
      {},
      "the broker's certificate is self-signed: give it, or the CA that signed it, as `ca` (DEPTH_ZERO_SELF_SIGNED_CERT)",
    ],
    [
      'an expired certificate',
      certificate({
        name: 'old',
        hosts: ['localhost'],
        issuer: authority,
        notBefore: new Date(Date.now() - 3 * day),
        notAfter: new Date(Date.now() - day),
      }),
      { ca },
      "the broker's certificate has expired (CERT_HAS_EXPIRED)",
    ],
    [
      'a certificate of the future',
      certificate({
        name: 'new',
        hosts: ['localhost'],
        issuer: authority,
        notBefore: new Date(Date.now() + day),
        notAfter: new Date(Date.now() + 2 * day),
      }),
      { ca },
      "the broker's certificate is not valid yet (CERT_NOT_YET_VALID)",
    ],
    [
      'a certificate for another name',
      certificate({ name: 'other', hosts: ['other.test'], issuer: authority }),
      { ca },
      "the broker's certificate is for another name: Host: localhost. is not in the cert's altnames: DNS:other.test",
    ],
    [
      'a name that is not asked for',
      broker,
      { ca, serverName: 'elsewhere.test' },
      "the broker's certificate is for another name: Host: elsewhere.test. is not in the cert's altnames: DNS:localhost, DNS:broker.test, IP Address:127.0.0.1",
    ],
  ]

  test.each(cases)('%s', async (_what, server, options, message) => {
    await using peer = await secure(server)
    const error = await refusal(dial(peer, options))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toBe(`localhost:${peer.port}: ${message}`)
    expect(error.cause).toBeInstanceOf(Error)
  })

  test('no certificate of ours, where one is required', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      await using peer = await secure({ ...broker, ca, requestCert: true, rejectUnauthorized: true, maxVersion })
      // Under TLS 1.3 the client is done before the broker has looked at its certificate: the refusal comes with the
      // first read.
      const error = await refusal(dial(peer, { ca }).then(socket => socket.read().then(() => socket)))
      expect(error).toBeInstanceOf(AuthenticationError)
      expect(error.message).toMatch(
        /: the broker refused the TLS handshake: .*; it may want a client certificate: give `cert` and `key`$/,
      )
    }
  })

  test('a port without TLS that answers', async () => {
    await using peer = await listen(() => {}, http.createServer())
    const error = await refusal(dial(peer, { ca }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(/: the peer does not speak TLS on this port \(.+\)$/)
  })

  test('a port without TLS that hangs up', async () => {
    await using peer = await listen(socket => socket.once('data', () => socket.end()))
    const error = await refusal(dial(peer, { ca }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toBe(
      `localhost:${peer.port}: the peer closed the connection during the TLS handshake: does this port speak TLS?`,
    )
  })

  test('settings that are no certificates', async () => {
    await using peer = await secure()
    const error = await refusal(dial(peer, { cert: 'nonsense', key: 'nonsense' }))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain(`localhost:${peer.port}: `)
  })
})

test('a TLS handshake that never ends can be aborted', async () => {
  const asked = deferred<void>()
  await using peer = await listen(socket => socket.once('data', () => asked.resolve()))
  const cancel = new AbortController()
  const dialing = dial(peer, { ca }, 'localhost', cancel.signal).catch(error => error)
  await asked.promise
  cancel.abort('enough')
  expect(await dialing).toBe('enough')
  await once(peer.sockets[0]!, 'close')
})
