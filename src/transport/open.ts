import { type Address, formatAddress } from '../base/address.ts'
import { Deadline } from '../base/deadline.ts'
import { TimeoutError } from '../base/errors.ts'
import { authenticate } from '../sasl/authenticate.ts'
import { BrokerConnection } from '../socket/connection.ts'
import type { Peer } from '../socket/peer.ts'
import type { Addresses } from './addresses.ts'
import { checkCluster } from './check-cluster.ts'
import type { Settings } from './config.ts'

/** A broker that names shorter lifetimes would keep us at nothing but authenticating, in milliseconds. */
const leastSession = 1000

export interface Opened {
  readonly connection: BrokerConnection
  /** The host that was dialed for it. */
  readonly host: string
  /** When to authenticate anew, by the monotonic clock; Infinity for never. */
  readonly authenticateAt: number
}

/** Dials, agrees on versions, authenticates and sees to it that this is the broker meant, all within the dial timeout. */
export async function open(
  settings: Settings,
  addresses: Addresses,
  { address, lane, peer }: { readonly address: Address; readonly lane: string; readonly peer: Peer | undefined },
): Promise<Opened> {
  const { adapter, tls, clientId, dialTimeout, requestTimeout, maxResponseBytes, clock, logger, onEvent } = settings
  const deadline = new Deadline(dialTimeout, clock)
  const config = {
    adapter,
    address,
    clientId,
    peer,
    lane,
    requestTimeout,
    maxResponseBytes,
    clock,
    logger,
    ...(tls && { tls }),
    ...(onEvent && { onEvent }),
  }
  // It keeps the time itself, and knows what took too long.
  const { connection, host } = await whileOpen(settings, ({ signal }) =>
    addresses.connect(address, deadline, signal, (host, within) =>
      BrokerConnection.open({ ...config, host, dialTimeout: Math.ceil(deadline.remaining) }, { signal: within }),
    ),
  )
  try {
    const authenticateAt = await authenticateWithin(deadline.remaining, settings, address, connection)
    if (peer !== undefined) await checkCluster(connection, peer, deadline.remaining)
    return { connection, host, authenticateAt }
  } catch (error) {
    connection.abort(error)
    addresses.failed(host)
    throw error
  }
}

/** Authenticates an open connection, for the first time or anew (KIP-368); answers when to do so next. */
export async function reauthenticate(settings: Settings, address: Address, connection: BrokerConnection): Promise<number> {
  return authenticateWithin(settings.dialTimeout, settings, address, connection)
}

async function authenticateWithin(
  milliseconds: number,
  settings: Settings,
  address: Address,
  connection: BrokerConnection,
): Promise<number> {
  const { clock, dialTimeout, sasl } = settings
  if (sasl === undefined) return Number.POSITIVE_INFINITY
  const lifetimeMs = await whileOpen(settings, async controller => {
    const late = (): unknown => new TimeoutError(`${formatAddress(address)}: not authenticated within ${dialTimeout} ms`)
    const cancel = clock.after(milliseconds, () => controller.abort(late()))
    return authenticate(connection, sasl, { host: address.host, port: address.port, signal: controller.signal }).finally(cancel)
  })
  // As Java: well before the end, and not all connections at once.
  const after = Math.max(leastSession, lifetimeMs * (0.85 + 0.1 * Math.random()))
  return lifetimeMs > 0 ? clock.monotonic() + after : Number.POSITIVE_INFINITY
}

/** Runs the task with a controller that is aborted when the transport closes. */
async function whileOpen<T>({ lifetime }: Settings, task: (controller: AbortController) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const forget = lifetime.atEnd(reason => controller.abort(reason))
  try {
    return await task(controller)
  } finally {
    forget()
  }
}
