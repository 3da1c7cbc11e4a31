import * as http from 'node:http'
import * as https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { formatAddress } from '../../src/base/address.ts'
import { ConfigError, messageOf } from '../../src/base/errors.ts'
import { given, type SettingKinds } from '../../src/base/settings.ts'
import { hostToListenOn, notListening } from '../shared/not-listening.ts'
import { bridgeSettings, defaultLimits } from './config.ts'
import { clientKey } from './ip.ts'
import { NodeBridge, type NodeBridgeConfig, refuse } from './node.ts'
import { isProxy } from './proxies.ts'
import { Refusal } from './refusal.ts'

export interface ServeOptions extends NodeBridgeConfig {
  /** Where to listen. Default 127.0.0.1: anything else is for you to say. */
  host?: string
  /** Default 8093; 0 takes any free one. */
  port?: number
  /** Given: serves wss. PEM texts. */
  certificate?: { cert: string; key: string }
  /** Metrics at http://127.0.0.1:<port>/metrics; none by default, and never on another address. */
  metricsPort?: number
}

const serveSettings: SettingKinds<ServeOptions> = {
  ...bridgeSettings,
  adapter: 'object',
  host: 'string',
  port: 'number',
  certificate: 'object',
  metricsPort: 'number',
}

/** A bridge that listens. */
export interface ServedBridge {
  /** For clients, as `ws://127.0.0.1:8093/`. */
  readonly url: string
  /** Undefined without metrics. */
  readonly metricsUrl: string | undefined
  /** Connections now, those being opened included. */
  readonly connections: number
  /** The metrics now, in the text form of Prometheus. */
  metrics(): string
  /** Takes nobody in any more, lets every connection finish what is under way, closes it, and stops listening. */
  close(): Promise<void>
}

// Beside the connections there may be this many that are being refused, ask for health, or have not said yet what they
// want.
const spareSockets = 64

/** Runs a bridge as a server of its own. A ConfigError for a policy that makes no sense, and where it can't listen. */
export async function serveBridge(options: ServeOptions): Promise<ServedBridge> {
  const found = given(
    'serveBridge()',
    options,
    serveSettings,
    "{ targets: ['host:port'], authenticate: signedTokens({ secret }).authenticate, origins: ['https://app.example'] }",
  )
  const { host = '127.0.0.1', port = 8093, certificate, metricsPort, ...config } = found
  const bridge = new NodeBridge(config)
  const { connections, connectionsPerAddress, headerBytes, headerTimeout } = { ...defaultLimits, ...config.limits }
  const serverOptions: http.ServerOptions = {
    maxHeaderSize: headerBytes,
    headersTimeout: headerTimeout,
    requestTimeout: headerTimeout,
    connectionsCheckingInterval: Math.min(1_000, headerTimeout),
    keepAlive: false,
  }
  const server =
    certificate === undefined
      ? http.createServer(serverOptions)
      : secureServer({ ...serverOptions, ...certificate, handshakeTimeout: headerTimeout })
  server.maxConnections = connections + spareSockets
  boundByAddress(server, connectionsPerAddress + spareSockets, isProxy(config.trustedProxies ?? []))
  server.on('upgrade', (request, socket, head) => {
    if (!bridge.upgrade(request, socket, head))
      refuse(socket, new Refusal(404, 'request', `the path is ${config.path ?? '/'}host:port`))
  })
  server.on('request', (request, response) => {
    if (!bridge.request(request, response))
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end('a WebSocket is wanted\n')
  })
  const metrics =
    metricsPort === undefined
      ? undefined
      : http.createServer((request, response) => answerMetrics(bridge, request, response))
  try {
    await listen(server, hostToListenOn(host), port)
    if (metrics !== undefined) await listen(metrics, '127.0.0.1', metricsPort!)
  } catch (error) {
    server.close()
    throw error
  }
  const portOf = (listening: Server): number => (listening.address() as AddressInfo).port
  const url = `${certificate === undefined ? 'ws' : 'wss'}://${formatAddress({ host, port: portOf(server) })}${config.path ?? '/'}`
  return {
    url,
    metricsUrl: metrics && `http://127.0.0.1:${portOf(metrics)}/metrics`,
    get connections() {
      return bridge.connections
    },
    metrics: () => bridge.metrics(),
    async close() {
      // While connections finish, health says 503 and nobody gets in.
      await bridge.close()
      await Promise.all([server, metrics].map(each => each && stop(each)))
    },
  }
}

function secureServer(options: https.ServerOptions): https.Server {
  try {
    return https.createServer(options)
  } catch (cause) {
    throw new ConfigError(`bridge: the certificate and its key can't be used: ${messageOf(cause)}`, { cause })
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(notListening({ host, port }, error)))
    server.listen(port, host, resolve)
  })
}

function stop(server: http.Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** Sockets that have not asked for anything yet are bounded by address, too. Behind a proxy all have one. */
function boundByAddress(server: Server, most: number, isProxy: (address: string) => boolean): void {
  const counts = new Map<string, number>()
  server.on('connection', socket => {
    if (isProxy(socket.remoteAddress ?? '')) return
    const address = clientKey(socket.remoteAddress ?? '')
    const count = counts.get(address) ?? 0
    if (count >= most) {
      socket.destroy()
      return
    }
    counts.set(address, count + 1)
    socket.once('close', () => {
      const left = counts.get(address)! - 1
      if (left === 0) counts.delete(address)
      else counts.set(address, left)
    })
  })
}

function answerMetrics(bridge: NodeBridge, request: http.IncomingMessage, response: http.ServerResponse): void {
  if (request.url !== '/metrics') response.writeHead(404, { connection: 'close' }).end('the path is /metrics\n')
  else
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', connection: 'close' }).end(bridge.metrics())
}
