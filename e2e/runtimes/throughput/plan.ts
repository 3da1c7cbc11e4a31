import type { RequestInput } from '../../../src/protocol/api.ts'
import type { Fetch } from '../../../src/protocol/fetch.ts'

/** What a program is to do, as JSON. */
export interface Plan {
  readonly port: number
  /** The Fetch, as the library is given it, its version, and as it goes over the wire: base64. */
  readonly fetch: RequestInput<typeof Fetch>
  readonly version: number
  readonly request: string
  /** Bytes of each answer, its size included. */
  readonly answerBytes: number
  /** Fetches under way at a time. */
  readonly depth: number
  /** About how long a turn lasts. */
  readonly milliseconds: number
  /** Each of the ways takes so many turns. */
  readonly rounds: number
  readonly ways: readonly string[]
  /** Where the bridge is, and a token for it. */
  readonly bridge: { readonly url: string; readonly token: string }
}

/** An open connection that fetches by one way. */
export interface Way {
  /** Sends so many requests, as many at a time as the plan says, and waits for every answer. */
  fetch(count: number): Promise<void>
  close(): void | Promise<void>
}

export type Ways = Readonly<Record<string, (plan: Plan) => Promise<Way>>>

/** One turn of one way. */
export interface Turn {
  readonly way: string
  /** Fetches a second, which are as many MiB. */
  readonly speed: number
  /** Fetches altogether, those that were not timed included. */
  readonly allFetches: number
}

// TCP and the compilers find their pace meanwhile.
const warmUp = 16

/** Opens a connection, fetches and closes; the opening and the first fetches are not timed. */
export async function takeTurn(ways: Ways, name: string, plan: Plan): Promise<Turn> {
  const way = await ways[name]!(plan)
  await way.fetch(warmUp)
  const trial = await speedOf(way, warmUp)
  const fetches = Math.max(warmUp, Math.ceil((trial * plan.milliseconds) / 1000))
  const speed = await speedOf(way, fetches)
  await way.close()
  return { way: name, speed, allFetches: 2 * warmUp + fetches }
}

async function speedOf(way: Way, fetches: number): Promise<number> {
  const started = performance.now()
  await way.fetch(fetches)
  // A Worker's clock stands still between events.
  return (fetches * 1000) / Math.max(1, performance.now() - started)
}

/** Counts the bytes of answers, and sends a request for each that is whole. */
export class Pacer {
  readonly #answerBytes: number
  readonly #send: () => void
  #unsent: number
  #missing: number
  #bytes = 0

  constructor({ answerBytes, depth }: Plan, count: number, send: () => void) {
    this.#answerBytes = answerBytes
    this.#send = send
    this.#missing = count
    this.#unsent = Math.max(0, count - depth)
    for (let i = this.#unsent; i < count; i++) send()
  }

  /** True once every answer is there. */
  received(bytes: number): boolean {
    this.#bytes += bytes
    while (this.#bytes >= this.#answerBytes) {
      this.#bytes -= this.#answerBytes
      this.#missing--
      if (this.#unsent > 0) {
        this.#unsent--
        this.#send()
      }
    }
    return this.#missing <= 0
  }
}

export function requestOf({ request }: Plan): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(request), character => character.charCodeAt(0))
}
