import { ConfigError } from '../base/errors.ts'

/** The transport that a Writer, Reader, group or Client was given. It is an easy mistake to give its settings alone. */
export function requireTransport<T extends object>(transport: T, method: keyof T & string): T {
  if (typeof transport[method] !== 'function')
    throw new ConfigError('transport: a Transport is wanted, as in new Transport({ … })')
  return transport
}
