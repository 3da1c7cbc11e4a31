import { ClosedError, ConfigError } from '../../src/base/errors.ts'
import { markedSubprotocol } from '../shared/bridge-wire.ts'
import { FetchBridge, type FetchBridgeConfig } from './fetch-bridge.ts'
import { type BareWebSocket, type Cut, relayMarked } from './marked-channel.ts'

interface AcceptingWebSocket extends BareWebSocket {
  accept(): void
}

/** A handler's context, or a Durable Object's. */
export interface WorkerContext {
  waitUntil(work: Promise<unknown>): void
  abort?(reason?: unknown): void
  passThroughOnException?(): void
}

/**
 * A bridge in a Worker: `fetch: (request, env, context) => bridge.fetch(request, context)`. Make it within the first
 * request and keep it. In a Durable Object all connections are in one place, and its limits count them all; in a plain
 * Worker they count those of one isolate. Names are resolved by the platform as it connects; what those lead to is its
 * to refuse.
 */
export class WorkersBridge extends FetchBridge {
  constructor(config: FetchBridgeConfig) {
    webSocketPair()
    // A Worker has 128 MB for everything.
    const limits = { heldBytes: 64 * 1024 * 1024, ...config?.limits }
    super({ ...config, limits }, { resolve: undefined, subprotocol: markedSubprotocol, confined: true })
  }

  /**
   * `context`: of the handler, or a Durable Object's. The client's address is the header that Cloudflare sets,
   * `cf-connecting-ip`.
   */
  fetch(request: Request, context: WorkerContext): Promise<Response> {
    const remoteAddress = request.headers.get('cf-connecting-ip') ?? ''
    const answer = this.answer(request, { remoteAddress, signal: request.signal }, admission => {
      const { 0: client, 1: server } = new (webSocketPair())()
      server.accept()
      // The client's half of a closing wants an answer.
      server.addEventListener('close', ({ code }) => close(server, code))
      context.waitUntil(relayMarked(this.bridge, admission, server, cutOf(context)))
      // Without a word on extensions the runtime agrees to compression.
      const headers = { 'sec-websocket-protocol': markedSubprotocol, 'sec-websocket-extensions': 'none' }
      return new Response(null, { status: 101, headers, webSocket: client } as ResponseInit)
    })
    // A client that goes away must not end this before its place is given back.
    context.waitUntil(answer)
    return answer
  }
}

/**
 * With a request of a plain Worker ends its socket, and nothing is told of that. That of a Durable Object can't be ended
 * alone: it stays until the client goes.
 */
function cutOf(context: WorkerContext): Cut | undefined {
  if (context.abort === undefined || context.passThroughOnException === undefined) return undefined
  return { isTold: false, end: () => context.abort?.(new ClosedError('the client answers no closing')) }
}

function webSocketPair(): new () => { 0: unknown; 1: AcceptingWebSocket } {
  const { WebSocketPair } = globalThis as { WebSocketPair?: ReturnType<typeof webSocketPair> }
  if (WebSocketPair === undefined) throw new ConfigError('a WorkersBridge works in Workers alone')
  return WebSocketPair
}

function close(webSocket: BareWebSocket, code: number): void {
  try {
    webSocket.close(code, '')
  } catch {
    // We have closed, or the code is one that is never sent.
  }
}
