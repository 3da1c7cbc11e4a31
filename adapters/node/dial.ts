import * as net from 'node:net'
import type * as tls from 'node:tls'
import { type Address, formatAddress } from '../../src/base/address.ts'
import { ConfigError, messageOf } from '../../src/base/errors.ts'
import type { DialOptions, PeerCertificate, Socket, SocketOptions, TLSOptions } from '../../src/socket/socket.ts'
import { pinError } from '../shared/errors.ts'
import { type TLSTexts, tlsTexts } from '../shared/tls.ts'
import { dialing } from './dialing.ts'
import { keepFreedMemory } from './freed-memory.ts'
import { Receiver } from './receiver.ts'
import { NodeSocket } from './socket.ts'

// What one read may bring. TLS hands over record by record, 16 KiB at most.
const plainReadSize = 128 * 1024
const secureReadSize = 16 * 1024
// Of several addresses each gets this long before the next is tried (RFC 8305's 250 ms is Node's default, too short
// across an ocean).
const attemptTimeout = 1_000
const keepAliveDelay = 60_000

/**
 * Connects, trying each address the host has, and shakes hands if TLS is asked for. `readSize`: bytes a read without
 * TLS may bring.
 */
export async function dial(
  address: Address,
  { tls: secure, signal, ...options }: DialOptions = {},
  readSize = plainReadSize,
): Promise<Socket> {
  signal?.throwIfAborted()
  const broker = formatAddress(address)
  keepFreedMemory()
  // Loaded when somebody wants it: with it Node takes a sixth longer to import us.
  const module = secure && (await import('node:tls'))
  signal?.throwIfAborted()
  const receiver = new Receiver(secure === undefined ? readSize : secureReadSize)
  let socket: net.Socket
  try {
    const by = module && { module, settings: settingsOf(broker, address.host, secure!) }
    socket = connect(address, by, receiver, options)
  } catch (error) {
    throw error instanceof ConfigError ? error : new ConfigError(`${broker}: ${messageOf(error)}`, { cause: error })
  }
  return dialing({
    broker,
    secure: secure !== undefined,
    signal,
    open: onConnect => socket.once(secure === undefined ? 'connect' : 'secureConnect', onConnect),
    wrap() {
      const verify = secure?.verifyPeerCertificate
      const refused = verify && pinError(broker, verify, peerCertificate(socket as tls.TLSSocket))
      if (refused) throw refused
      return new NodeSocket(broker, socket, receiver, secure !== undefined)
    },
  })
}

function connect(
  { host, port }: Address,
  secure: { readonly module: typeof tls; readonly settings: NodeTLS } | undefined,
  { onread }: Receiver,
  { localAddr, keepAlive = keepAliveDelay, dualStack = true, fallbackDelay = attemptTimeout }: SocketOptions,
): net.Socket {
  const options = {
    host,
    port,
    onread,
    noDelay: true,
    keepAlive: keepAlive > 0,
    keepAliveInitialDelay: keepAlive,
    autoSelectFamily: dualStack,
    autoSelectFamilyAttemptTimeout: fallbackDelay,
    ...(localAddr !== undefined && { localAddress: localAddr }),
  }
  return secure === undefined
    ? net.connect(options)
    : secure.module.connect({ ...options, ...tlsOptions(secure.settings, secure.module) } as tls.ConnectionOptions)
}

interface NodeTLS extends TLSTexts {
  readonly pfx?: Buffer
}

function settingsOf(broker: string, host: string, options: TLSOptions): NodeTLS {
  const { pfx, cert, key } = options
  const texts = tlsTexts(broker, host, options)
  if (pfx === undefined) return texts
  // Not instanceof: test runners have Uint8Arrays of their own.
  if (!ArrayBuffer.isView(pfx))
    throw new ConfigError(`${broker}: tls.pfx is bytes: give what is in the file, not its path`)
  if (cert !== undefined || key !== undefined)
    throw new ConfigError(`${broker}: tls.pfx takes the place of cert and key: give either`)
  return { ...texts, pfx: Buffer.from(pfx.buffer, pfx.byteOffset, pfx.byteLength) }
}

function peerCertificate(socket: tls.TLSSocket): PeerCertificate {
  const { raw, fingerprint256 } = socket.getPeerCertificate()
  return { der: raw, fingerprint256 }
}

function tlsOptions({ serverName, ...given }: NodeTLS, { checkServerIdentity }: typeof tls): tls.ConnectionOptions {
  return {
    ...given,
    // The indication is for names alone (RFC 6066); an address is checked against the certificate all the same.
    ...(net.isIP(serverName) === 0 ? { servername: serverName } : {}),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  }
}
