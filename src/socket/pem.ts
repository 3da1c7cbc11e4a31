import { ConfigError } from '../base/errors.ts'
import type { TLSOptions } from './socket.ts'

/** The texts of a TLSOptions. */
export interface PemTexts {
  readonly ca?: string[]
  readonly cert?: string
  readonly key?: string
}

/** A ConfigError, of `whose` settings, for what runtimes would pass over or explain badly. It tells nothing of what is in them. */
export function pemTexts(whose: string, { ca, cert, key, passphrase }: TLSOptions): PemTexts {
  if (passphrase !== undefined && typeof passphrase !== 'string')
    throw new ConfigError(`${whose}: tls.passphrase must be a string`)
  const pem = (name: 'ca' | 'cert' | 'key', value: unknown, label: string): string => {
    // A file as it was read. Not instanceof: test runners have Uint8Arrays of their own.
    const text = ArrayBuffer.isView(value) ? new TextDecoder().decode(value as Uint8Array) : value
    if (typeof text === 'string' && text.includes(`${label}-----`)) return text
    throw new ConfigError(
      `${whose}: tls.${name} is no PEM text with a ${label} in it: give what is in the file, not its path`,
    )
  }
  const texts = {
    ...(ca !== undefined && { ca: (Array.isArray(ca) ? ca : [ca]).map(each => pem('ca', each, 'CERTIFICATE')) }),
    ...(cert !== undefined && { cert: pem('cert', cert, 'CERTIFICATE') }),
    ...(key !== undefined && { key: pem('key', key, 'PRIVATE KEY') }),
  }
  if ((cert === undefined) !== (key === undefined))
    throw new ConfigError(`${whose}: a certificate goes with its key: give both cert and key`)
  if (passphrase === undefined && texts.key?.includes('ENCRYPTED'))
    throw new ConfigError(`${whose}: tls.key is encrypted: give its passphrase as tls.passphrase`)
  return texts
}
