import { type Address, formatAddress } from '../../src/base/address.ts'
import { ConfigError } from '../../src/base/errors.ts'
import type { Socket, TLSOptions } from '../../src/socket/socket.ts'
import { attempt } from '../shared/attempt.ts'
import { StreamSocket } from '../shared/stream-socket.ts'
import { tlsTexts } from '../shared/tls.ts'
import { translate } from './errors.ts'
import { bun } from './runtime.ts'
import { BunStream } from './stream.ts'

const keepAliveDelay = 60_000

/** Connects, and shakes hands if TLS is asked for. */
export async function dial(
  address: Address,
  { tls, signal }: { tls?: TLSOptions; signal?: AbortSignal } = {},
): Promise<Socket> {
  const broker = formatAddress(address)
  // Never empty: Bun takes {} for no TLS at all.
  const secure = tls && tlsTexts(broker, address.host, tls)
  if (tls?.pfx !== undefined)
    throw new ConfigError(`${broker}: Bun does not read PKCS#12; the adapter of isokafka/node does, in Bun too`)
  const stream = new BunStream(broker, tls)
  try {
    await attempt(signal, async keep => {
      keep(() => stream.destroy())
      const { host: hostname, port } = address
      const socket = await bun().connect({ hostname, port, ...(secure && { tls: secure }), socket: stream.handlers })
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
