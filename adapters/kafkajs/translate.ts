import {
  AuthenticationError,
  ClosedError,
  ConfigError,
  ConnectionError,
  IsoKafkaError,
  messageOf,
  TimeoutError,
} from '../../src/base/errors.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { MessageTooLargeError, WriteErrors } from '../../src/writer/errors.ts'
import { ProducerFencedError } from '../../src/writer/transactions/errors.ts'
import {
  KafkaJSConnectionClosedError,
  KafkaJSConnectionError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSRequestTimeoutError,
  KafkaJSSASLAuthenticationError,
} from './errors.ts'
import { apiOf } from './network-events.ts'
import { protocolError } from './protocol-errors.ts'

/** What went wrong, as kafkajs would say it. What is no error of ours stays as it is. */
export function kafkaJSError(error: unknown): Error {
  if (error instanceof KafkaJSError) return error
  if (!(error instanceof IsoKafkaError)) return error instanceof Error ? error : new Error(messageOf(error))
  if (error instanceof KafkaError) return protocolError(error.code)
  const one = oneOfSeveral(error)
  if (one !== undefined) return kafkaJSError(one)
  const inner = userErrorIn(error)
  if (inner !== undefined) return inner
  if (error instanceof WriteErrors) return kafkaJSError(error.errors.find(each => each !== null))
  if (error instanceof MessageTooLargeError) return protocolError(ErrorCode.MessageSizeTooLarge)
  if (error instanceof ProducerFencedError) return protocolError(ErrorCode.InvalidProducerEpoch)
  if (error instanceof AuthenticationError) return refusal(error)
  if (error instanceof ConnectionError) return connectionError(error)
  if (error instanceof TimeoutError) return timeout(error)
  if (error instanceof ConfigError || error instanceof ClosedError)
    return new KafkaJSNonRetriableError(error.message, { cause: error })
  // What was given up says why: a transaction, a batch whose outcome nobody knows.
  if (error.cause instanceof IsoKafkaError) return kafkaJSError(error.cause)
  return new KafkaJSError(error.message, { retriable: error.temporary, cause: error })
}

/** What the first of several brokers said that all failed: kafkajs asks one at a time. */
function oneOfSeveral({ cause }: IsoKafkaError): IsoKafkaError | undefined {
  return cause instanceof AggregateError ? cause.errors.find(each => each instanceof IsoKafkaError) : undefined
}

/** An error that a user's own code threw (an authenticator, a token's provider), or one of kafkajs's, however wrapped. */
function userErrorIn(error: IsoKafkaError): Error | undefined {
  for (let at: unknown = error.cause; at instanceof Error; at = at.cause) {
    if (at instanceof KafkaJSError) return at
    if (!(at instanceof IsoKafkaError))
      return /: no credentials: | authentication failed: /.test(error.message) ? at : undefined
  }
  return undefined
}

function refusal(error: AuthenticationError): KafkaJSError {
  const { cause, message } = error
  // The handshake before it: the mechanism is not offered, or none is expected.
  if (cause instanceof KafkaError && cause.code !== ErrorCode.SASLAuthenticationFailed) return protocolError(cause.code)
  if (cause instanceof KafkaError || /authentication/.test(message))
    return new KafkaJSSASLAuthenticationError(
      message.replace(/^\S+: (\S+) authentication failed: /, (_, name) => `SASL ${told(name)} authentication failed: `),
      { cause: error },
    )
  // The certificate, or what else TLS is about: a failed connection in kafkajs.
  const system = systemError(error)
  if (system === undefined) return new KafkaJSSASLAuthenticationError(message, { cause: error })
  return new KafkaJSConnectionError(`Connection error: ${system.message}`, withCode('', system))
}

/** What kafkajs calls a mechanism in its errors. */
function told(mechanism: string): string {
  if (mechanism === 'AWS') return 'AWS-IAM'
  return mechanism.replace(/^SCRAM-SHA-/, 'SCRAM SHA')
}

function connectionError(error: ConnectionError): KafkaJSError {
  const { broker } = error
  const system = systemError(error)
  if (system !== undefined)
    return new KafkaJSConnectionError(`Connection error: ${system.message}`, withCode(broker, system))
  if (error.cause instanceof TimeoutError) return new KafkaJSConnectionError('Connection timeout', { broker })
  if (error.cause instanceof Error && !(error.cause instanceof IsoKafkaError))
    return new KafkaJSConnectionError(`Failed to connect: ${error.cause.message}`, { broker })
  const at = broker.lastIndexOf(':')
  return new KafkaJSConnectionClosedError('Closed connection', {
    host: broker.slice(0, at),
    port: Number(broker.slice(at + 1)),
  })
}

function timeout(error: TimeoutError): KafkaJSError {
  const broker = /^(\S+:\d+): /.exec(error.message)?.[1] ?? ''
  if (/not connected|not authenticated|connecting/.test(error.message))
    return new KafkaJSConnectionError('Connection timeout', { broker })
  const [, api, version] = /: (?:no answer to )?(\w+) v(\d+)\b/.exec(error.message) ?? []
  if (api === undefined) return new KafkaJSRequestTimeoutError(error.message, { broker })
  const { apiName, apiKey } = apiOf(api)
  return new KafkaJSRequestTimeoutError(`Request ${apiName}(key: ${apiKey}, version: ${version}) timed out`, { broker })
}

type SystemError = Error & { code: string }

/** What the runtime's socket said, with its code. */
function systemError(error: IsoKafkaError): SystemError | undefined {
  // Not by its class: a test runner's global Error is another than the runtime's.
  let at = error.cause as Partial<SystemError & AggregateError> | null | undefined
  while (typeof at === 'object' && at !== null) {
    if (typeof at.code === 'string') return at as SystemError
    at = Array.isArray(at.errors) ? at.errors[0] : (at.cause as typeof at)
  }
  return undefined
}

function withCode(broker: string, { code }: SystemError): { broker: string; code: string } {
  return { broker, code }
}
