import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { ServeOptions } from '../../adapters/bridge/index.ts'
import { adapter as nodeAdapter } from '../../adapters/node/index.ts'
import { markedSubprotocol } from '../../adapters/shared/bridge-wire.ts'
import { adapter as browserAdapter } from '../../adapters/websocket/browser.ts'
import {
  type BridgeOptions,
  type WebSocketConstructor,
  websocket,
  websocketOver,
} from '../../adapters/websocket/index.ts'
import {
  AuthenticationError,
  ConfigError,
  ConnectionError,
  ProtocolError,
  TimeoutError,
} from '../../src/base/errors.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'
import {
  type Fixture,
  onRequests,
  origin,
  requestBytes,
  responseBytes,
  startFixture,
  startPeer,
  tokens,
  until,
} from './bridge-fixture.ts'

const MiB = 1024 * 1024

/** As a program outside of browsers has it, with an Origin so that the fixture's bridge lets it in. */
class WithOrigin extends WebSocket {
  constructor(url: string, protocols?: string[]) {
    super(url, protocols ?? [], { origin, perMessageDeflate: false })
  }
}

/** The two ends of a bridge there are: over a WebSocket that is given, and over one of our own. */
const kinds: Readonly<Record<string, (options: BridgeOptions) => SocketAdapter>> = {
  'a WebSocket of the runtime': options => websocket({ ...options, WebSocket: WithOrigin }),
  'a WebSocket of our own': options => websocketOver(nodeAdapter, options),
}

const at = { host: 'broker', port: 9092 }

async function readAll(socket: Socket, bytes: number): Promise<number> {
  let received = 0
  while (received < bytes) {
    const chunk = await socket.read()
    if (chunk === null) break
    received += chunk.length
  }
  return received
}

test('settings that can not work are told at once', async () => {
  expect(() => websocket({ url: 'bridge' })).toThrow(ConfigError)
  expect(() => websocket({ url: 'ftp://bridge/' })).toThrow(ConfigError)
  expect(() => websocket({ url: 'wss://bridge/?token=1' })).toThrow(/token/)
  await expect(websocket({ url: 'ws://127.0.0.1:1/', WebSocket }).dial(at, { tls: {} })).rejects.toThrow(
    /the bridge's affair/,
  )
  await expect(browserAdapter.dial(at, {})).rejects.toThrow(/isokafka\/websocket/)
})

describe('a browser that opens no WebSocket, and never will, is told apart from an outage:', () => {
  const dialing = (WebSocket: WebSocketConstructor) => websocket({ url: 'ws://bridge.test/', WebSocket }).dial(at, {})

  test('an insecure one from a secure page', async () => {
    class Refused {
      constructor() {
        throw new DOMException('an insecure WebSocket may not be opened from a page loaded over HTTPS', 'SecurityError')
      }
    }
    const error = await dialing(Refused).catch(error => error)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toMatch(
      /^broker:9092: the browser opens no WebSocket to ws:\/\/bridge.test\/: an insecure WebSocket/,
    )
  })

  test('one that the policy of the page forbids', async () => {
    const document = new EventTarget()
    vi.stubGlobal('document', document)
    onTestFinished(() => void vi.unstubAllGlobals())
    for (const violationFirst of [true, false]) {
      class Forbidden extends EventTarget {
        binaryType = ''
        constructor() {
          super()
          const violation = Object.assign(new Event('securitypolicyviolation'), {
            blockedURI: 'ws://bridge.test',
            effectiveDirective: 'connect-src',
          })
          const events: [EventTarget, Event][] = [
            [document, violation],
            [this, new Event('error')],
          ]
          if (!violationFirst) events.reverse()
          queueMicrotask(() => {
            for (const [target, event] of events) target.dispatchEvent(event)
          })
        }
      }
      const error = await dialing(Forbidden).catch(error => error)
      expect(error).toBeInstanceOf(ConfigError)
      expect(error.message).toBe(
        "broker:9092: the page's policy forbids a WebSocket to ws://bridge.test: add that to its connect-src",
      )
    }
  })
})

describe.each(Object.entries(kinds))('%s', (_name, make) => {
  const adapterTo = (
    { bridge }: Fixture,
    token: string | (() => Promise<string>) = () => tokens.sign({ id: 'tester' }),
  ): SocketAdapter => make({ url: bridge.url, token })
  // Programs have no Origin.
  const labFor = (port: number, options: Partial<ServeOptions> = {}): Promise<Fixture> =>
    startFixture(port, { allowNoOrigin: true, ...options })

  test('refusals of the bridge become errors of the right class', async () => {
    const peer = await startPeer()
    const fixture = await labFor(peer.port)
    await expect(adapterTo(fixture, 'forged').dial(at, {})).rejects.toThrow(AuthenticationError)
    await expect(adapterTo(fixture).dial({ host: 'elsewhere', port: 1 }, {})).rejects.toThrow(ConfigError)
    await expect(adapterTo(await labFor(1)).dial(at, {})).rejects.toThrow(ConnectionError)
    const never = { name: 'never', dial: () => new Promise<never>(() => {}) }
    const late = await labFor(1, { adapter: never, limits: { dialTimeout: 50 } })
    await expect(adapterTo(late).dial(at, {})).rejects.toThrow(TimeoutError)
    const away = adapterTo(fixture, () => Promise.reject(new TypeError('Failed to fetch'))).dial(at, {})
    await expect(away).rejects.toMatchObject({
      temporary: true,
      message: 'broker:9092: no token for the bridge: Failed to fetch',
    })
    const loggedOut = new AuthenticationError('logged out')
    await expect(adapterTo(fixture, () => Promise.reject(loggedOut)).dial(at, {})).rejects.toBe(loggedOut)
    const nowhere = make({ url: 'ws://127.0.0.1:1/' })
    await expect(nowhere.dial(at, {})).rejects.toThrow(ConnectionError)
  })

  test('an error of the handshake holds no token', async () => {
    const fixture = await labFor(1)
    const error = await adapterTo(fixture)
      .dial(at, {})
      .catch(error => error)
    const { inspect } = await import('node:util')
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('isokafka.token.')
  })

  test('dialing can be aborted, and leaves nothing', async () => {
    const fixture = await labFor(1, { resolve: () => new Promise(() => {}) })
    const cancel = new AbortController()
    const dialing = adapterTo(fixture).dial(at, { signal: cancel.signal })
    await until(() => fixture.bridge.connections === 1)
    cancel.abort('never mind')
    await expect(dialing).rejects.toBe('never mind')
    await until(() => fixture.bridge.connections === 0)
  })

  test('write asks for a pause above the high-water mark, and room comes', async () => {
    const peer = await startPeer(socket => socket.pause())
    const fixture = await labFor(peer.port, { limits: { drainTimeout: 100, closeTimeout: 100 } })
    const socket = await adapterTo(fixture).dial(at, {})
    let paused: Promise<void> | undefined
    let written = 0
    await until(() => {
      paused ??=
        socket.write([written === 0 ? requestBytes(1, 90 * MiB).subarray(0, MiB) : new Uint8Array(MiB)]) ?? undefined
      written++
      return paused !== undefined
    })
    // All the way to the broker's kernel there is room for some of it, and no more.
    expect(written).toBeLessThan(40)
    for (const each of peer.open) each.resume()
    await paused
    await socket.flushed()
    socket.abort()
    await until(() => fixture.bridge.connections === 0)
  })

  test('where a bridge can not hold us back, no more than the high-water mark goes unanswered, and its questions are answered', async () => {
    const said: string[] = []
    let received = 0
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => markedSubprotocol })
    onTestFinished(() => server.close())
    await once(server, 'listening')
    const socket = await make({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` }).dial(at, {})
    const [client] = [...server.clients] as [WebSocket]
    client.on('message', (data, isBinary) => {
      if (isBinary) received += (data as Buffer).length
      else said.push(String(data))
    })
    // Whoever has the socket reads all the time, and so sees to what the bridge asks.
    const reading = socket.read()
    reading.catch(() => {})
    client.send('?are.you.there')
    await until(() => said.length === 1)
    expect(said).toEqual(['!are.you.there'])
    let paused: Promise<void> | undefined
    let written = 0
    for (; paused === undefined; written++) paused = socket.write([new Uint8Array(256 * 1024)]) ?? undefined
    expect(written).toBe(5)
    await until(() => received === 5 * 256 * 1024)
    expect(said.slice(1)).toEqual([1, 2, 3, 4, 5].map(each => `?${each * 256 * 1024}`))
    expect(await Promise.race([paused, new Promise(resolve => setTimeout(resolve, 50, 'waits'))])).toBe('waits')
    client.send(`!${256 * 1024}`)
    await paused
    // What was never asked is no answer.
    client.send('!99')
    await expect(reading).rejects.toThrow(ProtocolError)
  })

  test('abort rejects who waits, at once', async () => {
    const peer = await startPeer()
    const fixture = await labFor(peer.port)
    const socket = await adapterTo(fixture).dial(at, {})
    const reading = socket.read()
    socket.abort('enough')
    await expect(reading).rejects.toBe('enough')
    await until(() => peer.open.size === 0)
  })

  test('the end of the broker is the end of the stream; a broken one is an error', async () => {
    const ending = await labFor(
      (await startPeer(socket => onRequests(socket, id => socket.end(responseBytes(id, 5000))))).port,
    )
    const socket = await adapterTo(ending).dial(at, {})
    await socket.write([requestBytes(1)])
    expect(await readAll(socket, 6000)).toBe(5000)
    expect(await socket.read()).toBeNull()
    const broken = await labFor((await startPeer(socket => onRequests(socket, () => socket.resetAndDestroy()))).port)
    const other = await adapterTo(broken).dial(at, {})
    await other.write([requestBytes(1)])
    await expect(other.read()).rejects.toThrow(ConnectionError)
    const foul = await adapterTo(broken).dial(at, {})
    await foul.write([new Uint8Array(100)])
    await expect(foul.read()).rejects.toThrow(ProtocolError)
  })

  test('close sends what is left', async () => {
    let heard = 0
    const peer = await startPeer(socket =>
      socket.on('data', chunk => {
        heard += chunk.length
      }),
    )
    const socket = await adapterTo(await labFor(peer.port)).dial(at, {})
    const request = requestBytes(1, 4 * MiB)
    // In small pieces and large ones.
    void socket.write([
      request.subarray(0, 12),
      request.subarray(12, 40_000),
      request.subarray(40_000, 40_100),
      request.subarray(40_100),
    ])
    await socket.close()
    await until(() => peer.open.size === 0)
    expect(heard).toBe(4 * MiB)
  })
})
