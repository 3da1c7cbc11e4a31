import * as dns from 'node:dns'

/** Of `SocketAdapter`, where there is node:dns: as the system resolves names, its hosts file included. */
export async function resolve(host: string): Promise<string[]> {
  return (await dns.promises.lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)
}
