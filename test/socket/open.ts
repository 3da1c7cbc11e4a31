import { adapter } from '../../adapters/node/index.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { ClientEvent } from '../../src/base/events.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { BrokerConnection } from '../../src/socket/connection.ts'
import type { ConnectionConfig } from '../../src/socket/connection-config.ts'

export function configFor(
  address: { host: string; port: number },
  change: Partial<ConnectionConfig> = {},
): ConnectionConfig {
  return {
    adapter,
    address: { host: address.host, port: address.port },
    clientId: 'tester',
    lane: 'control',
    dialTimeout: 5_000,
    requestTimeout: 5_000,
    clock: systemClock,
    logger: silentLogger,
    ...change,
  }
}

/** Opens a connection and collects its events. */
export async function open(address: { host: string; port: number }, change: Partial<ConnectionConfig> = {}) {
  const events: ClientEvent[] = []
  const connection = await BrokerConnection.open(
    configFor(address, { onEvent: event => events.push(event), ...change }),
  )
  return { connection, events }
}
