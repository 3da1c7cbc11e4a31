import { type Address, formatAddress } from '../../src/base/address.ts'
import { ConfigError } from '../../src/base/errors.ts'
import type { Socket, TLSOptions } from '../../src/socket/socket.ts'
import { attempt } from '../shared/attempt.ts'
import { StreamSocket } from '../shared/stream-socket.ts'
import { type TLSTexts, tlsTexts } from '../shared/tls.ts'
import { translate } from './errors.ts'
import { type Conn, deno, type TlsConn } from './runtime.ts'
import { DenoStream } from './stream.ts'

/** Connects, trying each address the host has, and shakes hands if TLS is asked for. */
export async function dial(
  address: Address,
  { tls, signal }: { tls?: TLSOptions; signal?: AbortSignal } = {},
): Promise<Socket> {
  const broker = formatAddress(address)
  const secure = tls && checked(broker, address.host, tls)
  try {
    const conn = await attempt(signal, keep => {
      const closing = (conn: Conn) => keep(() => close(conn))
      return secure === undefined ? connect(address, signal, closing) : connectTls(address, secure, signal, closing)
    })
    return new StreamSocket(broker, new DenoStream(broker, conn, tls !== undefined))
  } catch (error) {
    throw signal?.aborted ? signal.reason : translate(broker, error, tls !== undefined)
  }
}

async function connect(
  { host, port }: Address,
  signal: AbortSignal | undefined,
  opened: (conn: Conn) => void,
): Promise<Conn> {
  const conn = await deno().connect({ hostname: host, port, ...(signal && { signal }) })
  opened(conn)
  conn.setNoDelay(true)
  conn.setKeepAlive(true)
  return conn
}

async function connectTls(
  { host, port }: Address,
  { ca, cert, key, serverName }: TLSTexts,
  signal: AbortSignal | undefined,
  opened: (conn: Conn) => void,
): Promise<Conn> {
  const runtime = deno()
  const trusted = ca === undefined ? {} : { caCerts: ca }
  let conn: TlsConn
  if (cert === undefined || key === undefined) {
    // Only here can the name differ from the host, and be sent at once.
    const plain = await runtime.connect({ hostname: host, port, ...(signal && { signal }) })
    opened(plain)
    plain.setNoDelay(true)
    plain.setKeepAlive(true)
    conn = await runtime.startTls(plain, { hostname: serverName, ...trusted })
  } else {
    conn = await runtime.connectTls({ hostname: host, port, cert, key, ...trusted })
  }
  opened(conn)
  await conn.handshake()
  return conn
}

function close(conn: Conn): void {
  try {
    conn.close()
  } catch {
    // startTls has taken it over, and closed it.
  }
}

function checked(broker: string, host: string, tls: TLSOptions): TLSTexts {
  const instead =
    "the adapter of isokafka/node can, and runs in Deno too: new Transport({ adapter }) from 'isokafka/node'"
  if (tls.rejectUnauthorized === false)
    throw new ConfigError(`${broker}: Deno does not connect without verifying the certificate; ${instead}`)
  if (tls.cert !== undefined && tls.serverName !== undefined && tls.serverName !== host)
    throw new ConfigError(
      `${broker}: Deno can't show a client certificate and ask for another name than the host's; ${instead}`,
    )
  if (tls.pfx !== undefined) throw new ConfigError(`${broker}: Deno does not read PKCS#12; ${instead}`)
  if (tls.verifyPeerCertificate !== undefined)
    throw new ConfigError(`${broker}: Deno does not show the broker's certificate; ${instead}`)
  if (tls.passphrase !== undefined) throw new ConfigError(`${broker}: Deno does not open encrypted keys; ${instead}`)
  return tlsTexts(broker, host, tls)
}
