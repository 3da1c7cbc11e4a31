import type { ConnectionOptions } from 'node:tls'
import { formatAddress } from '../../src/base/address.ts'
import { ConnectionError, messageOf } from '../../src/base/errors.ts'
import type { DialOptions, SocketAdapter, TLSOptions } from '../../src/socket/socket.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import type { ISocketFactory } from './types/common.ts'

/** Those of Node's options that every runtime can do, and what they are called there. */
const common: Readonly<Record<string, keyof TLSOptions>> = {
  ca: 'ca',
  cert: 'cert',
  key: 'key',
  passphrase: 'passphrase',
  pfx: 'pfx',
  servername: 'serverName',
  rejectUnauthorized: 'rejectUnauthorized',
}

/**
 * How sockets are opened. What every runtime can do is done by the adapter of the runtime at hand; Node's other options
 * and a user's own sockets need Node's.
 */
export function socketsOf(
  ssl: ConnectionOptions | boolean | undefined,
  socketFactory: ISocketFactory | undefined,
): Pick<TransportConfig, 'tls' | 'dial'> {
  const secure = ssl !== undefined && ssl !== null && ssl !== false
  const options = typeof ssl === 'object' && ssl !== null ? ssl : {}
  if (socketFactory !== undefined) {
    // Node's own options, which a factory is handed as they are; without TLS what it was given.
    const own = (secure ? options : ssl) as ConnectionOptions
    const dial = nodeDial(secure, (host, port, onConnect) => socketFactory({ host, port, ssl: own, onConnect }))
    return { dial, ...(secure && { tls: true }) }
  }
  if (!secure) return {}
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null)
  if (given.every(([name, value]) => name in common && isPlain(name, value)))
    return { tls: Object.fromEntries(given.map(([name, value]) => [common[name], value])) }
  return { tls: true, dial: nodeDial(true, undefined, options) }
}

/** `cert` and `key` may be lists in Node, of which no other runtime knows. */
function isPlain(name: string, value: unknown): boolean {
  return name === 'ca' || !Array.isArray(value)
}

type Open = (host: string, port: number, onConnect: () => void) => ReturnType<ISocketFactory>

function nodeDial(secure: boolean, open: Open | undefined, options: ConnectionOptions = {}): SocketAdapter['dial'] {
  return async (address, dialOptions: DialOptions) => {
    const { dialBy } = await import('../node/given-socket.ts')
    const connect = open ?? (await nodeTLS(options))
    try {
      return await dialBy(({ host, port }, onConnect) => connect(host, port, onConnect), secure)(address, dialOptions)
    } catch (error) {
      if (open === undefined || dialOptions.signal?.aborted || error instanceof ConnectionError) throw error
      throw new ConnectionError(formatAddress(address), messageOf(error), { cause: error })
    }
  }
}

async function nodeTLS(options: ConnectionOptions): Promise<Open> {
  const [net, tls] = await Promise.all([import('node:net'), import('node:tls')])
  return (host, port, onConnect) =>
    tls.connect(
      {
        host,
        port,
        ...(net.isIP(host) === 0 && { servername: host }),
        ...options,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: 60_000,
      } as ConnectionOptions,
      onConnect,
    )
}
