import type { Address } from '../base/address.ts'
import { Deadline } from '../base/deadline.ts'
import { BrokerConnection } from '../socket/connection.ts'
import type { Peer } from '../socket/peer.ts'
import type { Addresses } from './addresses.ts'
import { checkCluster } from './check-cluster.ts'
import type { ConnectionOptions } from './lane.ts'
import type { Settings } from './settings.ts'

export interface Opened {
  readonly connection: BrokerConnection
  /** The host that was dialed for it. */
  readonly host: string
  /** When to authenticate anew, by the monotonic clock; Infinity for never. */
  readonly authenticateAt: number
}

/** What is to be opened. */
export interface Meant {
  readonly address: Address
  readonly lane: string
  readonly peer: Peer | undefined
  readonly guess?: ConnectionOptions['guess'] | undefined
}

/**
 * Dials, agrees on versions, authenticates and sees to it that this is the broker meant, all within the dial timeout.
 */
export async function open(
  settings: Settings,
  addresses: Addresses,
  { address, lane, peer, guess: recalled }: Meant,
): Promise<Opened> {
  const { adapter, tls, clientId, dialTimeout, requestTimeout, maxResponseBytes, clock, logger, onEvent } = settings
  const deadline = new Deadline(dialTimeout, clock)
  // Who must authenticate says who he is before anything else.
  const guess = settings.authenticate === undefined ? recalled?.(dialTimeout) : undefined
  const config = {
    adapter,
    address,
    clientId,
    peer,
    guess,
    lane,
    requestTimeout,
    maxResponseBytes,
    clock,
    logger,
    ...(tls && { tls: tls() }),
    ...(onEvent && { onEvent }),
  }
  // It keeps the time itself, and knows what took too long.
  const { connection, host } = await settings.lifetime.during(({ signal }) =>
    addresses.connect(address, deadline, signal, (host, within) =>
      BrokerConnection.open({ ...config, host, dialTimeout: Math.ceil(deadline.remaining) }, { signal: within }),
    ),
  )
  try {
    const authenticateAt =
      (await settings.authenticate?.(settings, address, connection, deadline.remaining)) ?? Number.POSITIVE_INFINITY
    if (peer !== undefined && guess === undefined) await checkCluster(connection, peer, deadline.remaining)
    return { connection, host, authenticateAt }
  } catch (error) {
    connection.abort(error)
    addresses.failed(host)
    throw error
  }
}
