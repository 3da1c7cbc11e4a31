import { type Address, formatAddress } from '../../src/base/address.ts'
import { AuthenticationError, ProtocolError, TimeoutError } from '../../src/base/errors.ts'
import { abortable, linkSignals, onAbort } from '../../src/base/signals.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../../src/protocol/api.ts'
import { readResponse, requestFrame } from '../../src/protocol/headers.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { authenticate } from '../../src/sasl/authenticate.ts'
import type { Requester } from '../../src/socket/connection.ts'
import { FrameAssembler } from '../../src/socket/frames.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { Refusal } from './refusal.ts'
import type { Settings } from './settings.ts'

/** A connection to a broker, ready for a client's requests. */
export interface Upstream {
  readonly socket: Socket
  /** When the broker ends its session, by the clock's `monotonic`. */
  readonly sessionEnds: number
}

// Kafka 2.2 and later speak these, without being asked what they speak.
const versions: ReadonlyMap<string, number> = new Map([[SaslAuthenticate.name, 1]])
const mostAuthenticationBytes = 1024 * 1024

/** Dials the broker, and authenticates if the bridge does so for its clients. Throws a Refusal. */
export async function openUpstream(settings: Settings, target: Address, given: AbortSignal): Promise<Upstream> {
  const { adapter, clock, limits, sasl, tls } = settings
  const broker = formatAddress(target)
  const link = linkSignals(given)
  const late = new TimeoutError(`${broker}: no connection after ${limits.dialTimeout} ms`)
  const cancel = clock.after(limits.dialTimeout, () => link.controller.abort(late))
  const { signal } = link
  let socket: Socket | undefined
  let forget = (): void => {}
  try {
    const dialing = adapter.dial(target, { ...(tls && { tls }), signal })
    // One that comes when nobody waits any more is not kept.
    dialing.then(dialed => signal.aborted && dialed.abort(signal.reason)).catch(() => {})
    socket = await abortable(dialing, signal)
    if (sasl === undefined) return { socket, sessionEnds: Number.POSITIVE_INFINITY }
    const dialed = socket
    // Whatever the exchange waits for ends with the socket.
    forget = onAbort(signal, () => dialed.abort(signal.reason))
    const requester = new RawRequester(broker, dialed)
    const lifetime = await authenticate({ broker, exclusive: task => task(requester) }, sasl, { ...target, signal })
    return { socket, sessionEnds: lifetime > 0 ? clock.monotonic() + lifetime : Number.POSITIVE_INFINITY }
  } catch (error) {
    socket?.abort(error)
    if (error instanceof Refusal || given.aborted) throw error
    if (error === late) throw new Refusal(504, 'broker-timeout', 'the broker did not answer in time', { cause: error })
    if (error instanceof AuthenticationError)
      throw new Refusal(502, 'broker-credentials', 'the broker and the bridge do not trust each other', {
        cause: error,
      })
    throw new Refusal(502, 'broker-unreachable', 'the broker can not be reached', { cause: error })
  } finally {
    forget()
    cancel()
    link.release()
  }
}

/** One request after another on a socket that is nobody else's yet. */
class RawRequester implements Requester {
  readonly #broker: string
  readonly #socket: Socket
  #correlationId = 0

  constructor(broker: string, socket: Socket) {
    this.#broker = broker
    this.#socket = socket
  }

  version(api: AnyApi): number {
    return versions.get(api.name) ?? 1
  }

  async request<A extends AnyApi>(api: A, request: RequestInput<A>): Promise<ResponseOf<A>> {
    const version = this.version(api)
    await this.#socket.write(requestFrame(api, version, this.#correlationId++, 'isokafka-bridge', request))
    return readResponse(api, version, await this.#frame()).response as ResponseOf<A>
  }

  async #frame(): Promise<Uint8Array> {
    let frame: Uint8Array | undefined
    const assembler = new FrameAssembler(this.#broker, mostAuthenticationBytes, {
      frameBegins: () => null,
      frameEnds: whole => {
        frame = whole!
      },
    })
    while (frame === undefined) {
      const bytes = await this.#socket.read()
      if (bytes === null)
        throw new ProtocolError(`${this.#broker}: the broker closed the connection while we authenticated`)
      assembler.push(bytes)
    }
    // More than was asked for would reach a client as if it had asked.
    if (!assembler.between) throw new ProtocolError(`${this.#broker}: the broker says more than it was asked`)
    return frame
  }
}
