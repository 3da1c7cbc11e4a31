import { describe, expect, test } from 'vitest'
import { addressesOf, formatAddress, parseAddress, tcp } from '../../src/base/address.ts'
import { ConfigError } from '../../src/base/errors.ts'

describe('an address', () => {
  test.each([
    ['localhost', 'localhost', 9092],
    ['localhost:1', 'localhost', 1],
    [' broker-1.example.com:65535 ', 'broker-1.example.com', 65535],
    ['10.0.0.1:9093', '10.0.0.1', 9093],
    ['[::1]', '::1', 9092],
    ['[::1]:9093', '::1', 9093],
    ['[fe80::1%eth0]:9093', 'fe80::1%eth0', 9093],
    ['::1', '::1', 9092],
    ['2001:db8::8:800', '2001:db8::8:800', 9092],
    ['[::ffff:10.0.0.1]:1', '::ffff:10.0.0.1', 1],
    ['under_score:9092', 'under_score', 9092],
    ['bücher.example:9092', 'bücher.example', 9092],
  ])('%s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port })
  })

  test.each([
    '',
    '  ',
    ':9092',
    'host:',
    'host:port',
    'host:0',
    'host:65536',
    'host:-1',
    'host:9092x',
    'host: 9092',
    'host:1e3',
    'a b',
    'kafka://host:9092',
    'https://host',
    '[host]:9092',
    '[::1]9092',
    '[::1',
    '::1]',
    '[]:9092',
    'user@host:9092',
    'host/path',
    'a:b:c',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    'g::1',
  ])('%j is refused', text => {
    expect(() => parseAddress(text)).toThrow(ConfigError)
  })

  test('is written with brackets where they are needed', () => {
    expect(formatAddress({ host: '::1', port: 1 })).toBe('[::1]:1')
    expect(formatAddress({ host: 'a', port: 1 })).toBe('a:1')
  })
})

describe('a list of addresses', () => {
  const names = (...parts: Parameters<typeof addressesOf>): string[] => addressesOf(...parts).map(formatAddress)

  test('comes in many forms', () => {
    expect(names('a, b:1')).toEqual(['a:9092', 'b:1'])
    expect(names(['a', 'b:1,c'])).toEqual(['a:9092', 'b:1', 'c:9092'])
    expect(names(tcp('a', 'b:1'))).toEqual(['a:9092', 'b:1'])
    expect(names([tcp('a'), 'b:1'])).toEqual(['a:9092', 'b:1'])
    expect(String(tcp('a', '::1'))).toBe('a:9092,[::1]:9092')
  })

  test('has each address once', () => {
    expect(names('a,a:9092,a')).toEqual(['a:9092'])
  })

  test('has one at least', () => {
    for (const none of ['', [], tcp.bind(null), 'a,,b']) {
      expect(() => (typeof none === 'function' ? none() : addressesOf(none))).toThrow(ConfigError)
    }
  })

  test('is of texts: other values are refused, not read as one', () => {
    for (const wrong of [undefined, null, 9092, { host: 'a', port: 1 }]) {
      expect(() => addressesOf(wrong as unknown as string)).toThrow(ConfigError)
    }
  })
})
