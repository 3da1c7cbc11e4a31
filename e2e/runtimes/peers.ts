import { once } from 'node:events'
import * as net from 'node:net'
import * as tls from 'node:tls'
import { type Certificate, certificate } from '../../test/adapters/certificates.ts'
import { pkcs12 } from '../../test/adapters/pkcs12.ts'

const mebibyte = 1024 * 1024
const day = 86_400_000

/** What the adapters' suite dials: a port of loopback for each way a peer can behave. */
export interface Peers {
  readonly ports: Readonly<Record<PeerName, number>>
  /** PEM: who signed the certificates of the TLS peers, a client's certificate, and another authority. */
  readonly ca: string
  readonly client: { readonly cert: string; readonly key: string }
  /** The client's as PKCS#12, in base64; `open` opens it. */
  readonly pfx: string
  readonly stranger: string
}

export type PeerName =
  | 'echo'
  | 'flood'
  | 'deaf'
  | 'count'
  | 'reset'
  | 'hangUp'
  | 'closed'
  | 'figures'
  | 'tlsEcho'
  | 'tlsFlood'
  | 'tlsClient'
  | 'tlsOther'
  | 'tlsExpired'
  | 'tlsSelfSigned'

/** What the peers have seen of their last connection; the `figures` peer tells it as JSON. */
export interface Figures {
  /** Bytes of the flood that the kernel took. */
  flooded: number
  /** Bytes the `count` peer received, and whether the client has ended its side. */
  counted: number
  ended: boolean
  /** Whether the `deaf` peer's connection is gone. */
  deafGone: boolean
}

export const floodBytes = 64 * mebibyte

export async function startPeers(): Promise<Peers & AsyncDisposable> {
  const authority = certificate({ name: 'Test CA', isAuthority: true })
  const stranger = certificate({ name: 'Another CA', isAuthority: true })
  const client = certificate({ name: 'client', issuer: authority })
  const issue = (hosts: string[], more: object = {}): Certificate =>
    certificate({ name: 'peer', hosts, issuer: authority, ...more })
  const good = issue(['localhost', 'peer.test', '127.0.0.1'])
  const old = { notBefore: new Date(Date.now() - 3 * day), notAfter: new Date(Date.now() - day) }

  const figures: Figures = { flooded: 0, counted: 0, ended: false, deafGone: false }
  let deaf: net.Socket | undefined
  const echo = (socket: net.Socket): void => void socket.pipe(socket)
  const flood = (socket: net.Socket): void => {
    figures.flooded = 0
    let sent = 0
    const more = (): void => {
      while (sent < floodBytes) {
        const bytes = pattern(mebibyte, sent)
        sent += mebibyte
        const taken = (): void => {
          figures.flooded += mebibyte
        }
        if (!socket.write(bytes, taken)) return void socket.once('drain', more)
      }
      socket.end()
    }
    more()
  }
  const plain: Partial<Record<PeerName, (socket: net.Socket) => void>> = {
    echo,
    flood,
    deaf(socket) {
      figures.deafGone = false
      socket.pause()
      deaf = socket
      socket.on('close', () => {
        figures.deafGone = true
      })
    },
    count(socket) {
      figures.counted = 0
      figures.ended = false
      socket.on('data', chunk => {
        figures.counted += chunk.length
      })
      socket.on('end', () => {
        figures.ended = true
      })
    },
    reset: socket => void socket.once('data', () => socket.resetAndDestroy()),
    hangUp: socket => void socket.once('data', () => socket.end()),
    figures(socket) {
      // Only one who reads sees the end.
      deaf?.resume()
      socket.end(JSON.stringify(figures))
    },
  }
  const secure: Partial<Record<PeerName, [tls.TlsOptions, (socket: net.Socket) => void]>> = {
    tlsEcho: [good, echo],
    tlsFlood: [good, flood],
    tlsClient: [{ ...good, ca: authority.cert, requestCert: true, rejectUnauthorized: true }, echo],
    tlsOther: [issue(['other.test']), echo],
    tlsExpired: [issue(['localhost'], old), echo],
    tlsSelfSigned: [certificate({ name: 'alone', hosts: ['localhost'] }), echo],
  }

  const closing: (() => void)[] = []
  const listen = async (server: net.Server, event: string, accept: (socket: net.Socket) => void): Promise<number> => {
    server.on(event, (socket: net.Socket) => {
      closing.push(() => socket.destroy())
      socket.on('error', () => {})
      accept(socket)
    })
    server.on('tlsClientError', () => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    return (server.address() as net.AddressInfo).port
  }
  const ports: Partial<Record<PeerName, number>> = {}
  for (const [name, accept] of Object.entries(plain))
    ports[name as PeerName] = await listen(net.createServer(), 'connection', accept)
  for (const [name, [options, accept]] of Object.entries(secure))
    ports[name as PeerName] = await listen(tls.createServer(options), 'secureConnection', accept)
  const unused = net.createServer()
  ports.closed = await listen(unused, 'connection', () => {})
  unused.close()
  return {
    ports: ports as Record<PeerName, number>,
    ca: authority.cert,
    client: { cert: client.cert, key: client.key },
    pfx: pkcs12(client, 'open').toString('base64'),
    stranger: stranger.cert,
    async [Symbol.asyncDispose]() {
      for (const close of closing) close()
    },
  }
}

/** Bytes that tell their place in a stream. */
export function pattern(length: number, from: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = ((from + i) * 31) >>> 3
  return bytes
}
