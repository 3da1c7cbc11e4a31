import { ConfigError, IsoKafkaError } from '../../src/base/errors.ts'
import {
  alertError,
  certificateError,
  handshakeEndedError,
  networkError,
  notPermittedError,
  notTLSError,
  refusal,
  unknownAuthorityError,
  wrongNameError,
} from '../shared/errors.ts'

/** An error of Deno as one of ours. `secure`: this was, or was to become, a TLS connection. */
export function translate(broker: string, error: unknown, secure: boolean): unknown {
  if (!(error instanceof Error) || error instanceof IsoKafkaError) return error
  const { name, message } = error
  const { code } = error as { code?: string }
  if (error instanceof RangeError || error instanceof TypeError)
    return new ConfigError(`${broker}: ${message}`, { cause: error })
  if (name === 'NotCapable' || name === 'PermissionDenied') return notPermittedError(broker, message, error)
  // Looking up a name has no code of its own.
  if (/failed to lookup address/.test(message))
    return networkError(broker, /try again|temporary/i.test(message) ? 'EAI_AGAIN' : 'ENOTFOUND', error)
  if (secure && (name === 'InvalidData' || name === 'UnexpectedEof')) return tlsError(broker, error)
  return networkError(broker, code, error)
}

// What rustls says has no codes, only sentences.
function tlsError(broker: string, error: Error): unknown {
  const { name, message } = error
  if (name === 'UnexpectedEof')
    return /close_notify/.test(message) ? networkError(broker, 'ECONNRESET', error) : handshakeEndedError(broker, error)
  const alert = /fatal alert: (\w+)/.exec(message)?.[1]
  if (alert !== undefined) return alertError(broker, alert, alert, error)
  if (/UnknownIssuer/.test(message)) return unknownAuthorityError(broker, error)
  const names = /not valid for name (.*)$/.exec(message)?.[1]
  if (names !== undefined) return wrongNameError(broker, names, error)
  if (/certificate expired/.test(message)) return certificateError(broker, 'CERT_HAS_EXPIRED', error)
  if (/not valid yet/.test(message)) return certificateError(broker, 'CERT_NOT_YET_VALID', error)
  if (/corrupt message/.test(message)) return notTLSError(broker, message, error)
  // Our own certificate or key can't be read.
  if (/No certificates found|[Nn]o keys? found|Unable to decode/.test(message))
    return new ConfigError(`${broker}: ${message}`, { cause: error })
  return refusal(broker, `TLS failed: ${message}`, error)
}
