import { expect, test } from 'vitest'
import { tlsTexts } from '../../adapters/shared/tls.ts'

test.each([
  ['kafka.example.', undefined, 'kafka.example'],
  ['kafka.example', undefined, 'kafka.example'],
  ['10.0.0.1', 'broker.test.', 'broker.test'],
])(
  'the server name of %s, given %s, is %s: greetings and certificates know no dot at the end',
  (host, serverName, name) => {
    const tls = serverName === undefined ? {} : { serverName }
    expect(tlsTexts(`${host}:9093`, host, tls).serverName).toBe(name)
  },
)

test('what holds for files as they were read holds for text, and a path is told apart from either', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n'
  const bytes = new TextEncoder().encode(pem)
  for (const ca of [pem, bytes, [pem, bytes], Buffer.from(pem)])
    expect(new Set(tlsTexts('b:1', 'b', { ca }).ca)).toEqual(new Set([pem]))
  expect(() => tlsTexts('b:1', 'b', { ca: '/etc/ca.pem' })).toThrow(/give what is in the file, not its path/)
  const key = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n-----END ENCRYPTED PRIVATE KEY-----\n'
  expect(() => tlsTexts('b:1', 'b', { cert: pem, key })).toThrow(/tls\.key is encrypted: give its passphrase/)
  expect(tlsTexts('b:1', 'b', { cert: pem, key, passphrase: 'open' }).passphrase).toBe('open')
})
