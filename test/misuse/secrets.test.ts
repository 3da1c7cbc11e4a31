import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { adapter as node } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, ConfigError, ConsumerGroup, plain, Reader, Transport, Writer } from '../../src/index.ts'
import { certificate } from '../adapters/certificates.ts'
import type { Anything } from './fixture.ts'

const secret = 'open-sesame'
const { cert, key } = certificate({ name: 'client', hosts: ['localhost'] })
const keyText = key.replace(/-----[^-]*-----|\n/g, '').slice(0, 40)

/** Everything that is to be seen of a value, in every usual way; what a getter hides it does not. */
function seen(value: unknown): string {
  const texts = [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true, maxArrayLength: null }),
  ]
  texts.push(inspect(value), String(value))
  const known = new Set<unknown>()
  // Circles are no reason to show nothing.
  const once = (_key: string, each: unknown): unknown => {
    if (typeof each === 'bigint') return String(each)
    if (typeof each !== 'object' || each === null) return each
    if (known.has(each)) return undefined
    known.add(each)
    return each
  }
  texts.push(JSON.stringify(value, once) ?? '')
  if (value instanceof Error) texts.push(value.message, value.stack ?? '', seen(value.cause))
  return texts.join('\n')
}

function expectNoSecret(value: unknown): void {
  const text = seen(value)
  for (const each of [secret, keyText, Buffer.from(secret).toString('base64')]) expect(text).not.toContain(each)
  // As bytes, one after the other.
  expect(text).not.toContain([...Buffer.from(secret)].join(', '))
  expect(text.toLowerCase()).not.toContain([...Buffer.from(secret)].map(byte => byte.toString(16)).join(' '))
}

const config = () => ({
  tls: { ca: cert, cert, key, passphrase: secret },
  sasl: plain({ username: 'alice', password: secret }),
  logger: null,
  dialTimeout: 300,
  requestTimeout: 300,
})

test('nothing that a user holds shows TLS keys or passwords', async () => {
  const broker = new Broker({ topics: [{ name: 't' }], users: { alice: secret } })
  await using transport = new Transport({ adapter: memory(broker), ...config() })
  const addr = broker.addresses
  await using writer = new Writer({ addr, topic: 't', transport })
  await writer.writeMessages({ value: 'x' })
  await using reader = new Reader({ brokers: [...addr], topic: 't', transport, startOffset: 'first' as Anything })
  const message = await reader.fetchMessage()
  const client = new Client({ addr, transport })
  await using group = new ConsumerGroup({ id: 'g', brokers: [...addr], topics: ['t'], transport })
  const cluster = transport.cluster(addr)
  const held: Record<string, unknown> = {
    transport,
    writer,
    reader,
    client,
    group,
    message,
    cluster,
    connection: await cluster.connection(1, 'control'),
    mechanism: config().sasl,
    broker,
  }
  for (const each of Object.values(held)) expectNoSecret(each)
  expect(seen(transport)).toContain('clientId')
  await broker.close()
})

test('errors show none, whatever went wrong', async () => {
  const errors: unknown[] = []
  const failing = async (addr: string | readonly string[], more: object): Promise<void> => {
    await using transport = new Transport({ ...config(), ...more })
    await transport
      .cluster(addr)
      .topic('t', { timeoutMs: 300 })
      .catch(error => errors.push(error))
  }
  await failing('127.0.0.1:1', { adapter: node })
  const broker = new Broker({ users: { alice: 'another' } })
  await failing(broker.addresses, { adapter: memory(broker) })
  await broker.close()
  const misuses: (() => unknown)[] = [
    () => plain({ username: 'alice', password: Number.POSITIVE_INFINITY as Anything }),
    () => plain(secret as Anything),
    () => plain({ username: 'alice', password: `${secret}\0` }),
    () => new Transport({ sasl: secret as Anything }),
    () => new Transport({ tls: key as Anything }),
    () => new Transport({ tls: { key, cert: keyText } }),
    () => new Transport({ tls: { ca: keyText } }),
    () => new Transport({ tls: { cert, key, passphrase: [secret] as Anything } }),
    () => new Transport({ tls: { cert: key } }),
  ]
  for (const misuse of misuses) {
    try {
      misuse()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      errors.push(error)
    }
  }
  expect(errors).toHaveLength(misuses.length + 2)
  for (const error of errors) expectNoSecret(error)
})

test.each([
  ['ca', { ca: 'ca.pem' }, 'tls.ca is no PEM text'],
  ['one of several in ca', { ca: [cert, new Uint8Array(3)] }, 'tls.ca is no PEM text'],
  ['cert', { cert: '/etc/cert.pem', key }, 'tls.cert is no PEM text'],
  ['key', { cert, key: cert }, 'tls.key is no PEM text'],
  ['a certificate without its key', { cert }, 'give both cert and key'],
  ['an encrypted key', { cert, key: '-----BEGIN ENCRYPTED PRIVATE KEY-----' }, 'give its passphrase'],
])('%s is checked at once', (_what, tls, message) => {
  expect(() => new Transport({ tls })).toThrow(ConfigError)
  expect(() => new Transport({ tls })).toThrow(message)
})
