import type { Address, AddressLike } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import type { CompressionCodec } from '../compression/codec.ts'
import { Codecs } from '../compression/codecs.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import type { Natives, Socket } from '../socket/socket.ts'
import { LoneConnection, loneSettings } from '../transport/lone-connection.ts'
import type { RoundTripOptions, RoundTripper } from '../transport/round-tripper.ts'
import type { Settings } from '../transport/settings.ts'

/** One broker, reached by one connection, as a RoundTripper: whatever is asked is asked of it. */
export class SoleBroker implements RoundTripper {
  readonly codecs: Codecs
  readonly natives: Natives
  readonly clock: Clock
  readonly address: Address
  readonly #open: () => Promise<LoneConnection>
  #opened: Promise<LoneConnection> | undefined
  /** Given, and not spoken over yet. */
  #unused: Socket | undefined
  #connection: LoneConnection | undefined

  /** What an open connection leads to, or a socket that is spoken over from the first request on. */
  static over(socket: Socket | LoneConnection, address: Address | undefined, clientId = 'isokafka'): SoleBroker {
    if (socket instanceof LoneConnection) {
      const broker = new SoleBroker(socket.settings, socket.address, async () => socket)
      broker.#connection = socket
      return broker
    }
    if (typeof socket?.read !== 'function' || typeof socket.write !== 'function')
      throw new ConfigError(`a Conn needs a Socket, as an adapter's dial() answers one, not ${shown(socket)}`)
    const settings = loneSettings({ adapter: { name: 'socket', dial: async () => socket }, clientId })
    const to = address ?? socket.remoteAddress ?? unknown
    const open = () => LoneConnection.open(settings, to, { timeoutMs: settings.dialTimeout })
    const broker = new SoleBroker(settings, to, open)
    broker.#unused = socket
    return broker
  }

  /** `open` is called once, when the first thing is asked. */
  private constructor({ natives, clock }: Settings, address: Address, open: () => Promise<LoneConnection>) {
    this.codecs = new Codecs(natives.codecs)
    this.natives = natives
    this.clock = clock
    this.address = address
    this.#open = open
  }

  /** Undefined before it is open, or where the connection says nothing of it. */
  get socket(): Socket | undefined {
    return this.#connection?.socket
  }

  async roundTrip<A extends AnyApi>(
    _addr: AddressLike,
    api: A,
    request: RequestInput<A>,
    { signal, timeoutMs }: RoundTripOptions = {},
  ): Promise<ResponseOf<A>> {
    const opened = await this.#connected()
    opened.enter()
    return opened.connection.request(api, request, {
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
  }

  /** The same for writes: with this codec in place of another, and naming the transactional id. */
  forWrites(codec: CompressionCodec | undefined, transactionalId: string | undefined): RoundTripper {
    const { natives, clock } = this
    const codecs = codec === undefined ? this.codecs : new Codecs(natives.codecs)
    if (codec !== undefined) codecs.set(codec)
    return {
      codecs,
      natives,
      clock,
      roundTrip: (addr, api, request, options) =>
        this.roundTrip(addr, api, transactionalId === undefined ? request : { ...request, transactionalId }, options),
    }
  }

  /** Waits for the answers that are due, five seconds at most. */
  async close(): Promise<void> {
    const unused = this.#unused
    this.#unused = undefined
    await unused?.close()
    // One that was given open may never have been asked anything.
    const opened = (await this.#opened?.catch(() => undefined)) ?? this.#connection
    await opened?.connection.close()
  }

  #connected(): Promise<LoneConnection> {
    this.#unused = undefined
    this.#opened ??= this.#open().then(opened => {
      this.#connection = opened
      return opened
    })
    return this.#opened
  }
}

/** Where a socket leads that does not say so. */
const unknown: Address = { host: 'socket', port: 1 }
