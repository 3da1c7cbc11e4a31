import { ConfigError } from '../../src/base/errors.ts'
import { given, type SettingKinds } from '../../src/base/settings.ts'
import { type Natives, type SocketAdapter, type TLSOptions, tlsSettings } from '../../src/socket/socket.ts'
import { dial } from './dial.ts'
import { dialOver } from './dial-over.ts'
import type { WebSocketConstructor } from './web-socket.ts'

export { CloseCode } from '../shared/bridge-wire.ts'
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts'

/** How the bridge is reached, and who one is to it. */
export interface BridgeOptions {
  /**
   * Where the bridge is: ws://, wss:// (http and https mean the same). The broker's host:port is appended to its path.
   */
  url: string | URL
  /**
   * Shown to the bridge before it accepts. A function is asked at every dial, so that a token may be short-lived. What
   * it throws counts as an outage, and it is asked again; a ConfigError or AuthenticationError of ours, thrown by it,
   * is a refusal and final.
   */
  token?: string | (() => string | Promise<string>)
}

/** For a WebSocket of the runtime's. */
export interface WebSocketOptions extends BridgeOptions {
  /** The runtime's own by default. Node 20 has none: give that of the `ws` package. */
  WebSocket?: WebSocketConstructor
}

/** For a WebSocket of this package's own, over a socket of an adapter's. */
export interface WebSocketOverOptions extends BridgeOptions {
  /** How to check a bridge at wss://; by default as the runtime does it. */
  tls?: TLSOptions
}

const bridgeSettings: SettingKinds<BridgeOptions> = { url: 'any!', token: 'any' }
const webSocketSettings: SettingKinds<WebSocketOptions> = { ...bridgeSettings, WebSocket: 'function' }
const webSocketOverSettings: SettingKinds<WebSocketOverOptions> = { ...bridgeSettings, tls: 'object' }
const example = "{ url: 'wss://bridge.example/' }"

/**
 * Reaches brokers through an isokafka bridge, from a browser or wherever there are no sockets:
 * `new Transport({ adapter: websocket({ url: 'wss://bridge.example/', token }) })`. TLS and, if asked so, SASL to the brokers are the
 * bridge's. A connection that ends is dialed again by the Transport.
 */
export function websocket(options: WebSocketOptions): SocketAdapter {
  const { url, token, WebSocket: lent } = given('websocket()', options, webSocketSettings, example)
  const base = bridgeUrl(url)
  return {
    name: 'websocket',
    async dial(address, options) {
      const WebSocket = lent ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
      if (WebSocket === undefined)
        throw new ConfigError(
          'this runtime has no WebSocket (Node 20 has none): give one, as in websocket({ url, WebSocket })',
        )
      return dial({ base, token }, WebSocket, address, options)
    },
  }
}

/**
 * The same by a WebSocket of our own over an adapter's sockets, for runtimes that have such and yet must go through a
 * bridge:
 * `import { adapter } from 'isokafka/node'`, then `websocketOver(adapter, { url, token })`. Quicker than the WebSockets of Node and Deno,
 * in need of none, and it keeps a slow reader's memory to what the adapter buffers.
 */
export function websocketOver(adapter: SocketAdapter, options: WebSocketOverOptions): SocketAdapter {
  const { url, token, tls = {} } = given('websocketOver()', options, webSocketOverSettings, example)
  given('tls', tls, tlsSettings)
  if (typeof adapter?.dial !== 'function')
    throw new ConfigError('websocketOver() needs an adapter, that of isokafka/node for one')
  const base = bridgeUrl(url)
  return {
    name: `websocket over ${adapter.name}`,
    ...(adapter.limits && { limits: adapter.limits }),
    dial: (address, options) => dialOver(adapter, { base, token }, tls, address, options),
  }
}

/** None: browsers lend nothing that is quicker. Turns end by a MessageChannel, as everywhere without setImmediate. */
export const natives: Natives = {}

function bridgeUrl(text: string | URL): URL {
  let url: URL
  try {
    url = new URL(text)
  } catch (error) {
    throw new ConfigError(`websocket: "${text}" is no URL; a bridge's looks like wss://bridge.example/`, {
      cause: error,
    })
  }
  if (!/^(wss?|https?):$/.test(url.protocol))
    throw new ConfigError(`websocket: ${url.protocol}// can't be a bridge's URL; ws:// or wss:// can`)
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw new ConfigError(
      "websocket: a bridge's URL has no query, fragment or user: pass `token`, which stays out of logs",
    )
  url.protocol = url.protocol.replace('http', 'ws')
  return url
}
