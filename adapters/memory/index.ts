import type { Broker } from '../../src/broker/index.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

/** Dials the brokers of an embedded cluster without a network: `new Writer({ addr: broker.addresses, transport: new Transport({ adapter: memory(broker) }) })`. */
export function memory(_broker: Broker): SocketAdapter {
  return {
    name: 'memory',
    dial: () => Promise.reject(new Error('not yet')),
  }
}
