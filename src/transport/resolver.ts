import type { CallOptions } from '../base/signals.ts'
import type { Broker } from './layout.ts'

/** Translates broker names where the runtime's own resolution does not do. */
export interface BrokerResolver {
  /**
   * IP addresses to dial: in this order, those that failed lately last, and the next beside one that takes long. The broker's port is kept, and TLS still
   * checks the broker's name.
   */
  lookupBrokerIpAddr(broker: Pick<Broker, 'host' | 'port'>, options?: CallOptions): Promise<readonly string[]>
}
