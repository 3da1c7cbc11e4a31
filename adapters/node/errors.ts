import { type ConnectionError, IsoKafkaError } from '../../src/base/errors.ts'
import {
  alertError,
  certificateError,
  handshakeEndedError,
  networkError,
  notPermittedError,
  notTLSError,
  refusal,
  wrongNameError,
} from '../shared/errors.ts'

type NodeError = Error & {
  code?: string
  syscall?: string
  reason?: string
  errors?: readonly NodeError[]
  address?: string
  port?: number
}

/** Not instanceof: in Jest's tests Node's own errors are of another realm than Error. */
function isError(error: unknown): error is Error {
  return Object.prototype.toString.call(error) === '[object Error]'
}

/** An error of node:net or node:tls as one of ours. `secure`: this was, or was to become, a TLS connection. */
export function translate(broker: string, error: unknown, secure: boolean): unknown {
  if (!isError(error) || error instanceof IsoKafkaError) return error
  const known = error as NodeError
  if (known.code === 'ERR_ACCESS_DENIED') return notPermittedError(broker, 'run node with --allow-net', error)
  return (secure ? tlsError(broker, known) : undefined) ?? systemError(broker, known)
}

function systemError(broker: string, error: NodeError): ConnectionError {
  // With several addresses tried, each has its own error.
  const tried = (error.errors ?? [error])
    .filter(({ address }) => address !== undefined)
    .map(({ address }) => (address!.includes(':') ? `[${address}]` : address!))
  const where =
    tried.length > 0 && !(tried.length === 1 && broker.startsWith(tried[0]!)) ? ` (tried ${tried.join(', ')})` : ''
  return networkError(broker, error.code ?? error.errors?.[0]?.code, error, where)
}

function tlsError(broker: string, error: NodeError): Error | undefined {
  const { code = '', message, reason = message } = error
  if (/before secure TLS connection was established/.test(message)) return handshakeEndedError(broker, error)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return wrongNameError(broker, reason, error)
  const certificate = certificateError(broker, code, error)
  if (certificate !== undefined) return certificate
  if (/ALERT/.test(code)) return alertError(broker, reason, code, error)
  if (
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
    code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' ||
    code === 'ERR_SSL_RECORD_LAYER_FAILURE'
  ) {
    return notTLSError(broker, reason, error)
  }
  // Whatever else OpenSSL says: system calls have names, verification and protocol errors have none.
  if (error.syscall === undefined && (code.startsWith('ERR_SSL') || !code.startsWith('E')))
    return refusal(broker, `TLS failed: ${reason} (${code})`, error)
  return undefined
}
