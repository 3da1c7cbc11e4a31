import { type Deferred, deferred } from '../../src/base/deferred.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import { frameHeads } from './chaos-adapter.ts'

/** What a broker answers one request is held: it was carried out, and its client doesn't hear of it. */
export interface HeldAnswer {
  /** Resolves when the request left. */
  readonly asked: Promise<void>
  /** Lets the answer come. */
  release(): void
}

/** An adapter that counts requests, and holds the answers of a connection from a request on. */
export class HoldingAdapter implements SocketAdapter {
  readonly name: string
  /** Requests that left. */
  sent = 0
  /** Connections that were ended on this side. */
  ended = 0
  readonly #inner: SocketAdapter
  #hold: { left: number; readonly asked: Deferred<void>; readonly gate: Deferred<void> } | undefined

  constructor(inner: SocketAdapter) {
    this.#inner = inner
    this.name = `holding ${inner.name}`
  }

  /** Holds the answer of the request of that number from now: 1 is the next. */
  hold(number: number): HeldAnswer {
    const [asked, gate] = [deferred<void>(), deferred<void>()]
    this.#hold = { left: number, asked, gate }
    return {
      asked: asked.promise,
      release: () => {
        this.#hold = undefined
        gate.resolve()
      },
    }
  }

  async dial(...[address, options]: Parameters<SocketAdapter['dial']>): ReturnType<SocketAdapter['dial']> {
    const socket = await this.#inner.dial(address, options)
    let held: Promise<void> | undefined
    const leaving = frameHeads(() => {
      this.sent++
      if (this.#hold === undefined || --this.#hold.left !== 0) return
      held = this.#hold.gate.promise
      this.#hold.asked.resolve()
    })
    return {
      async read() {
        const bytes = await socket.read()
        await held
        return bytes
      },
      write(pieces) {
        for (const piece of pieces) leaving(piece)
        return socket.write(pieces)
      },
      flushed: () => socket.flushed(),
      close: () => {
        this.ended++
        return socket.close()
      },
      abort: reason => {
        this.ended++
        return socket.abort(reason)
      },
    }
  }
}
