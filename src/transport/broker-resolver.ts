import type { CallOptions } from '../base/signals.ts'
import { hostsOf, type Resolver } from './hosts.ts'
import type { Broker } from './layout.ts'
import type { BrokerResolver as Interface } from './resolver.ts'

/**
 * Looks brokers up by their host's name alone: makes a Transport's resolver of a Dialer's. Without a resolver, or where
 * that finds nothing, the name is dialed as the runtime does it. Ports that it names are not used: brokers have theirs.
 */
export class BrokerResolver implements Interface {
  readonly lookupBrokerIpAddr: Interface['lookupBrokerIpAddr']

  constructor(resolver?: Resolver) {
    this.lookupBrokerIpAddr = async ({ host }: Pick<Broker, 'host' | 'port'>, options?: CallOptions) => {
      const found = resolver === undefined ? [] : await hostsOf(resolver, host, options)
      return found.length === 0 ? [host] : found.map(each => each.host)
    }
  }
}
