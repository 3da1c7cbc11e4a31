import { type Address, formatAddress, parseAddress } from '../../src/base/address.ts'
import { ConfigError, ConnectionError } from '../../src/base/errors.ts'
import { given, type SettingKinds } from '../../src/base/settings.ts'
import type { Broker, Listener } from '../../src/broker/index.ts'
import { type Natives, nativesSettings, type Socket, type SocketAdapter } from '../../src/socket/socket.ts'
import { deferOf } from '../../src/transport/defer.ts'
import { socketPair } from './memory-socket.ts'

/** How a program reaches the broker in its own memory. */
export interface MemoryOptions {
  /** Whether who comes this way must authenticate; by default where the broker has users, or `sasl`. */
  sasl?: boolean
}

const memorySettings: SettingKinds<MemoryOptions> = { sasl: 'boolean' }

/**
 * Dials the brokers of an embedded cluster without a network:
 * `new Writer({ addr: broker.addresses, transport: new Transport({ adapter: memory(broker) }) })`. It runs in every runtime; bytes are
 * copied and come in later turns and in pieces, as from a network, and a side that does not read is not written to
 * without bound.
 */
export function memory(broker: Broker, natives: Natives = {}, options: MemoryOptions = {}): SocketAdapter {
  if (typeof broker?.serve !== 'function') throw new ConfigError('memory() needs a Broker, as in memory(new Broker())')
  given('natives', natives, nativesSettings)
  const { sasl } = given('memory()', options, memorySettings)
  const defer = deferOf(natives)
  const listener: Listener = {
    address: id => (broker.brokerIds.includes(id) ? parseAddress(broker.address(id)) : undefined),
    ...(sasl !== undefined && { sasl }),
  }
  const dial = async (address: Address, { signal }: { signal?: AbortSignal }): Promise<Socket> => {
    await new Promise<void>(defer)
    signal?.throwIfAborted()
    const at = formatAddress(address)
    const id = broker.brokerIds.find(each => broker.address(each) === at && broker.isRunning(each))
    if (id === undefined)
      throw new ConnectionError(at, 'connection refused: no embedded broker runs there', { sent: false })
    const [client, server] = socketPair(at, defer, () => new ConnectionError(at, 'the peer reset the connection'))
    void broker.serve(id, server, listener)
    return client
  }
  return { name: 'memory', dial }
}
