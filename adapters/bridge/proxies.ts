import type { BridgePolicy } from './config.ts'
import { parseIp, rangesOf, within } from './ip.ts'

type ClientAddress = NonNullable<BridgePolicy['remoteAddress']>

/** Whether an address is one of these proxies'. */
export function isProxy(trustedProxies: readonly string[]): (address: string) => boolean {
  const ranges = rangesOf('trustedProxies', trustedProxies)
  return address => {
    const ip = parseIp(address.trim())
    return ip !== undefined && ranges.some(range => within(ip, range))
  }
}

/** Whose address a client has: its own, unless a proxy that is trusted says otherwise. */
export function clientAddress(trustedProxies: readonly string[], told?: ClientAddress): ClientAddress {
  const isTrusted = isProxy(trustedProxies)
  // What clients send themselves comes first in the header, what the nearest proxy adds last.
  const forwardedFor: ClientAddress = (header, address) => {
    const chain = (header('x-forwarded-for') ?? '').split(',').map(each => each.trim())
    const client = chain.reverse().find(each => !isTrusted(each)) ?? ''
    return parseIp(client) === undefined ? address : client
  }
  return (header, address) => (isTrusted(address) ? (told ?? forwardedFor)(header, address) : address)
}
