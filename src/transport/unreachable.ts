import {
  AuthenticationError,
  ClosedError,
  ConfigError,
  ConnectionError,
  isTemporary,
  messageOf,
  ProtocolError,
} from '../base/errors.ts'

/** One error out of what each address said when all of them failed. */
export function unreachable(failures: ReadonlyMap<string, unknown>): unknown {
  const errors = [...failures.values()]
  if (errors.length === 1) return errors[0]
  const closed = errors.find(error => error instanceof ClosedError)
  if (closed !== undefined) return closed
  const brokers = [...failures.keys()].join(',')
  // An error says which broker it is about already.
  const each = errors.map(messageOf).join('; ')
  const cause = new AggregateError(errors)
  const first = errors[0]
  if (errors.some(isTemporary) || first === undefined)
    return new ConnectionError(brokers, `no broker could be reached: ${each}`, { cause })
  const message = `no broker could be used: ${each}`
  if (first instanceof AuthenticationError) return new AuthenticationError(message, { cause })
  if (first instanceof ConfigError) return new ConfigError(message, { cause })
  return new ProtocolError(message, { cause })
}
