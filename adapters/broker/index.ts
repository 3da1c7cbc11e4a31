import { formatAddress } from '../../src/base/address.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { given, type SettingKinds } from '../../src/base/settings.ts'
import type { Broker, Listener } from '../../src/broker/index.ts'
import { hostToListenOn } from '../shared/not-listening.ts'
import { Door } from './door.ts'
import { type ListenTLSOptions, serverOptions } from './tls.ts'

export type { ListenTLSOptions }

/** Where an embedded broker is to listen. */
export interface ListenOptions {
  /** Where to listen, and what is advertised; 127.0.0.1. */
  host?: string
  /** The first broker's port, the others follow; 0, any free ones. */
  port?: number
  /** Given, clients must speak TLS: `{ cert, key }`. */
  tls?: ListenTLSOptions
  /** Whether who comes this way must authenticate by SASL; by default where the broker has users, or `sasl`. */
  sasl?: boolean
}

const listenSettings: SettingKinds<ListenOptions> = { host: 'string', port: 'number', tls: 'object', sasl: 'boolean' }

/** A cluster that listens. */
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
  const { host = '127.0.0.1', port = 0, tls, sasl } = given('listen()', options, listenSettings)
  if (typeof broker?.serve !== 'function') throw new ConfigError('listen() needs a Broker, as in listen(new Broker())')
  const plan = { host: hostToListenOn(host), tls: tls && serverOptions(tls) }
  const doors = new Map<number, Door>()
  const listener: Listener = { address: id => doors.get(id)?.address, ...(sasl !== undefined && { sasl }) }
  // What is listened to follows the cluster, one change after the other.
  let following: Promise<void> = Promise.resolve()
  const follow = async (): Promise<void> => {
    for (const id of broker.brokerIds) {
      const door = doors.get(id) ?? new Door(broker, id, { ...plan, port: port === 0 ? 0 : port + id - 1, listener })
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
