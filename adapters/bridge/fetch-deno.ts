import { ConfigError } from '../../src/base/errors.ts'
import { sleep } from '../../src/base/signals.ts'
import { markedSubprotocol } from '../shared/bridge-wire.ts'
import type { Admission } from './admission.ts'
import { FetchBridge, type FetchBridgeConfig } from './fetch-bridge.ts'
import type { Resolve } from './guard.ts'
import { type BareWebSocket, type Cut, relayMarked } from './marked-channel.ts'
import { Refusal } from './refusal.ts'

// As much of Deno as we use, declared by hand: no types of another runtime come with the package.
interface OpeningWebSocket extends BareWebSocket {
  addEventListener: BareWebSocket['addEventListener'] & ((type: 'open', listener: () => void) => void)
}

interface Deno {
  upgradeWebSocket(request: Request, options: { idleTimeout: number }): { socket: OpeningWebSocket; response: Response }
  /** Undocumented, for nothing else ends the socket of a client that answers no closing. */
  readonly internal?: symbol
  resolveDns(host: string, type: 'A' | 'AAAA', options?: { signal?: AbortSignal }): Promise<string[]>
}

function deno(): Deno {
  const found = (globalThis as { Deno?: Deno }).Deno
  if (found === undefined) throw new ConfigError('a DenoBridge works in Deno alone')
  return found
}

/** Every address of the name that DNS has. The system's hosts file is not asked. */
const denoResolve: Resolve = async (host, signal) => {
  const options = signal && { signal }
  const answers = await Promise.allSettled([
    deno().resolveDns(host, 'A', options),
    deno().resolveDns(host, 'AAAA', options),
  ])
  const addresses = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []))
  const failed = answers.find(answer => answer.status === 'rejected')
  if (addresses.length === 0 && failed !== undefined) throw failed.reason
  return addresses
}

/** A bridge in Deno: `Deno.serve((request, info) => bridge.fetch(request, info))`. */
export class DenoBridge extends FetchBridge {
  constructor(config: FetchBridgeConfig) {
    deno()
    super(config, { resolve: denoResolve, subprotocol: markedSubprotocol })
  }

  /** Answers a request: with a WebSocket if it may have one, else with the status that says why not. */
  fetch(request: Request, info: { remoteAddr: { hostname?: string } }): Promise<Response> {
    // (Any answer aborts it, too.)
    const { signal } = request
    return this.answer(request, { remoteAddress: info.remoteAddr.hostname ?? '', signal }, async admission => {
      // Deno keeps the socket of a client for ever that went before it is upgraded. It hears of that between turns.
      await sleep(0, { clock: this.bridge.settings.clock })
      if (signal.aborted) throw new Refusal(503, 'gone', 'the client has gone')
      // Marks find who is gone. (Given a protocol, Deno refuses clients that put no space between those they offer.)
      const { response, socket } = deno().upgradeWebSocket(request, { idleTimeout: 0 })
      response.headers.set('sec-websocket-protocol', markedSubprotocol)
      this.#await(socket, admission)
      return response
    })
  }

  /** The client may go away before the answer gets there, which not every event tells. */
  #await(socket: OpeningWebSocket, admission: Admission): void {
    const { clock, limits } = this.bridge.settings
    const giveUp = (leave = admission.leave): void => {
      forget()
      if (decided) return
      decided = true
      this.bridge.abandon({ ...admission, leave })
    }
    let decided = false
    // Its socket may be there for as long as Deno is: who does that often shall find no place.
    const leaveLate = (): void => void clock.after(limits.idleTimeout, admission.leave)
    const forget = clock.after(limits.closeTimeout, () => giveUp(leaveLate))
    socket.addEventListener('open', () => {
      forget()
      decided = true
      void relayMarked(this.bridge, admission, socket, cutOf(socket))
    })
    socket.addEventListener('error', () => giveUp())
    socket.addEventListener('close', () => giveUp())
  }
}

/** Undefined where this Deno keeps it to itself. */
function cutOf(webSocket: OpeningWebSocket): Cut | undefined {
  const { internal } = deno()
  if (internal === undefined) return undefined
  const { core } = ((deno() as unknown as Record<symbol, unknown>)[internal] ?? {}) as Partial<Internals>
  const id = Object.getOwnPropertySymbols(webSocket).find(({ description }) => description === '[[rid]]')
  if (core?.tryClose === undefined || id === undefined) return undefined
  return { isTold: true, end: () => core.tryClose!((webSocket as unknown as Record<symbol, number>)[id]!) }
}

interface Internals {
  readonly core: { readonly tryClose?: (resource: number) => void }
}
