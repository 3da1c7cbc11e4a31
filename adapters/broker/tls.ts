import * as tls from 'node:tls'
import { ConfigError, messageOf } from '../../src/base/errors.ts'
import { given, type SettingKinds } from '../../src/base/settings.ts'
import { pemTexts } from '../../src/socket/pem.ts'

/** TLS as a server has it. PEM, as texts or as files are read. */
export interface ListenTLSOptions {
  /** The certificate all brokers show, with those between it and its authority, and its key. */
  cert: string | Uint8Array
  /** The key of `cert`. */
  key: string | Uint8Array
  /** Opens an encrypted `key`. */
  passphrase?: string
  /** Who vouches for clients' certificates. */
  ca?: string | Uint8Array | readonly (string | Uint8Array)[]
  /**
   * Whether clients must show a certificate that `ca` vouches for; false. Access rules know them by its subject, as
   * `User:CN=client`.
   */
  requestCert?: boolean
}

const tlsSettings: SettingKinds<ListenTLSOptions> = {
  cert: 'any!',
  key: 'any!',
  passphrase: 'string',
  ca: 'any',
  requestCert: 'boolean',
}

// How long a client may take to shake hands, in milliseconds: Kafka gives it as long as any request, and Node two minutes.
const handshakeTimeout = 10_000

/** What a server is made of; a ConfigError, which shows nothing of it, when it can't be. */
export function serverOptions(options: ListenTLSOptions): tls.TlsOptions {
  const settings = given('tls of listen()', options, tlsSettings, '{ cert, key }')
  const { requestCert = false, passphrase } = settings
  const texts = pemTexts('listen()', settings)
  if (requestCert !== (texts.ca !== undefined))
    throw new ConfigError('listen(): tls.requestCert goes with tls.ca, who vouches for the certificates: give both')
  const secured = {
    ...texts,
    ...(passphrase !== undefined && { passphrase }),
    requestCert,
    rejectUnauthorized: requestCert,
    handshakeTimeout,
  }
  try {
    tls.createSecureContext(secured)
  } catch (error) {
    throw new ConfigError(`listen(): tls: ${messageOf(error)}`, { cause: error })
  }
  return secured
}

/** Whose certificate a client has shown, in RFC 2253's form, as Kafka has it; undefined for none that is vouched for. */
export function subjectOf(socket: tls.TLSSocket): string | undefined {
  const { subject } = socket.getPeerCertificate()
  if (subject === undefined || !socket.authorized) return undefined
  const parts = Object.entries<string | readonly string[]>(subject as never).flatMap(([name, values]) =>
    [values].flat().map(value => `${name}=${escaped(value)}`),
  )
  return parts.reverse().join(',')
}

function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, letter => `\\${letter}`)
}
