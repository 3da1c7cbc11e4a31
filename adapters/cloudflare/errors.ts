import { ConfigError, ConnectionError, IsoKafkaError, messageOf } from '../../src/base/errors.ts'
import { peerReset } from '../shared/peer-reset.ts'

/**
 * A Worker's error as one of ours. They are few, and say little: a certificate that doesn't pass looks like a port
 * where nothing listens.
 */
export function translate(broker: string, error: unknown, secure: boolean): unknown {
  if (error instanceof IsoKafkaError) return error
  const message = messageOf(error)
  if (/on behalf of a different request/.test(message))
    return new ConfigError(`${broker}: the connection belongs to another request: make a Transport in each`, {
      cause: error,
    })
  if (error instanceof TypeError || error instanceof RangeError)
    return new ConfigError(`${broker}: ${message}`, { cause: error })
  if (/cannot connect to the specified address/.test(message) || (secure && /^internal error/.test(message))) {
    const tls = secure ? ', or its certificate is not one the Workers runtime trusts, or it does not speak TLS' : ''
    return new ConnectionError(broker, `no connection: host not found, connection refused${tls}`, { cause: error })
  }
  return new ConnectionError(broker, /Network connection lost/.test(message) ? peerReset : message, { cause: error })
}
