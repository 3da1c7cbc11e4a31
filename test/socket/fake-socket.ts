import { deferred } from '../../src/base/deferred.ts'
import type { Socket } from '../../src/socket/socket.ts'

/** A socket that reads what it is fed and drops what is written. */
export function fakeSocket(): { socket: Socket; feed(bytes: Uint8Array | null): void } {
  const fed: (Uint8Array | null)[] = []
  let wanted = deferred<void>()
  const socket: Socket = {
    async read() {
      while (fed.length === 0) await wanted.promise
      return fed.shift()!
    },
    write() {},
    async flushed() {},
    async close() {},
    abort(reason) {
      wanted.promise.catch(() => {})
      wanted.reject(reason)
    },
  }
  return {
    socket,
    feed(bytes) {
      fed.push(bytes)
      wanted.resolve()
      wanted = deferred()
    },
  }
}
