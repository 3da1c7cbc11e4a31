import { pemTexts } from '../../src/socket/pem.ts'
import type { TLSOptions } from '../../src/socket/socket.ts'

/** A TLSOptions as runtimes take it: texts, and the name to ask for. */
export interface TLSTexts {
  readonly ca?: string[]
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  readonly serverName: string
  readonly rejectUnauthorized: boolean
}

/** The settings for a connection to `host`. A ConfigError for what runtimes would pass over or explain badly. */
export function tlsTexts(broker: string, host: string, tls: TLSOptions): TLSTexts {
  const { passphrase, serverName = host, rejectUnauthorized = true } = tls
  return {
    ...pemTexts(broker, tls),
    ...(passphrase !== undefined && { passphrase }),
    // A fully qualified name ends with a dot for resolvers; certificates and greetings know none (RFC 6066).
    serverName: serverName.replace(/\.$/, ''),
    rejectUnauthorized,
  }
}
