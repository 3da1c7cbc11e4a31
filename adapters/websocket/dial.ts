import { type Address, formatAddress } from '../../src/base/address.ts'
import { AuthenticationError, ConfigError, messageOf, ProtocolError } from '../../src/base/errors.ts'
import { abortable, onAbort } from '../../src/base/signals.ts'
import type { Socket, TLSOptions } from '../../src/socket/socket.ts'
import { encodeToken, markedSubprotocol, subprotocol, tokenProtocol } from '../shared/bridge-wire.ts'
import { openError } from './errors.ts'
import { BridgedSocket } from './socket.ts'
import type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from './web-socket.ts'

export interface Bridge {
  readonly base: URL
  readonly token: string | (() => string | Promise<string>) | undefined
  readonly WebSocket: WebSocketConstructor
}

/** Opens a WebSocket that the bridge connects to the broker. */
export async function dial(
  bridge: Bridge,
  address: Address,
  { tls, signal }: { tls?: TLSOptions; signal?: AbortSignal } = {},
): Promise<Socket> {
  const broker = formatAddress(address)
  if (tls !== undefined)
    throw new ConfigError(`${broker}: TLS to the brokers is the bridge's affair: leave \`tls\` out here and give it to the bridge`)
  signal?.throwIfAborted()
  const protocols: string[] = [subprotocol, markedSubprotocol]
  const token = await tokenOf(broker, bridge, signal)
  if (token !== undefined) protocols.push(tokenProtocol + encodeToken(token))
  const url = new URL(bridge.base)
  url.pathname = url.pathname.replace(/\/*$/, '/') + encodeURIComponent(broker).replaceAll('%3A', ':')
  return open(new bridge.WebSocket(url.href, protocols), broker, bridge.base.href, signal)
}

async function tokenOf(broker: string, { token }: Bridge, signal: AbortSignal | undefined): Promise<string | undefined> {
  if (typeof token !== 'function') return token
  try {
    return await abortable(Promise.resolve(token()), signal)
  } catch (error) {
    if (signal?.aborted) throw error
    throw new AuthenticationError(`${broker}: no token for the bridge: ${messageOf(error)}`, { cause: error })
  }
}

function open(webSocket: WebSocketLike, broker: string, bridge: string, signal: AbortSignal | undefined): Promise<Socket> {
  webSocket.binaryType = 'arraybuffer'
  return new Promise((resolve, reject) => {
    let settled = false
    // Listeners stay: an error nobody listens to would end a program of Node's.
    const settle = (): boolean => {
      if (settled) return false
      settled = true
      forget?.()
      return true
    }
    const failed = (event: WebSocketEvent): void => {
      if (settle()) reject(openError(broker, bridge, event))
    }
    webSocket.addEventListener('error', failed)
    webSocket.addEventListener('close', failed)
    webSocket.addEventListener('open', () => {
      if (!settle()) return
      if ([subprotocol, markedSubprotocol].includes(webSocket.protocol)) return resolve(new BridgedSocket(broker, webSocket))
      webSocket.close()
      reject(new ProtocolError(`${broker}: what answers at ${bridge} is not an isokafka bridge`))
    })
    const forget =
      signal &&
      onAbort(signal, () => {
        if (!settle()) return
        webSocket.close()
        reject(signal.reason)
      })
  })
}
