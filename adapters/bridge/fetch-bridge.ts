import { adapter } from '#adapter'
import type { Admission } from './admission.ts'
import { Bridge } from './bridge.ts'
import type { BridgeConfig, BridgePolicy } from './config.ts'
import type { Refusal } from './refusal.ts'

/** A BridgePolicy; the adapter is the runtime's own if not given, and so is the resolver where there is one. */
export type FetchBridgeConfig = BridgePolicy & Partial<Pick<BridgeConfig, 'adapter' | 'resolve'>>

/** The bridge behind a handler of requests: what is the same in every runtime that has one. */
export abstract class FetchBridge {
  /** What relays; the runtime's own class hands it the connections. */
  protected readonly bridge: Bridge

  protected constructor(
    config: FetchBridgeConfig,
    runtime: Pick<BridgeConfig, 'resolve' | 'subprotocol' | 'confined'>,
  ) {
    this.bridge = new Bridge({
      ...runtime,
      ...config,
      adapter: config?.adapter ?? adapter,
      resolve: config?.resolve ?? runtime.resolve,
    })
  }

  /** Connections now, those being opened included. */
  get connections(): number {
    return this.bridge.connections
  }

  /** What a bridge counts, in Prometheus' text format. Not for the public. */
  metrics(): string {
    return this.bridge.metrics.text()
  }

  /**
   * Takes nobody in any more, lets every connection finish what is under way, and closes it. Bounded by the limits'
   * timeouts.
   */
  close(): Promise<void> {
    return this.bridge.close()
  }

  /** Answers a request; `upgrade` makes a WebSocket of it. `signal`: of a client that goes away meanwhile. */
  protected async answer<T>(
    request: Request,
    { remoteAddress, signal }: { remoteAddress: string; signal?: AbortSignal },
    upgrade: (admission: Admission) => T | Promise<T>,
  ): Promise<T | Response> {
    const { pathname, search } = new URL(request.url)
    const { healthPath, path } = this.bridge.settings
    if (pathname === healthPath) return this.bridge.stopping ? text(503, 'stopping') : text(200, 'ok')
    if (!pathname.startsWith(path)) return text(404, `the path is ${path}host:port`)
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket')
      return text(426, 'a WebSocket is wanted', { upgrade: 'websocket' })
    try {
      const admission = await this.bridge.admit({
        url: pathname + search,
        header: name => request.headers.get(name) ?? undefined,
        remoteAddress,
        ...(signal && { signal }),
      })
      try {
        return await upgrade(admission)
      } catch (error) {
        throw this.bridge.abandon(admission, error)
      }
    } catch (error) {
      const { message, status } = error as Refusal
      return text(status, message, status === 429 || status === 503 ? { 'retry-after': '1' } : {})
    }
  }
}

function text(status: number, message: string, headers: Record<string, string> = {}): Response {
  return new Response(`${message}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
}
