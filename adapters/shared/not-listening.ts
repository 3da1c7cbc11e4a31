import { type Address, formatAddress } from '../../src/base/address.ts'
import { ConfigError, messageOf } from '../../src/base/errors.ts'

const sentences: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'the system does not permit it',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'host not found',
}

/** A server's port could not be opened. Runtimes word it differently, but give the same codes. */
export function notListening(address: Address, cause: unknown): ConfigError {
  const { code = '' } = cause as { code?: string }
  return new ConfigError(`cannot listen on ${formatAddress(address)}: ${sentences[code] ?? messageOf(cause)}`, {
    cause,
  })
}

/**
 * The host, unless it is empty: Node would take that for every address of the machine, when all that is missing is a
 * variable's value.
 */
export function hostToListenOn(host: string): string {
  if (host === '')
    throw new ConfigError('cannot listen: the host is empty; 0.0.0.0 or :: would be every address of this machine')
  return host
}
