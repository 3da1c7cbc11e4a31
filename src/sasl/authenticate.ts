import type { Address } from '../base/address.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import {
  AuthenticationError,
  ConfigError,
  ConnectionError,
  IsoKafkaError,
  kindOf,
  messageOf,
  ProtocolError,
} from '../base/errors.ts'
import { abortable, type CallOptions } from '../base/signals.ts'
import { ErrorCode, errorFor } from '../protocol/errors.ts'
import { SaslAuthenticate } from '../protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../protocol/sasl-handshake.ts'
import type { BrokerConnection, Requester } from '../socket/connection.ts'
import type { Mechanism } from './mechanism.ts'

// No mechanism needs nearly as many; a broker that never finishes must not keep us for ever.
const mostRounds = 32

/**
 * Authenticates a connection, or authenticates it anew (KIP-368), holding its other requests meanwhile. Answers the
 * session's lifetime in milliseconds, within which to authenticate anew; 0 for no limit. A refusal is an
 * AuthenticationError.
 */
export function authenticate(
  connection: Pick<BrokerConnection, 'broker' | 'exclusive'>,
  mechanism: Mechanism,
  { host, port, signal, clock = systemClock }: Address & CallOptions & { clock?: Clock },
): Promise<number> {
  const { broker } = connection
  const options = signal === undefined ? {} : { signal }
  return connection.exclusive(async inside => {
    await shakeHands(broker, mechanism, inside, options)
    const { machine, response } = await asking(
      broker,
      mechanism,
      options,
      () => mechanism.start({ host, port, clock, ...options }),
      outage,
    )
    let bytes = response
    for (let round = 0; round < mostRounds; round++) {
      const { errorCode, errorMessage, authBytes, sessionLifetimeMs } = await inside.request(
        SaslAuthenticate,
        { authBytes: bytes },
        options,
      )
      const refused = errorFor(errorCode)
      if (refused !== null)
        throw new AuthenticationError(
          `${broker}: ${mechanism.name} authentication failed: ${errorMessage || refused.message}`,
          {
            cause: refused,
          },
        )
      const step = await asking(broker, mechanism, options, () => machine.next(authBytes))
      if (step.done) return Math.max(0, sessionLifetimeMs)
      bytes = step.response
    }
    throw new AuthenticationError(`${broker}: ${mechanism.name} authentication did not finish in ${mostRounds} rounds`)
  }, options)
}

async function shakeHands(broker: string, { name }: Mechanism, inside: Requester, options: CallOptions): Promise<void> {
  // After version 0 tokens go in bare frames; only brokers before 1.0 (2017) know no better.
  if (inside.version(SaslHandshake) < 1)
    throw new ProtocolError(`${broker}: the broker knows SASL as of before Kafka 1.0 only, which is not supported`)
  const { errorCode, mechanisms } = await inside.request(SaslHandshake, { mechanism: name }, options)
  const refused = errorFor(errorCode)
  if (refused === null) return
  const why =
    errorCode === ErrorCode.UnsupportedSASLMechanism
      ? `the broker does not offer ${name}; it offers ${mechanisms.join(', ') || 'none'}`
      : errorCode === ErrorCode.IllegalSASLState
        ? `the broker does not expect ${name} authentication here: is this listener one without SASL?`
        : `${name} handshake failed: ${refused.message}`
  throw new AuthenticationError(`${broker}: ${why}`, { cause: refused })
}

/**
 * Runs a step of the mechanism, which may be the user's code: its failure says whose it is, and the signal ends the
 * waiting for it.
 */
async function asking<T extends object>(
  broker: string,
  { name }: Mechanism,
  { signal }: CallOptions,
  step: () => Promise<T>,
  failed = refusal,
): Promise<T> {
  try {
    const answer = await abortable((async () => step())(), signal)
    if (typeof answer !== 'object' || answer === null)
      throw new ConfigError(`${broker}: ${name}: start() and next() answer objects, not ${kindOf(answer)}`)
    return answer
  } catch (error) {
    if (error instanceof IsoKafkaError || signal?.aborted) throw error
    throw failed(broker, `${name}: ${messageOf(error)}`, error)
  }
}

function refusal(broker: string, message: string, cause: unknown): IsoKafkaError {
  return new AuthenticationError(`${broker}: ${message}`, { cause })
}

function outage(broker: string, message: string, cause: unknown): IsoKafkaError {
  return new ConnectionError(broker, `no credentials: ${message}`, { cause })
}
