import { type Address, formatAddress } from '../../src/base/address.ts'
import { AuthenticationError, ConfigError, ConnectionError, messageOf, ProtocolError } from '../../src/base/errors.ts'
import { abortable, onAbort } from '../../src/base/signals.ts'
import type { Socket, TLSOptions } from '../../src/socket/socket.ts'
import { encodeToken, markedSubprotocol, subprotocol, tokenProtocol } from '../shared/bridge-wire.ts'
import { openError } from './errors.ts'
import { watchPolicy } from './policy.ts'
import { BridgedSocket } from './socket.ts'
import type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from './web-socket.ts'

export interface Bridge {
  readonly base: URL
  readonly token: string | (() => string | Promise<string>) | undefined
}

/** The WebSocket to open for a broker, and the subprotocols to offer: the token is one of them. */
export interface Request {
  readonly broker: string
  readonly url: URL
  readonly protocols: string[]
}

/** What both ways of opening a WebSocket begin with. */
export async function requestOf(
  { base, token }: Bridge,
  address: Address,
  { tls, signal }: { tls?: TLSOptions; signal?: AbortSignal },
): Promise<Request> {
  const broker = formatAddress(address)
  if (tls !== undefined)
    throw new ConfigError(
      `${broker}: TLS to the brokers is the bridge's affair: leave \`tls\` out here and give it to the bridge`,
    )
  signal?.throwIfAborted()
  const protocols: string[] = [subprotocol, markedSubprotocol]
  const shown = await tokenOf(broker, token, signal)
  if (shown !== undefined) protocols.push(tokenProtocol + encodeToken(shown))
  const url = new URL(base)
  url.pathname = url.pathname.replace(/\/*$/, '/') + encodeURIComponent(broker).replaceAll('%3A', ':')
  return { broker, url, protocols }
}

/** What chose another subprotocol, or none, is no bridge. */
export function isBridge(protocol: string): boolean {
  return protocol === subprotocol || protocol === markedSubprotocol
}

export function notBridgeError(broker: string, bridge: string, detail = ''): ProtocolError {
  return new ProtocolError(`${broker}: what answers at ${bridge} is not an isokafka bridge${detail}`)
}

async function tokenOf(
  broker: string,
  token: Bridge['token'],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (typeof token !== 'function') return token
  try {
    return await abortable(Promise.resolve(token()), signal)
  } catch (error) {
    if (signal?.aborted || error instanceof ConfigError || error instanceof AuthenticationError) throw error
    // Most likely the network is away, as it is for the broker: that passes.
    throw new ConnectionError(broker, `no token for the bridge: ${messageOf(error)}`, { cause: error })
  }
}

/** Opens a WebSocket of the runtime's, which the bridge connects to the broker. */
export async function dial(
  bridge: Bridge,
  WebSocket: WebSocketConstructor,
  address: Address,
  options: { tls?: TLSOptions; signal?: AbortSignal } = {},
): Promise<Socket> {
  const { broker, url, protocols } = await requestOf(bridge, address, options)
  const refused = watchPolicy(url)
  let webSocket: WebSocketLike
  try {
    webSocket = new WebSocket(url.href, protocols)
  } catch (error) {
    // ws:// from a page of https://, or a policy: the page itself must change.
    refused.forget()
    throw new ConfigError(`${broker}: the browser opens no WebSocket to ${bridge.base.href}: ${messageOf(error)}`, {
      cause: error,
    })
  }
  try {
    return await open(webSocket, broker, bridge.base.href, options.signal)
  } catch (error) {
    // The word of the policy may come a turn after the end of the WebSocket.
    if (refused.watching && !options.signal?.aborted) await new Promise<void>(done => setTimeout(done, 0))
    throw refused.by === undefined
      ? error
      : new ConfigError(
          `${broker}: the page's policy forbids a WebSocket to ${bridge.base.origin}: add that to its ${refused.by}`,
        )
  } finally {
    refused.forget()
  }
}

function open(
  webSocket: WebSocketLike,
  broker: string,
  bridge: string,
  signal: AbortSignal | undefined,
): Promise<Socket> {
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
      if (isBridge(webSocket.protocol)) return resolve(new BridgedSocket(broker, webSocket))
      webSocket.close()
      reject(notBridgeError(broker, bridge))
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
