import type { Clock } from '../../src/base/clock.ts'
import { sleep } from '../../src/base/signals.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'

/** An adapter to brokers far away: each connection, and each answer, takes so many milliseconds of the clock. */
export function farAdapter(inner: SocketAdapter, clock: Clock, roundTrip: number): SocketAdapter & { dials: number } {
  return {
    ...inner,
    dials: 0,
    async dial(address, options) {
      this.dials++
      await sleep(roundTrip, { clock })
      return far(await inner.dial(address, options), clock, roundTrip)
    },
  }
}

function far(socket: Socket, clock: Clock, roundTrip: number): Socket {
  const coming: { read: Promise<Uint8Array | null>; due: number }[] = []
  let wake = (): void => {}
  const listen = async (): Promise<void> => {
    for (;;) {
      // What was read is good until the next read only.
      const read = socket.read().then(bytes => bytes?.slice() ?? null)
      const over = await read.then(
        bytes => bytes === null,
        () => true,
      )
      coming.push({ read, due: clock.monotonic() + roundTrip })
      wake()
      if (over) return
    }
  }
  void listen()
  return {
    write: pieces => socket.write(pieces),
    flushed: () => socket.flushed(),
    close: () => socket.close(),
    abort: reason => socket.abort(reason),
    async read() {
      while (coming.length === 0)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      const { read, due } = coming.shift()!
      const wait = due - clock.monotonic()
      if (wait > 0) await sleep(wait, { clock })
      return read
    },
  }
}
