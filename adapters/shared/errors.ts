import { AuthenticationError, ConfigError, ConnectionError, HungUpError, messageOf } from '../../src/base/errors.ts'
import type { PeerCertificate, TLSOptions } from '../../src/socket/socket.ts'
import { peerReset } from './peer-reset.ts'

// The words for what goes wrong with a connection, the same in every runtime.

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ECONNRESET: peerReset,
  EPIPE: 'the peer closed the connection while we wrote',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'the host name could not be looked up: no answer from the name server',
  ETIMEDOUT: 'no answer from the host',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ECONNABORTED: 'the connection was aborted',
}

const unknownAuthority = "the CA that signed the broker's certificate is not known: give it as `ca`"

/** By the codes of OpenSSL, which Node and Bun hand on. */
const certificates: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is self-signed: give it, or the CA that signed it, as `ca`",
  SELF_SIGNED_CERT_IN_CHAIN: "the broker's certificate is signed by an unknown CA: give that as `ca`",
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_HAS_EXPIRED: "the broker's certificate has expired",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet",
  CERT_REVOKED: "the broker's certificate was revoked",
}

/** The runtime lets this program go there only if it is started otherwise. */
export function notPermittedError(broker: string, how: string, cause: unknown): ConfigError {
  return new ConfigError(`${broker}: this program may not use the network: ${how}`, { cause })
}

/** By the code of a system call; without a known one the error speaks for itself. `where`: what to add. */
export function networkError(broker: string, code: string | undefined, cause: unknown, where = ''): ConnectionError {
  return new ConnectionError(broker, `${sentences[code ?? ''] ?? messageOf(cause)}${where}`, { cause })
}

/** When the code is OpenSSL's for a certificate that did not pass. */
export function certificateError(broker: string, code: string, cause: unknown): AuthenticationError | undefined {
  const sentence = certificates[code]
  return sentence === undefined ? undefined : refusal(broker, `${sentence} (${code})`, cause)
}

export function unknownAuthorityError(broker: string, cause: unknown): AuthenticationError {
  return refusal(broker, unknownAuthority, cause)
}

/** Asks the user's function; the error when it does not take the certificate. */
export function pinError(
  broker: string,
  verify: NonNullable<TLSOptions['verifyPeerCertificate']>,
  certificate: PeerCertificate,
): AuthenticationError | undefined {
  const refused = `the broker's certificate (SHA-256 ${certificate.fingerprint256}) is refused by tls.verifyPeerCertificate`
  try {
    return verify(certificate) === true ? undefined : refusal(broker, refused, undefined)
  } catch (error) {
    return refusal(broker, `${refused}: ${messageOf(error)}`, error)
  }
}

/** `detail`: the names there are. */
export function wrongNameError(broker: string, detail: string, cause: unknown): AuthenticationError {
  return refusal(broker, `the broker's certificate is for another name: ${detail}`, cause)
}

/** The peer ended the handshake with an alert, whose name is in `alert` in whatever spelling. */
export function alertError(broker: string, detail: string, alert: string, cause: unknown): AuthenticationError {
  return refusal(
    broker,
    `the broker refused the TLS handshake: ${detail}${hint(alert.replaceAll('_', '').toLowerCase())}`,
    cause,
  )
}

export function notTLSError(broker: string, detail: string, cause: unknown): AuthenticationError {
  return refusal(broker, `the peer does not speak TLS on this port (${detail})`, cause)
}

export function handshakeEndedError(broker: string, cause: unknown): ConnectionError {
  return new HungUpError(broker, 'the peer closed the connection during the TLS handshake: does this port speak TLS?', {
    cause,
  })
}

export function refusal(broker: string, message: string, cause: unknown): AuthenticationError {
  return new AuthenticationError(`${broker}: ${message}`, { cause })
}

function hint(alert: string): string {
  if (/certificaterequired|handshakefailure/.test(alert))
    return '; it may want a client certificate: give `cert` and `key`'
  if (/unknownca|badcertificate|certificateunknown/.test(alert)) return '; it does not trust our client certificate'
  return ''
}
