import { AuthenticationError, ClosedError, ConfigError, ConnectionError } from '../../../src/base/errors.ts'
import type { PeerCertificate, Socket, SocketAdapter, TLSOptions } from '../../../src/socket/socket.ts'
import type { Assert } from '../../../test/contract/assert.ts'
import type { Suite } from '../../../test/contract/harness.ts'
import { settled, until } from '../../../test/support/waiting.ts'
import type { Figures, PeerName, Peers } from '../peers.ts'

const mebibyte = 1024 * 1024

export type PeersUnderTest = Pick<Peers, 'ports' | 'ca' | 'client' | 'pfx' | 'stranger'>

/** What an adapter owes to those above the seam, in whatever runtime: the same suite for all. */
export function adapterSuite(peers: PeersUnderTest): Suite {
  return ({ test, assert: given, adapter }) => {
    // An assertion function must be declared with its type.
    const assert: Assert = given
    const { ca, client, stranger } = peers

    const dial = (
      peer: PeerName,
      options: Parameters<SocketAdapter['dial']>[1] = {},
      host = '127.0.0.1',
    ): Promise<Socket> => adapter.dial({ host, port: peers.ports[peer] }, options)
    const failure = async (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => assert.fail('it worked'),
        error => error,
      )
    const figures = async (): Promise<Figures> => {
      const socket = await dial('figures')
      let text = ''
      const decoder = new TextDecoder()
      for (let bytes = await socket.read(); bytes !== null; bytes = await socket.read()) text += decoder.decode(bytes)
      await socket.close()
      return JSON.parse(text)
    }
    const readPattern = async (socket: Socket, length: number): Promise<void> => {
      let at = 0
      while (at < length) {
        const bytes = await socket.read()
        if (bytes === null) return assert.fail(`the stream ends after ${at} bytes`)
        for (let i = 0; i < bytes.length; i += 997)
          if (bytes[i] !== ((((at + i) * 31) >>> 3) & 0xff)) assert.fail(`a wrong byte at ${at + i}`)
        at += bytes.length
      }
      assert.equal(at, length)
    }
    const patternOf = (length: number, from = 0): Uint8Array => {
      const bytes = new Uint8Array(length)
      for (let i = 0; i < length; i++) bytes[i] = ((from + i) * 31) >>> 3
      return bytes
    }

    test('gives every byte in order, and null at the end', async () => {
      const socket = await dial('flood')
      await readPattern(socket, 64 * mebibyte)
      assert.equal(await socket.read(), null)
      assert.equal(await socket.read(), null)
      await socket.close()
    })

    test('holds back a peer that nobody reads from', async () => {
      for (const peer of ['flood', ...(adapter.name === 'cloudflare' ? [] : ['tlsFlood'])] as PeerName[]) {
        const socket = await dial(peer, peer === 'flood' ? {} : { tls: { ca } }, 'localhost')
        let flooded = 0
        const watch = async (): Promise<number> => {
          flooded = (await figures()).flooded
          return flooded
        }
        await until(new AbortController().signal, async () => (await watch()) > 0)
        for (let last = -1; last !== flooded; ) {
          last = flooded
          await settled(() => 0)
          await watch()
        }
        assert.ok(flooded < 32 * mebibyte, `${flooded} bytes were taken`)
        await readPattern(socket, 64 * mebibyte)
        socket.abort()
      }
    })

    test('sends pieces in order, small and large', async () => {
      const socket = await dial('echo')
      const sizes = [1, 0, 2, 100_000, 3, 70_000, 65_536, 4, 300_000, 5, 6, 7]
      let at = 0
      const pieces = sizes.map(size => {
        at += size
        return patternOf(size, at - size)
      })
      void socket.write([])
      void socket.write(pieces.slice(0, 5))
      for (const piece of pieces.slice(5)) void socket.write([piece])
      await readPattern(socket, at)
      await socket.flushed()
      await socket.close()
    })

    test('goes both ways at once', async () => {
      const socket = await dial('echo')
      const total = 32
      const writing = (async () => {
        for (let i = 0; i < total; i++) await socket.write([patternOf(mebibyte, i * mebibyte)])
      })()
      await readPattern(socket, total * mebibyte)
      await writing
      await socket.close()
    })

    test('asks for a pause when the peer does not read; aborting rejects all that waits, with the reason', async ({
      signal,
    }) => {
      const socket = await dial('deaf')
      let pressure = socket.write([patternOf(mebibyte)])
      let written = 1
      // Each turn the kernel may take what it has room for.
      while (written < 64) {
        pressure = socket.write([patternOf(mebibyte)])
        written++
        if (
          pressure !== undefined &&
          (await Promise.race([pressure.then(() => false), settled(() => written).then(() => true)]))
        )
          break
      }
      assert.ok(written < 40, `${written} MiB were taken`)
      const pending = [socket.read(), Promise.resolve(pressure), socket.flushed()]
      socket.abort('reason')
      for (const each of await Promise.allSettled(pending))
        assert.deepEqual(each, { status: 'rejected', reason: 'reason' })
      assert.equal(await failure(socket.read()), 'reason')
      assert.equal(socket.write([patternOf(5)]), undefined)
      await socket.close()
      await until(signal, async () => (await figures()).deafGone)
    })

    test('close sends everything first, and ends a stream that nobody reads', async ({ signal }) => {
      const socket = await dial('count')
      void socket.write([patternOf(8 * mebibyte)])
      await Promise.all([socket.close(), socket.close()])
      await until(signal, async () => (await figures()).ended)
      assert.equal((await figures()).counted, 8 * mebibyte)
      const flooded = await dial('flood')
      void flooded.write([patternOf(10)])
      await flooded.close()
      const end = await flooded.read().catch(error => error)
      assert.ok(end === null || end instanceof ClosedError)
    })

    test('close waits five seconds for a peer that takes nothing', async () => {
      const socket = await dial('deaf')
      for (let i = 0; i < 32; i++) void socket.write([patternOf(mebibyte)])
      const started = performance.now()
      await socket.close()
      const took = performance.now() - started
      assert.ok(took > 4_000 && took < 9_000, `${took} ms`)
    })

    test('a peer that resets fails the read', async () => {
      const socket = await dial('reset')
      void socket.write([patternOf(100)])
      const end = await socket.read().catch(error => error)
      assert.ok(end === null || end instanceof ConnectionError, String(end))
      socket.abort()
    })

    test('the signal ends the dialing, and has no say afterwards', async () => {
      const cancel = new AbortController()
      const dialing = dial('echo', { signal: cancel.signal })
      cancel.abort('stop')
      assert.equal(await failure(dialing), 'stop')
      assert.equal(await failure(dial('echo', { signal: cancel.signal })), 'stop')
      const later = new AbortController()
      const socket = await dial('echo', { signal: later.signal })
      later.abort()
      void socket.write([Uint8Array.of(5)])
      assert.deepEqual([...(await socket.read())!], [5])
      await socket.close()
    })

    test('dialing fails with our errors', async () => {
      const refused = await failure(dial('closed'))
      assert.ok(refused instanceof ConnectionError && refused.message.includes('connection refused'), String(refused))
      const unknown = await failure(adapter.dial({ host: 'no-such-host.invalid', port: 9092 }, {}))
      assert.ok(
        unknown instanceof ConnectionError &&
          /no-such-host.invalid:9092: .*(host not found|looked up)/.test(unknown.message),
        String(unknown),
      )
      const impossible = await failure(adapter.dial({ host: 'localhost', port: 70_000 }, {}))
      assert.ok(impossible instanceof ConfigError, String(impossible))
    })

    const secure = async (peer: PeerName, tls: TLSOptions, host = 'localhost'): Promise<void> => {
      const socket = await dial(peer, { tls }, host)
      void socket.write([patternOf(1_000)])
      await readPattern(socket, 1_000)
      await socket.close()
    }
    const refusal = async (
      peer: PeerName,
      tls: TLSOptions,
      pattern: RegExp,
      kind: unknown = AuthenticationError,
    ): Promise<void> => {
      const error = (await failure(secure(peer, tls))) as Error
      assert.ok(error instanceof (kind as typeof Error), `${peer}: ${error}`)
      assert.ok(pattern.test(error.message) && error.message.startsWith('localhost:'), error.message)
    }

    if (adapter.name === 'cloudflare') {
      test('TLS: trusts what the runtime trusts, and refuses settings a Worker has no say in', async () => {
        await secure('tlsEcho', {})
        await secure('tlsEcho', { serverName: 'peer.test', rejectUnauthorized: true })
        await secure('tlsEcho', { serverName: 'peer.test.' })
        await refusal('tlsEcho', { serverName: 'elsewhere.test' }, /no connection|connection/, ConnectionError)
        for (const peer of ['tlsOther', 'tlsExpired', 'tlsSelfSigned', 'hangUp'] as PeerName[])
          await refusal(peer, {}, /: no connection: /, ConnectionError)
        for (const tls of [{ ca }, client, { rejectUnauthorized: false }, { verifyPeerCertificate: () => true }])
          await refusal('tlsEcho', tls, /a Worker can't do tls\./, ConfigError)
      })
      return
    }

    test('TLS: verifies the certificate and its name', async () => {
      await secure('tlsEcho', { ca })
      await secure('tlsEcho', { ca: [stranger, ca] }, '127.0.0.1')
      await secure('tlsEcho', { ca, serverName: 'peer.test' })
      await secure('tlsEcho', { ca: new TextEncoder().encode(ca), serverName: 'peer.test.' })
      const unknown = /the CA that signed the broker's certificate is not known: give it as `ca`/
      await refusal('tlsEcho', {}, unknown)
      await refusal('tlsEcho', { ca: stranger }, unknown)
      await refusal('tlsSelfSigned', {}, adapter.name === 'deno' ? unknown : /the broker's certificate is self-signed/)
      await refusal('tlsExpired', { ca }, /the broker's certificate has expired/)
      await refusal('tlsOther', { ca }, /the broker's certificate is for another name: .*other\.test/)
      await refusal('tlsEcho', { ca, serverName: 'elsewhere.test' }, /for another name: .*peer\.test/)
      await refusal('hangUp', { ca }, /the peer closed the connection during the TLS handshake/, ConnectionError)
      await refusal('echo', { ca }, /the peer does not speak TLS on this port|TLS failed/)
    })

    test('TLS: shows our certificate to a peer that asks for one', async () => {
      await secure('tlsClient', { ca, ...client })
      await refusal('tlsClient', { ca }, /the broker refused the TLS handshake: .*; it may want a client certificate/)
      await refusal('tlsEcho', { ca, cert: 'nonsense', key: 'nonsense' }, /./, ConfigError)
    })

    test('TLS: accepts anything only when told to', async () => {
      const tls = { rejectUnauthorized: false }
      if (adapter.name === 'deno')
        await refusal('tlsSelfSigned', tls, /Deno does not connect without verifying/, ConfigError)
      else await secure('tlsSelfSigned', tls)
    })

    test('TLS: a function pins the certificate, where the runtime shows it', async () => {
      const deno = /Deno does not show the broker's certificate; the adapter of isokafka\/node can/
      if (adapter.name === 'deno')
        return refusal('tlsEcho', { ca, verifyPeerCertificate: () => true }, deno, ConfigError)
      let shown: PeerCertificate | undefined
      const verifyPeerCertificate = (certificate: PeerCertificate): boolean => {
        shown = certificate
        return true
      }
      await secure('tlsEcho', { ca, verifyPeerCertificate })
      assert.ok(shown!.der instanceof Uint8Array && shown!.der[0] === 0x30 && shown!.der.length > 200)
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', shown!.der as Uint8Array<ArrayBuffer>))
      const fingerprint = [...digest].map(byte => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')
      assert.equal(shown!.fingerprint256, fingerprint)
      // In place of an authority.
      await secure('tlsSelfSigned', { rejectUnauthorized: false, verifyPeerCertificate })
      await refusal('tlsEcho', { verifyPeerCertificate }, /is not known: give it as `ca`/)
      const refused = new RegExp(`certificate \\(SHA-256 ${fingerprint}\\) is refused by tls.verifyPeerCertificate`)
      await refusal('tlsEcho', { ca, verifyPeerCertificate: () => false }, refused)
      // Who forgets to answer refuses.
      await refusal('tlsEcho', { ca, verifyPeerCertificate: (() => {}) as never }, refused)
      const verdict = (): never => {
        throw new Error('not this one')
      }
      await refusal('tlsEcho', { ca, verifyPeerCertificate: verdict }, /: not this one$/)
    })

    test('TLS: PKCS#12 is read in Node, and refused elsewhere', async () => {
      const pfx = Uint8Array.from(atob(peers.pfx), letter => letter.charCodeAt(0))
      if (adapter.name !== 'node')
        return refusal('tlsClient', { ca, pfx, passphrase: 'open' }, /does not read PKCS#12/, ConfigError)
      await secure('tlsClient', { ca, pfx, passphrase: 'open' })
      await refusal('tlsClient', { ca, pfx, passphrase: 'shut' }, /mac verify failure/, ConfigError)
      await refusal(
        'tlsClient',
        { ca, pfx: 'client.p12' as never },
        /tls.pfx is bytes: give what is in the file/,
        ConfigError,
      )
      await refusal(
        'tlsClient',
        { ca, pfx, passphrase: 'open', ...client },
        /tls.pfx takes the place of cert/,
        ConfigError,
      )
    })

    test('TLS: a handshake that never ends can be aborted', async ({ signal }) => {
      const cancel = new AbortController()
      const dialing = dial('deaf', { tls: { ca }, signal: cancel.signal }, 'localhost')
      const caught = failure(dialing)
      await settled(() => 0)
      cancel.abort('enough')
      assert.equal(await caught, 'enough')
      signal.throwIfAborted()
    })
  }
}
