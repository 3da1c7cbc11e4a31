import { formatAddress } from '../../src/base/address.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import { frameHeads } from './chaos-adapter.ts'

/** Notes what each connection is used for. */
export class CountingAdapter implements SocketAdapter {
  readonly name: string
  readonly #inner: SocketAdapter
  readonly #connections: { readonly to: string; readonly apis: Set<number> }[] = []

  constructor(inner: SocketAdapter) {
    this.#inner = inner
    this.name = `counting ${inner.name}`
  }

  /** By broker: how many connections have ever carried a request of this API. */
  usedFor(api: AnyApi): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { to, apis } of this.#connections) if (apis.has(api.key)) counts[to] = (counts[to] ?? 0) + 1
    return counts
  }

  get dials(): number {
    return this.#connections.length
  }

  async dial(...[address, options]: Parameters<SocketAdapter['dial']>): ReturnType<SocketAdapter['dial']> {
    const apis = new Set<number>()
    this.#connections.push({ to: formatAddress(address), apis })
    const socket = await this.#inner.dial(address, options)
    const sent = frameHeads(key => apis.add(key))
    return {
      read: () => socket.read(),
      write(pieces) {
        for (const piece of pieces) sent(piece)
        return socket.write(pieces)
      },
      flushed: () => socket.flushed(),
      close: () => socket.close(),
      abort: reason => socket.abort(reason),
    }
  }
}
