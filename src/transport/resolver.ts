import { formatAddress } from '../base/address.ts'
import { ConfigError, ConnectionError } from '../base/errors.ts'
import { abortable, type CallOptions } from '../base/signals.ts'
import type { SocketAdapter } from '../socket/socket.ts'
import type { Broker } from './layout.ts'

/** Translates broker names where the runtime's own resolution does not do. */
export interface BrokerResolver {
  /** IP addresses to dial, tried in order. The broker's port is kept, and TLS still checks the broker's name. */
  lookupBrokerIpAddr(broker: Pick<Broker, 'host' | 'port'>, options?: CallOptions): Promise<readonly string[]>
}

/** The adapter with names resolved by `resolver`. */
export function resolving(adapter: SocketAdapter, resolver: BrokerResolver): SocketAdapter {
  return {
    ...adapter,
    async dial(address, options) {
      const { signal, tls } = options
      const asked = resolver.lookupBrokerIpAddr({ host: address.host, port: address.port }, signal && { signal })
      const found = await abortable(Promise.resolve(asked), signal)
      if (!Array.isArray(found)) throw new ConfigError(`the resolver must answer a list of addresses, not ${found}`)
      let last: unknown = new ConnectionError(formatAddress(address), 'the resolver found no address')
      for (const host of found) {
        try {
          return await adapter.dial({ host, port: address.port }, { ...options, ...(tls && { tls: { serverName: address.host, ...tls } }) })
        } catch (error) {
          if (signal?.aborted) throw error
          last = error
        }
      }
      throw last
    },
  }
}
