import { type Address, formatAddress } from '../base/address.ts'
import { TimeoutError } from '../base/errors.ts'
import { authenticate } from '../sasl/authenticate.ts'
import { BrokerConnection } from '../socket/connection.ts'
import type { Settings } from './config.ts'

export interface Opened {
  readonly connection: BrokerConnection
  /** When to authenticate anew, by the monotonic clock; Infinity for never. */
  readonly authenticateAt: number
}

/** Dials, agrees on versions and authenticates, all within the dial timeout. */
export async function open(settings: Settings, address: Address, lane: string): Promise<Opened> {
  const { adapter, tls, clientId, dialTimeout, requestTimeout, maxResponseBytes, clock, logger, onEvent } = settings
  return within(settings, address, async signal => {
    const connection = await BrokerConnection.open(
      {
        adapter,
        address,
        clientId,
        lane,
        dialTimeout,
        requestTimeout,
        maxResponseBytes,
        clock,
        logger,
        ...(tls && { tls }),
        ...(onEvent && { onEvent }),
      },
      { signal },
    )
    try {
      return { connection, authenticateAt: await authenticateAgain(settings, address, connection, signal) }
    } catch (error) {
      connection.abort(error)
      throw error
    }
  })
}

/** Authenticates an open connection, for the first time or anew (KIP-368); answers when to do so next. */
export async function reauthenticate(settings: Settings, address: Address, connection: BrokerConnection): Promise<number> {
  return within(settings, address, signal => authenticateAgain(settings, address, connection, signal))
}

async function authenticateAgain(
  { sasl, clock }: Settings,
  address: Address,
  connection: BrokerConnection,
  signal: AbortSignal,
): Promise<number> {
  if (sasl === undefined) return Number.POSITIVE_INFINITY
  const lifetimeMs = await authenticate(connection, sasl, { host: address.host, port: address.port, signal })
  // As Java: well before the end, and not all connections at once.
  return lifetimeMs > 0 ? clock.monotonic() + lifetimeMs * (0.85 + 0.1 * Math.random()) : Number.POSITIVE_INFINITY
}

/** Runs the task with a signal that is aborted when the dial timeout has passed or the transport closes. */
async function within<T>(
  { dialTimeout, clock, lifetime }: Settings,
  address: Address,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const late = (): unknown => new TimeoutError(`${formatAddress(address)}: not connected within ${dialTimeout} ms`)
  const cancel = clock.after(dialTimeout, () => controller.abort(late()))
  const forget = lifetime.atEnd(reason => controller.abort(reason))
  try {
    return await task(controller.signal)
  } finally {
    cancel()
    forget()
  }
}
