import { connect, type Socket as WorkerSocket } from 'cloudflare:sockets'
import { type Address, formatAddress } from '../../src/base/address.ts'
import { ConfigError } from '../../src/base/errors.ts'
import type { Socket, TLSOptions } from '../../src/socket/socket.ts'
import { attempt } from '../shared/attempt.ts'
import { StreamSocket } from '../shared/stream-socket.ts'
import { translate } from './errors.ts'
import { CloudflareStream } from './stream.ts'

/** Connects within the request that is being handled, and shakes hands if TLS is asked for. */
export async function dial(
  address: Address,
  { tls, signal }: { tls?: TLSOptions; signal?: AbortSignal } = {},
): Promise<Socket> {
  const broker = formatAddress(address)
  if (tls !== undefined) check(broker, tls)
  try {
    const socket = await attempt(signal, async keep => {
      const opening = open(address, tls)
      keep(() => void opening.close().catch(() => {}))
      // Its end comes with reading and writing.
      opening.closed.catch(() => {})
      await opening.opened
      return opening
    })
    return new StreamSocket(broker, new CloudflareStream(broker, socket, tls !== undefined))
  } catch (error) {
    throw signal?.aborted ? signal.reason : translate(broker, error, tls !== undefined)
  }
}

function open({ host, port }: Address, tls: TLSOptions | undefined): WorkerSocket {
  // An IPv6 address goes in brackets here.
  const address = { hostname: host.includes(':') ? `[${host}]` : host, port }
  const name = (tls?.serverName ?? host).replace(/\.$/, '')
  if (tls === undefined || name === host) return connect(address, { secureTransport: tls === undefined ? 'off' : 'on' })
  // Only a connection that turns to TLS later can expect another name than the host's.
  const plain = connect(address, { secureTransport: 'starttls' })
  plain.closed.catch(() => {})
  return plain.startTls({ expectedServerHostname: name })
}

function check(broker: string, { serverName: _, rejectUnauthorized, ...others }: TLSOptions): void {
  const given = Object.entries(others).filter(([, value]) => value !== undefined)
  if (rejectUnauthorized === false) given.push(['rejectUnauthorized: false', ''])
  if (given.length === 0) return
  const names = given.map(([name]) => `tls.${name}`).join(', ')
  throw new ConfigError(
    `${broker}: a Worker can't do ${names}: it trusts the public authorities alone, has no certificate of its own, and sees none`,
  )
}
