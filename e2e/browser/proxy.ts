import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

export interface Line {
  /** Of each direction, shared by all connections. Default: as fast as it goes. */
  readonly bitsPerSecond?: number
  /** Of each direction. Default 0. */
  readonly delayMs?: number
}

/** A line between a page and its bridge. */
export interface Proxy extends AsyncDisposable {
  /** In place of the bridge's own. */
  readonly url: string
  /** Bytes that a page has sent through it, and those it was sent. */
  readonly up: number
  readonly down: number
  /** Ends all connections and takes no more, until `heal`. */
  cut(): void
  heal(): void
}

/** One direction of the line. */
class Direction {
  bytes = 0
  readonly #line: Line
  /** When the line has carried all it was given. */
  #free = 0

  constructor(line: Line) {
    this.#line = line
  }

  join(from: Socket, to: Socket): void {
    const { bitsPerSecond = Number.POSITIVE_INFINITY, delayMs = 0 } = this.#line
    from.on('data', chunk => {
      this.bytes += chunk.length
      const now = performance.now()
      this.#free = Math.max(now, this.#free) + (chunk.length * 8_000) / bitsPerSecond
      // Nothing is read until what was is on the line: the sender feels that it is slow.
      from.pause()
      setTimeout(() => from.resume(), this.#free - now)
      setTimeout(() => to.writable && to.write(chunk), this.#free - now + delayMs)
    })
    from.once('close', () => setTimeout(() => to.destroy(), delayMs))
    from.on('error', () => {})
  }
}

export async function startProxy(bridge: string, line: Line = {}): Promise<Proxy> {
  const target = new URL(bridge)
  const up = new Direction(line)
  const down = new Direction(line)
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer(near => {
    if (isCut) return void near.destroy()
    const far = connect(Number(target.port), target.hostname)
    for (const socket of [near, far]) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.once('close', () => open.delete(socket))
    }
    up.join(near, far)
    down.join(far, near)
  })
  const cut = (): void => {
    isCut = true
    for (const socket of open) socket.resetAndDestroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`,
    get up() {
      return up.bytes
    },
    get down() {
      return down.bytes
    },
    cut,
    heal() {
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
