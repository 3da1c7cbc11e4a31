import { ConfigError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { shown } from '../base/settings.ts'
import type { TransportConfig } from './config.ts'
import { requireTransport } from './require-transport.ts'
import { Transport } from './transport.ts'

/** What a Reader or a group is given to reach its brokers by; nothing may be. */
export interface Reach {
  readonly transport?: Transport
  /** A Dialer: its settings are those of a transport of one's own. */
  readonly dialer?: { transportConfig(): TransportConfig }
  readonly logger?: Logger | null
}

/** The transport that was given, or one of one's own to close. */
export function transportOf({ transport, dialer, logger }: Reach): { transport: Transport; isOwn: boolean } {
  if (dialer !== undefined && transport) throw new ConfigError('give a transport or a dialer, not both')
  if (dialer !== undefined && typeof dialer.transportConfig !== 'function')
    throw new ConfigError(`dialer: a Dialer is wanted, as in new Dialer({ … }), not ${shown(dialer)}`)
  if (transport) return { transport: requireTransport(transport, 'cluster'), isOwn: false }
  const config = { ...dialer?.transportConfig(), ...(logger !== undefined && { logger }) }
  return { transport: new Transport(config), isOwn: true }
}
