import { isIP } from 'node:net'
import { AuthenticationError, ConnectionError, IsoKafkaError, messageOf } from '../../src/base/errors.ts'

type NodeError = Error & {
  code?: string
  syscall?: string
  reason?: string
  errors?: readonly NodeError[]
  address?: string
  port?: number
}

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ECONNRESET: 'the peer reset the connection',
  EPIPE: 'the peer closed the connection while we wrote',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'the host name could not be looked up: no answer from the name server',
  ETIMEDOUT: 'no answer from the host',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ECONNABORTED: 'the connection was aborted',
}

const certificates: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is self-signed: give it, or the CA that signed it, as `ca`",
  SELF_SIGNED_CERT_IN_CHAIN: "the broker's certificate is signed by an unknown CA: give that as `ca`",
  UNABLE_TO_GET_ISSUER_CERT: "the CA that signed the broker's certificate is not known: give it as `ca`",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the CA that signed the broker's certificate is not known: give it as `ca`",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the CA that signed the broker's certificate is not known: give it as `ca`",
  CERT_HAS_EXPIRED: "the broker's certificate has expired",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet",
  CERT_REVOKED: "the broker's certificate was revoked",
}

/** An error of node:net or node:tls as one of ours. `secure`: this was, or was to become, a TLS connection. */
export function translate(broker: string, error: unknown, secure: boolean): unknown {
  if (!(error instanceof Error) || error instanceof IsoKafkaError) return error
  const known = error as NodeError
  return (secure ? tlsError(broker, known) : undefined) ?? networkError(broker, known)
}

function networkError(broker: string, error: NodeError): ConnectionError {
  // With several addresses tried, each has its own error.
  const tried = (error.errors ?? [error])
    .filter(({ address }) => address !== undefined)
    .map(({ address }) => (isIP(address!) === 6 ? `[${address}]` : address!))
  const code = error.code ?? error.errors?.[0]?.code ?? ''
  const where = tried.length > 0 && !(tried.length === 1 && broker.startsWith(tried[0]!)) ? ` (tried ${tried.join(', ')})` : ''
  return new ConnectionError(broker, `${sentences[code] ?? messageOf(error)}${where}`, { cause: error })
}

function tlsError(broker: string, error: NodeError): Error | undefined {
  const { code = '', message } = error
  if (/before secure TLS connection was established/.test(message)) {
    return new ConnectionError(broker, 'the peer closed the connection during the TLS handshake: does this port speak TLS?', {
      cause: error,
    })
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return refusal(broker, `the broker's certificate is for another name: ${error.reason ?? message}`, error)
  const certificate = certificates[code]
  if (certificate !== undefined) return refusal(broker, `${certificate} (${code})`, error)
  if (/ALERT/.test(code)) return refusal(broker, `the broker refused the TLS handshake: ${error.reason ?? message}${hint(code)}`, error)
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || code === 'ERR_SSL_RECORD_LAYER_FAILURE') {
    return refusal(broker, `the peer does not speak TLS on this port (${error.reason ?? message})`, error)
  }
  // Whatever else OpenSSL says: system calls have names, verification and protocol errors have none.
  if (error.syscall === undefined && (code.startsWith('ERR_SSL') || !code.startsWith('E')))
    return refusal(broker, `TLS failed: ${error.reason ?? message} (${code})`, error)
  return undefined
}

function hint(code: string): string {
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code)) return '; it may want a client certificate: give `cert` and `key`'
  if (/UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN/.test(code)) return '; it does not trust our client certificate'
  return ''
}

function refusal(broker: string, message: string, cause: unknown): AuthenticationError {
  return new AuthenticationError(`${broker}: ${message}`, { cause })
}
