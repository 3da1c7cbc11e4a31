import { formatAddress } from '../base/address.ts'
import { ConfigError, ConnectionError, messageOf } from '../base/errors.ts'
import { abortable, type CallOptions } from '../base/signals.ts'
import type { Broker } from './layout.ts'
import type { LookUp } from './settings.ts'

/** Translates broker names where the runtime's own resolution does not do. */
export interface BrokerResolver {
  /**
   * IP addresses to dial: in this order, those that failed lately last, and the next beside one that takes long. The
   * broker's port is kept, and TLS still checks the broker's name.
   */
  lookupBrokerIpAddr(broker: Pick<Broker, 'host' | 'port'>, options?: CallOptions): Promise<readonly string[]>
}

/** What the resolver, the user's code, answers is looked at, and what it throws says whose it is. */
export function lookUpBy(resolver: BrokerResolver): LookUp {
  return async ({ host, port }, signal) => {
    const broker = formatAddress({ host, port })
    let found: readonly string[]
    try {
      found = await abortable(Promise.resolve(resolver.lookupBrokerIpAddr({ host, port }, { signal })), signal)
    } catch (error) {
      if (signal.aborted || error instanceof ConfigError) throw error
      throw new ConnectionError(broker, `the resolver failed: ${messageOf(error)}`, { cause: error })
    }
    if (!Array.isArray(found))
      throw new ConfigError(`${broker}: the resolver must answer a list of addresses, not ${found}`)
    if (found.length === 0) throw new ConnectionError(broker, 'the resolver found no address')
    return found
  }
}
