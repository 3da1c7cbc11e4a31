import { ConfigError } from '../../src/base/errors.ts'
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
  const pem = (name: 'ca' | 'cert' | 'key', value: unknown, label: string): string => {
    // A file as it was read. Not instanceof: test runners have Uint8Arrays of their own.
    const text = ArrayBuffer.isView(value) ? new TextDecoder().decode(value as Uint8Array) : value
    if (typeof text === 'string' && text.includes(`${label}-----`)) return text
    throw new ConfigError(
      `${broker}: tls.${name} is no PEM text with a ${label} in it: give what is in the file, not its path`,
    )
  }
  const ca =
    tls.ca === undefined
      ? undefined
      : (Array.isArray(tls.ca) ? tls.ca : [tls.ca]).map(each => pem('ca', each, 'CERTIFICATE'))
  const cert = tls.cert === undefined ? undefined : pem('cert', tls.cert, 'CERTIFICATE')
  const key = tls.key === undefined ? undefined : pem('key', tls.key, 'PRIVATE KEY')
  if ((cert === undefined) !== (key === undefined))
    throw new ConfigError(`${broker}: a certificate goes with its key: give both cert and key`)
  if (key !== undefined && passphrase === undefined && /ENCRYPTED/.test(key))
    throw new ConfigError(`${broker}: tls.key is encrypted: give its passphrase as tls.passphrase`)
  return {
    ...(ca && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    // A fully qualified name ends with a dot for resolvers; certificates and greetings know none (RFC 6066).
    serverName: serverName.replace(/\.$/, ''),
    rejectUnauthorized,
  }
}
