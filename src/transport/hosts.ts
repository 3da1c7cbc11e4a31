import { parseAddress } from '../base/address.ts'
import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'

/** Finds the hosts behind a name: service discovery for a Dialer. */
export interface Resolver {
  /**
   * IP addresses or names to dial in place of `host`, best first, each with a port if it has one to say; none: `host`
   * itself is dialed.
   */
  lookupHost(host: string, options?: CallOptions): Promise<readonly string[]>
}

/** An address whose port may be left open. */
export interface Host {
  readonly host: string
  readonly port: number | undefined
}

/** A host with the port that its text names, if it names one. Throws a ConfigError for what is no address. */
export function hostOf(text: string): Host {
  const { host, port } = parseAddress(text)
  const alone = text.trim()
  return { host, port: alone === host || alone === `[${host}]` ? undefined : port }
}

/** What the resolver, the user's code, answers, looked at. */
export async function hostsOf(resolver: Resolver, host: string, options?: CallOptions): Promise<Host[]> {
  if (typeof resolver?.lookupHost !== 'function')
    throw new ConfigError('a resolver is an object with a function lookupHost')
  const found = await resolver.lookupHost(host, options)
  if (!Array.isArray(found) || found.some(each => typeof each !== 'string'))
    throw new ConfigError(`${host}: the resolver must answer a list of hosts, not ${shown(found)}`)
  return found.map(hostOf)
}
