import type { CallOptions } from '../base/signals.ts'
import type { Broker } from './layout.ts'

/** Translates broker names where the runtime's own resolution does not do. */
export interface BrokerResolver {
  /** IP addresses to dial, tried in order. The broker's port is kept, and TLS still checks the broker's name. */
  lookupBrokerIpAddr(broker: Broker, options?: CallOptions): Promise<readonly string[]>
}
