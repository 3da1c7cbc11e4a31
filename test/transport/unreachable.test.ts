import { expect, test } from 'vitest'
import { AuthenticationError, ClosedError, ConfigError, ConnectionError, ProtocolError } from '../../src/base/errors.ts'
import { unreachable } from '../../src/transport/unreachable.ts'

const refused = new ConnectionError('a:1', 'refused')
const badPassword = new AuthenticationError('b:1: wrong password')
const http = new ProtocolError('c:1: that is HTTP')

test('one address: its own error', () => {
  expect(unreachable(new Map([['a:1', refused]]))).toBe(refused)
})

test('several: all they said, and worth another try if one of them is', () => {
  const error = unreachable(
    new Map<string, unknown>([
      ['a:1', refused],
      ['b:1', badPassword],
    ]),
  ) as ConnectionError
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.temporary).toBe(true)
  expect(error.broker).toBe('a:1,b:1')
  expect(error.message).toContain('refused')
  expect(error.message).toContain('wrong password')
  expect((error.cause as AggregateError).errors).toEqual([refused, badPassword])
})

test.each([
  [AuthenticationError, badPassword],
  [ProtocolError, http],
  [ConfigError, new ConfigError('no TLS here')],
])('none worth another try: a final %o', (kind, error) => {
  const made = unreachable(
    new Map<string, unknown>([
      ['b:1', error],
      ['c:1', http],
    ]),
  ) as ProtocolError
  expect(made).toBeInstanceOf(kind)
  expect(made.temporary).toBe(false)
  expect(made.message).toContain('HTTP')
})

test('closed meanwhile: that', () => {
  const closed = new ClosedError('the transport is closed')
  expect(
    unreachable(
      new Map<string, unknown>([
        ['a:1', refused],
        ['b:1', closed],
      ]),
    ),
  ).toBe(closed)
})
