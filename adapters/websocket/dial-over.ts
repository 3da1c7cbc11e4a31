import type { Address } from '../../src/base/address.ts'
import { AuthenticationError, ConnectionError, messageOf, ProtocolError } from '../../src/base/errors.ts'
import { onAbort } from '../../src/base/signals.ts'
import type { Socket, SocketAdapter, TLSOptions } from '../../src/socket/socket.ts'
import { FrameReader } from '../shared/frames.ts'
import { type Bridge, isBridge, notBridgeError, requestOf } from './dial.ts'
import { bridgeError, statusError } from './errors.ts'
import { FramedSocket } from './framed-socket.ts'
import { HandshakeRefused, shakeHands } from './handshake.ts'

/** Opens a WebSocket of ours over a socket of the adapter's. `secure`: TLS to a bridge at wss://. */
export async function dialOver(
  adapter: SocketAdapter,
  bridge: Bridge,
  secure: TLSOptions,
  address: Address,
  options: { tls?: TLSOptions; signal?: AbortSignal } = {},
): Promise<Socket> {
  const { signal } = options
  const { broker, url, protocols } = await requestOf(bridge, address, options)
  const { href } = bridge.base
  const socket = await connect(adapter, url, secure, signal).catch(error => {
    throw error instanceof ConnectionError ? bridgeError(broker, href, messageOf(error), error) : error
  })
  const forget = signal && onAbort(signal, () => socket.abort(signal.reason))
  try {
    const { protocol, rest } = await shakeHands(socket, url, protocols)
    signal?.throwIfAborted()
    if (!isBridge(protocol)) throw new ProtocolError('another subprotocol')
    const frames = new FrameReader(`${broker}: the bridge`)
    frames.give(rest)
    return new FramedSocket(broker, socket, protocol, frames)
  } catch (error) {
    socket.abort(error)
    if (signal?.aborted) throw signal.reason
    if (error instanceof AuthenticationError) throw error
    if (error instanceof HandshakeRefused)
      throw statusError(broker, href, error.status, error) ?? bridgeError(broker, href, error.message, error)
    if (error instanceof ProtocolError) throw notBridgeError(broker, href, `: ${error.message}`)
    throw bridgeError(broker, href, messageOf(error), error)
  } finally {
    forget?.()
  }
}

function connect(
  adapter: SocketAdapter,
  url: URL,
  secure: TLSOptions,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const tls = url.protocol === 'wss:' ? secure : undefined
  const port = url.port === '' ? (tls === undefined ? 80 : 443) : Number(url.port)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return adapter.dial({ host, port }, { ...(tls && { tls }), ...(signal && { signal }) })
}
