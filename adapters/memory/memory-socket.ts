import { ClosedError } from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { Pipe } from './pipe.ts'

/** One end of a connection in memory. */
class MemorySocket implements Socket {
  readonly #name: string
  readonly #incoming: Pipe
  readonly #outgoing: Pipe
  /** What the other end is told when this one is aborted. */
  readonly #reset: () => unknown

  constructor(name: string, incoming: Pipe, outgoing: Pipe, reset: () => unknown) {
    this.#name = name
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#reset = reset
  }

  read(): Promise<Uint8Array | null> {
    return this.#incoming.read()
  }

  write(pieces: readonly Uint8Array[]): void | Promise<void> {
    return this.#outgoing.write(pieces)
  }

  flushed(): Promise<void> {
    return this.#outgoing.flushed()
  }

  get unsent(): number {
    return this.#outgoing.unsent
  }

  async close(): Promise<void> {
    this.#outgoing.end()
    this.#incoming.fail(new ClosedError(`${this.#name}: the socket was closed`))
  }

  abort(reason: unknown = new ClosedError(`${this.#name}: the socket was aborted`)): void {
    this.#incoming.fail(reason)
    this.#outgoing.fail(this.#reset())
  }
}

/** Both ends of a connection. `name` is for errors; `reset` makes the error of an end whose other end was aborted. */
export function socketPair(
  name: string,
  defer: (task: () => void) => void,
  reset: () => unknown,
): [client: Socket, server: Socket] {
  const up = new Pipe(defer)
  const down = new Pipe(defer)
  return [new MemorySocket(name, down, up, reset), new MemorySocket(name, up, down, reset)]
}
