import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { given, nearest, oneOf, type SettingKinds } from '../../src/base/settings.ts'

interface Config {
  dialTimeout?: number
  tls?: object | boolean
  clientId?: string
  batchBytes?: number
  startOffset?: number
}
const kinds: SettingKinds<Config> = {
  dialTimeout: 'number',
  tls: 'any',
  clientId: 'string',
  batchBytes: 'number',
  startOffset: 'number',
}
const check = (config: object): Config => given('a Thing', config as Config, kinds)

test.each([
  ['ssl', 'tls'],
  ['dialTimeOut', 'dialTimeout'],
  ['dailTimeout', 'dialTimeout'],
  ['client.id', 'clientId'],
  ['clientID', 'clientId'],
  ['connectionTimeout', 'dialTimeout'],
  ['dialTimeoutMs', 'dialTimeout'],
  ['dial.timeout.ms', 'dialTimeout'],
  ['defaultStartOffset', 'startOffset'],
  ['fromBeginning', "startOffset: 'earliest'"],
])('%s: did you mean %s?', (wrong, right) => {
  expect(() => check({ [wrong]: 1 })).toThrow(`${wrong} is no setting of a Thing; did you mean ${right}?`)
})

test('a name like none is answered with all there are', () => {
  expect(() => check({ colour: 1 })).toThrow(
    'colour is no setting of a Thing, which has dialTimeout, tls, clientId, batchBytes, startOffset',
  )
})

test('what is undefined was not given, whatever its name', () => {
  expect(check({ ssl: undefined, clientId: undefined, dialTimeout: 5 })).toEqual({ dialTimeout: 5 })
})

test('settings may be accessors of a class', () => {
  class Mine {
    get clientId(): string {
      return 'mine'
    }
  }
  expect(check(new Mine())).toEqual({ clientId: 'mine' })
})

test.each([undefined, null, 'localhost:9092', 5, [], () => {}])('%s is no object of settings', value => {
  expect(() => check(value as object)).toThrow(ConfigError)
})

test.each([
  [{ clientId: 5 }, /clientId of a Thing must be a string, not 5/],
  [{ clientId: null }, /clientId of a Thing must be a string, not null/],
  [{ dialTimeout: '5' }, /dialTimeout of a Thing must be a number, not '5'/],
])('%j is of the wrong kind', (config, message) => {
  expect(() => check(config)).toThrow(message)
})

test('nearest finds nothing where nothing is near', () => {
  expect(nearest('valeu', { key: 1, value: 1 })).toBe('value')
  expect(nearest('payload', { key: 1, value: 1 })).toBeUndefined()
})

const Level = { ReadUncommitted: 0, ReadCommitted: 1 }
test('an enumeration is taken by value, by name, and in any spelling of it', () => {
  for (const each of [1, 'read_committed', 'READ_COMMITTED', 'readCommitted'])
    expect(oneOf('level', each, Level)).toBe(1)
  for (const each of [2, '1', 'committed', null, {}, ['read_committed'], true])
    expect(() => oneOf('level', each, Level)).toThrow(/level must be one of 'read_uncommitted', 'read_committed', not /)
})
