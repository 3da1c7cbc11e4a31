import { formatAddress } from '../../src/base/address.ts'
import { ConnectionError, messageOf } from '../../src/base/errors.ts'
import { abortable } from '../../src/base/signals.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'
import { isPublic, parseIp, rangesOf, within } from './ip.ts'
import { Refusal } from './refusal.ts'

/** The addresses of a name, as texts. */
export type Resolve = (host: string, signal?: AbortSignal) => Promise<readonly string[]>

export interface GuardOptions {
  readonly adapter: SocketAdapter
  /** Without it names are dialed as they are: what they lead to is the platform's to check. */
  readonly resolve: Resolve | undefined
  readonly mayDial: (address: string) => boolean
  /** Written down by whoever runs the bridge, not learnt. */
  readonly listedHosts: ReadonlySet<string>
}

/**
 * Dials what names really lead to, and only if that is allowed. A name is resolved once; every address it has is
 * checked, and those very addresses are dialed, so that no second answer of a name server comes between (DNS
 * rebinding).
 */
export function guarded({ adapter, resolve, mayDial, listedHosts }: GuardOptions): SocketAdapter {
  return {
    ...adapter,
    async dial({ host, port }, { tls, signal }) {
      const broker = formatAddress({ host, port })
      const isAddress = parseIp(host) !== undefined
      const addresses = isAddress || resolve === undefined ? [host] : await lookUp(broker, host, resolve, signal)
      const mayGo = (address: string): boolean =>
        isAddress || resolve !== undefined ? mayDial(address) : listedHosts.has(address) || !mayBeLocal(address)
      if (!addresses.every(mayGo))
        throw new Refusal(403, 'address', `${broker} leads to an address that is not allowed`)
      const secure = tls && { ...tls, serverName: tls.serverName ?? host }
      const options = { ...(secure && { tls: secure }), ...(signal && { signal }) }
      return firstOf(broker, addresses, address => adapter.dial({ host: address, port }, options), signal)
    },
  }
}

/** Says of an address whether it may be dialed: a public one, or one of these addresses and ranges. */
export function dialable(allowAddresses: readonly string[]): (address: string) => boolean {
  const allowed = rangesOf('allowAddresses', allowAddresses)
  return address => {
    const ip = parseIp(address)
    return ip !== undefined && (isPublic(ip) || allowed.some(range => within(ip, range)))
  }
}

/**
 * Whether a resolver may take the name for this machine or for an address: its last part is a number (127.1,
 * 0x7f000001), or it has letters that some read as others (１２７.0.0.1).
 */
function mayBeLocal(host: string): boolean {
  return /[^!-~]|[:%]|(^|\.)(localhost|\d+|0x[0-9a-f]*)\.?$/i.test(host)
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
