import { formatAddress } from '../../src/base/address.ts'
import { ConfigError, ConnectionError, messageOf } from '../../src/base/errors.ts'
import { abortable } from '../../src/base/signals.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'
import { isPublic, parseIp, parseRange, type Range, within } from './ip.ts'
import { Refusal } from './refusal.ts'

/** The addresses of a name, as texts. */
export type Resolve = (host: string, signal?: AbortSignal) => Promise<readonly string[]>

export interface GuardOptions {
  readonly adapter: SocketAdapter
  /** Without it names are dialed as they are: what they lead to is the platform's to check. */
  readonly resolve: Resolve | undefined
  /** Addresses and ranges that may be dialed though they are not public. */
  readonly allowAddresses: readonly string[]
  /** Written down by whoever runs the bridge, not learnt. */
  readonly listedHosts: ReadonlySet<string>
}

/**
 * Dials what names really lead to, and only if that is allowed. A name is resolved once; every address it has is
 * checked, and those very addresses are dialed, so that no second answer of a name server comes between (DNS
 * rebinding).
 */
export function guarded({ adapter, resolve, allowAddresses, listedHosts }: GuardOptions): SocketAdapter {
  const allowed = allowAddresses.map(rangeOf)
  return {
    ...adapter,
    async dial({ host, port }, { tls, signal }) {
      const broker = formatAddress({ host, port })
      const isAddress = parseIp(host) !== undefined
      const addresses = isAddress || resolve === undefined ? [host] : await lookUp(broker, host, resolve, signal)
      const mayDial = (address: string): boolean =>
        isAddress || resolve !== undefined
          ? isAllowed(address, allowed)
          : listedHosts.has(address) || !mayBeLocal(address)
      if (!addresses.every(mayDial))
        throw new Refusal(403, 'address', `${broker} leads to an address that is not allowed`)
      const secure = tls && { ...tls, serverName: tls.serverName ?? host }
      const options = { ...(secure && { tls: secure }), ...(signal && { signal }) }
      return firstOf(broker, addresses, address => adapter.dial({ host: address, port }, options), signal)
    },
  }
}

function rangeOf(text: string): Range {
  const range = parseRange(text)
  if (range === undefined)
    throw new ConfigError(`bridge: allowAddresses: "${text}" is no address and no range such as 10.0.0.0/8`)
  return range
}

function isAllowed(address: string, allowed: readonly Range[]): boolean {
  const ip = parseIp(address)
  return ip !== undefined && (isPublic(ip) || allowed.some(range => within(ip, range)))
}

/**
 * Whether a resolver may take the name for this machine or for an address: its last part is a number (127.1,
 * 0x7f000001).
 */
function mayBeLocal(host: string): boolean {
  return /[:%]|(^|\.)(localhost|\d+|0x[0-9a-f]*)\.?$/i.test(host)
}

async function lookUp(
  broker: string,
  host: string,
  resolve: Resolve,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  let addresses: readonly string[]
  try {
    addresses = await abortable(resolve(host, signal), signal)
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ConnectionError(broker, `the name could not be looked up: ${messageOf(error)}`, { cause: error })
  }
  if (addresses.length === 0) throw new ConnectionError(broker, 'the name has no address')
  return addresses
}

async function firstOf(
  broker: string,
  addresses: readonly string[],
  dial: (address: string) => Promise<Socket>,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  let failure: unknown
  for (const address of addresses) {
    try {
      return await dial(address)
    } catch (error) {
      if (signal?.aborted) throw error
      failure = error
    }
  }
  throw failure ?? new ConnectionError(broker, 'the name has no address')
}
