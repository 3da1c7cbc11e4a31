import { ConfigError, IsoKafkaError } from '../../src/base/errors.ts'
import { alertError, certificateError, networkError, notTLSError, refusal, wrongNameError } from '../shared/errors.ts'

/** An error of Bun's sockets as one of ours. `secure`: this was, or was to become, a TLS connection. */
export function translate(broker: string, error: unknown, secure: boolean): unknown {
  if (!(error instanceof Error) || error instanceof IsoKafkaError) return error
  const { code = '' } = error as { code?: string }
  if (/^ERR_(OUT_OF_RANGE|INVALID_ARG|OSSL)/.test(code) || error instanceof TypeError || error instanceof RangeError)
    return new ConfigError(`${broker}: ${error.message}`, { cause: error })
  return (secure ? tlsError(broker, code, error) : undefined) ?? networkError(broker, code, error)
}

function tlsError(broker: string, code: string, error: Error): Error | undefined {
  const { message } = error
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return wrongNameError(broker, message.replace(/^.*altnames: (?=Host)/, ''), error)
  const certificate = certificateError(broker, code, error)
  if (certificate !== undefined) return certificate
  // BoringSSL speaks through its message: error:1000045c:SSL routines:OPENSSL_internal:TLSV1_ALERT_CERTIFICATE_REQUIRED
  const reason = /OPENSSL_internal:(\w+)/.exec(message)?.[1]
  if (reason?.includes('ALERT')) return alertError(broker, words(reason), reason, error)
  if (reason === 'WRONG_VERSION_NUMBER' || reason === 'PACKET_LENGTH_TOO_LONG' || reason === 'HTTP_REQUEST')
    return notTLSError(broker, words(reason), error)
  // A verification that failed for another reason has a code like the certificates', without a system call's E.
  if (reason !== undefined || (code !== '' && !/^E[A-Z]+$/.test(code)))
    return refusal(broker, `TLS failed: ${message} (${code})`, error)
  return undefined
}

function words(constant: string): string {
  return constant.replaceAll('_', ' ').toLowerCase()
}
