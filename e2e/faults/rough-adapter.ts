import { ConnectionError } from '../../src/base/errors.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'
import { random } from '../../test/support/random.ts'

/** How rough the network is. */
export interface Roughness {
  /** The same seed, the same choices (their timing is the machine's). */
  readonly seed: number
  /** Each connection dies after a time between the two, in milliseconds. */
  readonly lifeMs?: readonly [least: number, most: number]
  /** Every read and every write takes so much longer, in milliseconds. */
  readonly delayMs?: number
  /** Bytes come and go in pieces of random sizes up to this. */
  readonly pieceBytes?: number
}

export interface RoughAdapter extends SocketAdapter {
  /** Connections that died so far. */
  readonly deaths: number
  /** Pieces that bytes were cut into so far. */
  readonly pieces: number
  /** From now on all is well. */
  calm(): void
}

/** An adapter whose network is bad from the first byte to the last, as mobile and overloaded networks are. */
export function roughAdapter(inner: SocketAdapter, { seed, lifeMs, delayMs = 0, pieceBytes }: Roughness): RoughAdapter {
  const next = random(seed)
  const counts = { deaths: 0, pieces: 0 }
  let rough = true
  const delay = (): Promise<void> | undefined =>
    rough && delayMs > 0 ? new Promise(resolve => setTimeout(resolve, delayMs)) : undefined
  const cut = (bytes: Uint8Array): number => {
    if (!rough || pieceBytes === undefined) return bytes.length
    counts.pieces++
    return Math.min(bytes.length, 1 + Math.floor(next() * pieceBytes))
  }
  return {
    ...inner,
    name: `rough ${inner.name}`,
    get deaths() {
      return counts.deaths
    },
    get pieces() {
      return counts.pieces
    },
    calm() {
      rough = false
    },
    async dial(address, options) {
      const socket = await inner.dial(address, options)
      const end = lifeMs && setTimeout(die, lifeMs[0] + next() * (lifeMs[1] - lifeMs[0]))
      function die(): void {
        if (!rough) return
        counts.deaths++
        socket.abort(new ConnectionError(`${address.host}:${address.port}`, 'the network let go of the connection'))
      }
      let left: Uint8Array = new Uint8Array(0)
      let writing: Promise<void> = Promise.resolve()
      const wrapped: Socket = {
        async read() {
          if (left.length === 0) {
            const bytes = await socket.read()
            if (bytes === null) return null
            await delay()
            left = bytes.slice()
          }
          const length = cut(left)
          const piece = left.subarray(0, length)
          left = left.subarray(length)
          return piece
        },
        write(pieces) {
          writing = writing.then(async () => {
            await delay()
            for (const whole of pieces) {
              for (let rest = whole; rest.length > 0; ) {
                const length = cut(rest)
                await socket.write([rest.subarray(0, length)])
                rest = rest.subarray(length)
              }
            }
          })
          // A write that fails shows at the next read, too.
          writing.catch(() => {})
          return writing
        },
        async flushed() {
          await writing
          await socket.flushed()
        },
        async close() {
          clearTimeout(end)
          await writing.catch(() => {})
          await socket.close()
        },
        abort(reason) {
          clearTimeout(end)
          socket.abort(reason)
        },
      }
      return wrapped
    },
  }
}
