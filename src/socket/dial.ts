import { formatAddress } from '../base/address.ts'
import { ConfigError, ConnectionError, IsoKafkaError, kindOf, messageOf } from '../base/errors.ts'
import { guarded } from '../base/guard.ts'
import { abortable } from '../base/signals.ts'
import type { ConnectionConfig } from './connection-config.ts'
import type { Socket } from './socket.ts'

const methods = ['read', 'write', 'flushed', 'close', 'abort'] as const

/**
 * Dials, by an adapter that may be anyone's: rejects with an error of ours or the signal's reason, and at once when the
 * signal is aborted. What still comes then is ended.
 */
export async function dial(
  { adapter, address, host = address.host, tls }: ConnectionConfig,
  signal: AbortSignal,
): Promise<Socket> {
  const broker = formatAddress(address)
  try {
    // Metadata can name any number.
    if (address.host === '' || !(address.port >= 1 && address.port <= 65535))
      throw new ConnectionError(broker, 'no address one could dial')
    const secure = tls && (host === address.host ? tls : { serverName: address.host, ...tls })
    const dialing = (async () =>
      adapter.dial({ host, port: address.port }, { ...(secure && { tls: secure }), signal }))()
    dialing.then(socket => signal.aborted && endSocket(socket, signal.reason)).catch(() => {})
    const socket = await abortable(dialing, signal)
    for (const method of methods) {
      if (typeof socket?.[method] !== 'function')
        throw brokenWord(
          broker,
          `dial() must answer a Socket, with a function ${method}; it answered ${kindOf(socket)}`,
        )
    }
    return socket
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof IsoKafkaError) throw error
    throw new ConnectionError(broker, messageOf(error), { cause: error })
  }
}

/** Ends a socket. What it has to say to that helps nobody. */
export const endSocket: (socket: Socket, reason: unknown) => void = guarded(
  (socket: Socket, reason: unknown) => socket.abort(reason),
  () => {},
)

/** The error for an adapter that does not do what `Socket` says. */
export function brokenWord(broker: string, what: string): ConfigError {
  return new ConfigError(`${broker}: the socket adapter is at fault: ${what}`)
}
