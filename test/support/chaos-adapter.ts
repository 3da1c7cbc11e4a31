import { ConnectionError } from '../../src/base/errors.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'
import { random } from './random.ts'

/** How badly the connections behave. Chances are from 0 to 1. */
export interface Chaos {
  /** The same seed, the same choices (their timing is the machine's). */
  seed: number
  /** A connection dies once so many bytes were sent on it: a number between the two, chosen for each. */
  killAfterBytes?: readonly [least: number, most: number]
  /**
   * The chance that the answer to a produce request is lost, and the connection with it: the broker did the work, and
   * nobody was told.
   */
  loseProduceAnswer?: number
  /** The same of requests of these API keys. */
  loseAnswer?: { readonly of: readonly number[]; readonly chance: number }
  /** No more faults after so many. */
  mostFaults?: number
  /** None while this is false. */
  isOn?: () => boolean
}

export interface ChaosAdapter extends SocketAdapter {
  /** Connections killed so far. */
  readonly faults: number
}

const produceKey = 0

/** An adapter whose connections die as networks and brokers make them die. */
export function chaosAdapter(inner: SocketAdapter, chaos: Chaos): ChaosAdapter {
  const {
    killAfterBytes,
    loseProduceAnswer = 0,
    loseAnswer,
    mostFaults = Number.POSITIVE_INFINITY,
    isOn = () => true,
  } = chaos
  const next = random(chaos.seed)
  let faults = 0
  const strike = (): boolean => isOn() && faults < mostFaults && ++faults > 0
  return {
    ...inner,
    name: `chaos over ${inner.name}`,
    get faults() {
      return faults
    },
    async dial(address, options) {
      const socket = await inner.dial(address, options)
      const [least, most] = killAfterBytes ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
      let bytesLeft =
        killAfterBytes === undefined ? Number.POSITIVE_INFINITY : least + Math.floor(next() * (most - least))
      const doomed = new Set<number>()
      const die = (why: string): ConnectionError => {
        const error = new ConnectionError(`${address.host}:${address.port}`, why)
        socket.abort(error)
        return error
      }
      const sent = frameHeads((key, correlationId) => {
        const chance = key === produceKey ? loseProduceAnswer : loseAnswer?.of.includes(key) ? loseAnswer.chance : 0
        if (chance > 0 && next() < chance) doomed.add(correlationId)
      })
      let lost = false
      const received = frameHeads((_, __, correlationId) => {
        lost ||= doomed.delete(correlationId) && strike()
      })
      const wrapped: Socket = {
        async read() {
          const bytes = await socket.read()
          if (bytes !== null) received(bytes)
          if (lost) throw die('chaos: an answer is lost')
          return bytes
        },
        write(pieces) {
          for (const piece of pieces) sent(piece)
          const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
          if (length < bytesLeft || !strike()) {
            bytesLeft -= length
            return socket.write(pieces)
          }
          // What still fits goes out; the end of it is missing.
          const whole = new Uint8Array(length)
          let at = 0
          for (const piece of pieces) {
            whole.set(piece, at)
            at += piece.length
          }
          const wrote = Promise.resolve(socket.write([whole.subarray(0, Math.max(1, bytesLeft - 1))]))
          return wrote
            .then(() => socket.flushed())
            .catch(() => {})
            .then(() => void die('chaos: the connection died in the middle of a write'))
        },
        flushed: () => socket.flushed(),
        close: () => socket.close(),
        abort: reason => socket.abort(reason),
      }
      return wrapped
    },
  }
}

/**
 * Reads the first twelve bytes of each frame in a stream: size, then (of a request) API key and version, then the
 * correlation id, which comes first in a response.
 */
export function frameHeads(
  each: (apiKey: number, requestCorrelation: number, responseCorrelation: number) => void,
): (bytes: Uint8Array) => void {
  const head = new Uint8Array(12)
  const view = new DataView(head.buffer)
  let filled = 0
  let skip = 0
  return bytes => {
    for (let at = 0; at < bytes.length; ) {
      if (skip > 0) {
        const step = Math.min(skip, bytes.length - at)
        skip -= step
        at += step
        continue
      }
      head[filled++] = bytes[at++]!
      // A response may be no longer than its correlation id.
      const size = filled >= 4 ? view.getInt32(0) : Number.POSITIVE_INFINITY
      if (filled < Math.min(12, 4 + size)) continue
      each(view.getInt16(4), view.getInt32(8), view.getInt32(4))
      skip = 4 + size - filled
      filled = 0
    }
  }
}
