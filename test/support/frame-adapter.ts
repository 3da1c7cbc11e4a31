import type { Address } from '../../src/base/address.ts'
import { ConnectionError } from '../../src/base/errors.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import type { DialOptions, Socket, SocketAdapter } from '../../src/socket/socket.ts'
import { frameHeads } from './chaos-adapter.ts'

/** A request that left its client, and has not come to the broker yet. */
export interface HeldFrame {
  /** Resolves when it was caught. */
  readonly caught: Promise<void>
  /** Has it come after all, by a way of its own; resolves with its answer, which its client never sees. */
  deliver(): Promise<Uint8Array>
}

/** What befalls a request: answers whether it is let through. */
type Rule = (frame: Uint8Array, way: Way) => boolean

/** How a frame goes, and what can be done to its connection. */
interface Way {
  readonly address: Address
  readonly correlationId: number
  die(why: string): void
  /** The answer to this request is lost, and the connection with it. */
  loseAnswer(): void
  /** The answer to this request is no answer to it. */
  garbleAnswer(): void
}

/** An adapter by which single requests, chosen by their API, are late, lost, doubled or answered in vain. */
export class FrameAdapter implements SocketAdapter {
  readonly name: string
  /** Faults that struck. */
  struck = 0
  readonly #inner: SocketAdapter
  readonly #rules = new Map<number, Rule>()
  readonly #repeating = new Set<Promise<unknown>>()

  constructor(inner: SocketAdapter) {
    this.#inner = inner
    this.name = `frames of ${inner.name}`
  }

  /** The next request of the API loses its connection, and may be delivered later. */
  hold(api: AnyApi): HeldFrame {
    let held: { frame: Uint8Array; address: Address } | undefined
    let tell = (): void => {}
    const caught = new Promise<void>(resolve => {
      tell = resolve
    })
    this.#next(api, 1, (frame, { address, die }) => {
      held = { frame, address }
      die('a connection was lost, and a request on its way')
      tell()
      return false
    })
    return { caught, deliver: () => this.#deliver(held!.frame, held!.address) }
  }

  /** So many requests of the API are carried out, but their answers lost. */
  loseAnswers(api: AnyApi, times = 1): void {
    this.#next(api, times, (_frame, { loseAnswer }) => {
      loseAnswer()
      return true
    })
  }

  /** The next request of the API is carried out; its answer has three bytes more than it should. */
  garble(api: AnyApi): void {
    this.#next(api, 1, (_frame, { garbleAnswer }) => {
      garbleAnswer()
      return true
    })
  }

  /** Requests of the API never come to the broker; their connections are lost with them. The answer ends it. */
  lose(api: AnyApi, times = Number.POSITIVE_INFINITY): () => void {
    this.#next(api, times, (_frame, { die }) => {
      die('a request was lost, and its connection')
      return false
    })
    return () => this.#rules.delete(api.key)
  }

  /** So many requests of the API come twice: a copy first, by a way of its own. */
  double(api: AnyApi, times = 1): void {
    this.#next(api, times, (frame, { address }) => {
      this.#repeating.add(this.#deliver(frame, address))
      return true
    })
  }

  /** Resolves once all copies have been answered. */
  async doubled(): Promise<void> {
    await Promise.all(this.#repeating)
  }

  async dial(address: Address, options: DialOptions): Promise<Socket> {
    const socket = await this.#inner.dial(address, options)
    const doomed = new Set<number>()
    let lost: ConnectionError | undefined
    const die = (why: string): void => {
      lost = new ConnectionError(`${address.host}:${address.port}`, why, { sent: true })
      socket.abort(lost)
    }
    const garbled = new Set<number>()
    const answered = frameHeads((_key, _request, correlationId) => {
      if (doomed.delete(correlationId)) die('an answer was lost, and its connection')
    })
    const receiving = wholeFrames()
    const sending = wholeFrames()
    return {
      async read() {
        const bytes = await socket.read()
        if (bytes !== null) answered(bytes)
        if (lost !== undefined) throw lost
        if (bytes === null || garbled.size === 0) return bytes
        // Small answers come in one piece.
        const frames = receiving([bytes])
        return garbled.delete(new DataView(frames[0]!.buffer).getInt32(4)) ? longer(frames[0]!) : bytes
      },
      write: pieces => {
        const through: Uint8Array[] = []
        for (const frame of sending(pieces)) {
          const view = new DataView(frame.buffer)
          const correlationId = view.getInt32(8)
          const rule = this.#rules.get(view.getInt16(4))
          const loseAnswer = (): void => void doomed.add(correlationId)
          const garbleAnswer = (): void => void garbled.add(correlationId)
          if (rule === undefined || rule(frame, { address, correlationId, die, loseAnswer, garbleAnswer }))
            through.push(frame)
          if (lost !== undefined) return
        }
        return through.length > 0 ? socket.write(through) : undefined
      },
      flushed: () => socket.flushed(),
      close: () => socket.close(),
      abort: reason => socket.abort(reason),
    }
  }

  #next(api: AnyApi, times: number, rule: Rule): void {
    let left = times
    this.#rules.set(api.key, (frame, way) => {
      if (--left <= 0) this.#rules.delete(api.key)
      this.struck++
      return rule(frame, way)
    })
  }

  /** On a connection of its own: a broker takes any request there. */
  async #deliver(frame: Uint8Array, address: Address): Promise<Uint8Array> {
    const socket = await this.#inner.dial(address, {})
    await socket.write([frame])
    const answers = wholeFrames()
    for (;;) {
      const bytes = await socket.read()
      if (bytes === null) throw new Error('a late request was hung up on')
      const [answer] = answers([bytes])
      if (answer === undefined) continue
      await socket.close()
      return answer
    }
  }
}

function longer(frame: Uint8Array): Uint8Array {
  const all = new Uint8Array(frame.length + 3)
  all.set(frame)
  new DataView(all.buffer).setInt32(0, all.length - 4)
  return all
}

/** Cuts a stream into its frames, each a copy with its size in front. */
function wholeFrames(): (pieces: readonly Uint8Array[]) => Uint8Array[] {
  let rest = new Uint8Array(0)
  return pieces => {
    const all = new Uint8Array(rest.length + pieces.reduce((sum, piece) => sum + piece.length, 0))
    all.set(rest)
    let at = rest.length
    for (const piece of pieces) {
      all.set(piece, at)
      at += piece.length
    }
    const frames: Uint8Array[] = []
    for (at = 0; at + 4 <= all.length; ) {
      const end = at + 4 + new DataView(all.buffer).getInt32(at)
      if (end > all.length) break
      frames.push(all.slice(at, end))
      at = end
    }
    rest = all.slice(at)
    return frames
  }
}
