import * as net from 'node:net'
import { type Address, formatAddress } from '../../src/base/address.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { given, type SettingKinds } from '../../src/base/settings.ts'
import type { Broker, Listener } from '../../src/broker/index.ts'
import { hostToListenOn, notListening } from '../shared/not-listening.ts'
import { AcceptedSocket } from './accepted-socket.ts'

export interface ListenOptions {
  /** Where to listen, and what is advertised; 127.0.0.1. */
  host?: string
  /** The first broker's port, the others follow; 0, any free ones. */
  port?: number
}

const listenSettings: SettingKinds<ListenOptions> = { host: 'string', port: 'number' }

export interface Listening {
  /** `host:port` of the running brokers. */
  readonly addresses: readonly string[]
  /** Stops listening and ends the connections that came this way. The broker itself stays. */
  close(): Promise<void>
}

/**
 * Puts an embedded broker on TCP ports of this machine, one for each of its brokers: one that is stopped refuses
 * connections. A ConfigError where that can't be.
 */
export async function listen(broker: Broker, options: ListenOptions = {}): Promise<Listening> {
  const { host = '127.0.0.1', port = 0 } = given('listen()', options, listenSettings)
  if (typeof broker?.serve !== 'function') throw new ConfigError('listen() needs a Broker, as in listen(new Broker())')
  const doors = new Map<number, Door>()
  const listener: Listener = { address: id => doors.get(id)?.address }
  // What is listened to follows the cluster, one change after the other.
  let following: Promise<void> = Promise.resolve()
  const follow = async (): Promise<void> => {
    for (const id of broker.brokerIds) {
      const door = doors.get(id) ?? new Door(broker, id, hostToListenOn(host), port === 0 ? 0 : port + id - 1, listener)
      doors.set(id, door)
      await (broker.isRunning(id) ? door.open() : door.close())
    }
  }
  await follow().catch(async error => {
    for (const door of doors.values()) await door.close()
    throw error
  })
  const unwatch = broker.watch(() => {
    following = following.then(follow).catch(error => broker.logger.error('an embedded broker cannot listen', error))
  })
  return {
    get addresses() {
      return broker.brokerIds
        .flatMap(id => (broker.isRunning(id) ? (listener.address(id) ?? []) : []))
        .map(formatAddress)
    },
    async close() {
      unwatch()
      await following
      for (const door of doors.values()) await door.close()
    },
  }
}

/** One broker's port. Once chosen it stays the same, so that clients find the broker again after a restart. */
class Door {
  /** Undefined until the port is known. */
  address: Address | undefined
  readonly #broker: Broker
  readonly #id: number
  readonly #host: string
  readonly #port: number
  readonly #listener: Listener
  readonly #connections = new Set<net.Socket>()
  #server: net.Server | undefined

  constructor(broker: Broker, id: number, host: string, port: number, listener: Listener) {
    this.#broker = broker
    this.#id = id
    this.#host = host
    this.#port = port
    this.#listener = listener
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return
    const server = net.createServer(socket => this.#accept(socket))
    const wanted = { host: this.#host, port: this.address?.port ?? this.#port }
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error): void => reject(notListening(wanted, error))
      server.once('error', refuse)
      server.listen(wanted, () => {
        server.off('error', refuse)
        resolve()
      })
    })
    this.address = { host: this.#host, port: (server.address() as net.AddressInfo).port }
    this.#server = server
  }

  #accept(socket: net.Socket): void {
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
    void this.#broker.serve(this.#id, new AcceptedSocket(socket), this.#listener, socket.remoteAddress)
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    for (const socket of this.#connections) socket.destroy()
    await closed
  }
}
