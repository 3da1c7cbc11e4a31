import { type Address, formatAddress } from '../../src/base/address.ts'
import type { Socket, TLSOptions } from '../../src/socket/socket.ts'
import { attempt } from '../shared/attempt.ts'
import { checkPem } from '../shared/errors.ts'
import { StreamSocket } from '../shared/stream-socket.ts'
import { translate } from './errors.ts'
import { type BunTLS, bun } from './runtime.ts'
import { BunStream } from './stream.ts'

const keepAliveDelay = 60_000

/** Connects, and shakes hands if TLS is asked for. */
export async function dial(address: Address, { tls, signal }: { tls?: TLSOptions; signal?: AbortSignal } = {}): Promise<Socket> {
  const broker = formatAddress(address)
  if (tls !== undefined) checkPem(broker, tls)
  const stream = new BunStream(broker, tls !== undefined, tls?.rejectUnauthorized ?? true)
  try {
    await attempt(signal, async keep => {
      keep(() => stream.destroy())
      const { host: hostname, port } = address
      const socket = await bun().connect({ hostname, port, ...(tls && { tls: tlsOptions(hostname, tls) }), socket: stream.handlers })
      // It may have been given up while connecting.
      keep(() => socket.terminate())
      socket.setNoDelay(true)
      socket.setKeepAlive(true, keepAliveDelay)
      await stream.opened
    })
  } catch (error) {
    throw signal?.aborted ? signal.reason : translate(broker, error, tls !== undefined)
  }
  return new StreamSocket(broker, stream)
}

// Never empty: Bun takes {} for no TLS at all.
function tlsOptions(host: string, { ca, cert, key, serverName = host, rejectUnauthorized = true }: TLSOptions): BunTLS {
  return {
    serverName,
    rejectUnauthorized,
    ...(ca !== undefined && { ca: [ca].flat() }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}
