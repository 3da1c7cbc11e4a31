import { formatAddress } from '../../src/base/address.ts'
import { isLinkLocal, isLoopback } from '../../src/base/hosts.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

/** Where a broker may lead us: not to link-local addresses, unless that is where we began. */
export const guard: NonNullable<SocketAdapter['guard']> = (host, seeds, logger) => {
  const began = (at: (host: string) => boolean): boolean => seeds.some(seed => at(seed.host))
  if (isLinkLocal(host) && !began(isLinkLocal))
    return `a broker calls itself ${host}, a link-local address: what listens there is for this machine alone (allowAddress decides otherwise)`
  if (isLoopback(host) && !began(isLoopback))
    logger.warn(
      `a broker of ${seeds.map(formatAddress).join(',')} calls itself ${host}, which is this machine: are its advertised.listeners right?`,
    )
  return undefined
}
