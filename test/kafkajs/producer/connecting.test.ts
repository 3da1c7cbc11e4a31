import * as net from 'node:net'
import * as tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listening, listen } from '../../../adapters/broker/index.ts'
import type { KafkaConfig, Mechanism, SASLOptions } from '../../../adapters/kafkajs/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import { Broker } from '../../../src/broker/index.ts'
import { certificate } from '../../adapters/certificates.ts'
import { type Library, libraries, noKafkajs } from '../scenarios/libraries.ts'

// Both libraries, by the same settings: what either can't do is left out by name.

const authority = certificate({ name: 'Test CA', isAuthority: true })
const issued = certificate({ name: 'broker', hosts: ['localhost', '127.0.0.1'], issuer: authority })
const password = 'alice-secret'

let broker: Broker
let plainText: Listening
let secure: Listening
beforeAll(async () => {
  broker = new Broker({
    natives,
    topics: [{ name: 't', partitions: 1 }],
    sasl: {
      users: { alice: password },
      oauthBearer: token => (token === 'good' ? { principal: 'alice' } : undefined),
    },
  })
  plainText = await listen(broker)
  secure = await listen(broker, { sasl: false, tls: { cert: issued.cert, key: issued.key } })
})
afterAll(async () => {
  await plainText?.close()
  await secure?.close()
  await broker?.close()
})

/** Connects, writes a message, and disconnects. */
async function write(library: Library, config: Partial<KafkaConfig>): Promise<string> {
  const kafka = new library.Kafka({
    brokers: [...plainText.addresses],
    logLevel: library.logLevel.NOTHING,
    connectionTimeout: 5000,
    retry: { retries: 0 },
    ...config,
  })
  const producer = kafka.producer({ createPartitioner: library.Partitioners.DefaultPartitioner })
  try {
    await producer.connect()
    const sent = await producer.send({ topic: 't', messages: [{ value: 'v' }] })
    return `partition ${sent[0]!.partition}`
  } finally {
    await producer.disconnect()
  }
}

const failure = async (run: Promise<unknown>): Promise<{ name: string; message: string; retriable: unknown }> => {
  const { name, message, retriable } = await run.then(
    () => ({ name: 'none', message: '', retriable: undefined }),
    error => error,
  )
  return { name, message, retriable }
}

/** One exchange: PLAIN, as a package for a mechanism of its own would do it. */
const own = (mechanism: string, secret: string): Mechanism => ({
  mechanism,
  authenticationProvider: ({ saslAuthenticate }) => ({
    async authenticate() {
      const payload = Buffer.from(`\0alice\0${secret}`)
      const framed = Buffer.alloc(4 + payload.length)
      framed.writeUInt32BE(payload.length)
      payload.copy(framed, 4)
      const answer = await saslAuthenticate({
        request: { encode: () => framed },
        response: { decode: raw => raw.subarray(4, 4 + raw.readInt32BE(0)), parse: data => data.length },
      })
      if (answer !== 0) throw new Error(`the broker answered ${answer} bytes`)
    },
  }),
})

const suite = (library: () => Library): void => {
  test.each<[string, SASLOptions]>([
    ['plain', { mechanism: 'plain', username: 'alice', password }],
    ['scram-sha-256', { mechanism: 'scram-sha-256', username: 'alice', password }],
    ['scram-sha-512', { mechanism: 'scram-sha-512', username: 'alice', password }],
    ['oauthbearer', { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'good' }) }],
  ])('authenticates by %s', async (_, sasl) => {
    expect(await write(library(), { sasl })).toBe('partition 0')
  })

  test('authenticates by a mechanism of its own', async () => {
    expect(await write(library(), { sasl: own('plain', password) })).toBe('partition 0')
  })

  test('a mechanism’s name may have small letters', async () => {
    expect(await write(library(), { sasl: own('PlAiN', password) })).toBe('partition 0')
  })

  test('credentials that are refused are a KafkaJSSASLAuthenticationError, which does not help to try again', async () => {
    const sasl: SASLOptions = { mechanism: 'plain', username: 'alice', password: 'wrong' }
    const thrown = await failure(write(library(), { sasl }))
    expect(thrown).toMatchObject({ name: 'KafkaJSSASLAuthenticationError', retriable: false })
    expect(thrown.message).toMatch(/^SASL PLAIN authentication failed: /)
  })

  test('a mechanism that the broker does not offer is an error of the protocol', async () => {
    const thrown = await failure(write(library(), { sasl: own('gssapi', password) }))
    expect(thrown).toEqual({
      name: 'KafkaJSProtocolError',
      message: 'The broker does not support the requested SASL mechanism',
      retriable: false,
    })
  })

  test.each<[string, object, string]>([
    ['plain', { mechanism: 'plain', username: 'alice' }, 'SASL Plain: Invalid username or password'],
    [
      'scram',
      { mechanism: 'scram-sha-256', password },
      'SASL SCRAM SHA256 authentication: Invalid username or password',
    ],
    ['oauthbearer', { mechanism: 'oauthbearer' }, 'SASL OAUTHBEARER: Missing OAuth bearer token provider'],
    [
      'oauthbearer without a token',
      { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({}) },
      'SASL OAUTHBEARER: Invalid OAuth bearer token',
    ],
  ])('what is missing is told: %s', async (_, sasl, message) => {
    const thrown = await failure(write(library(), { sasl: sasl as SASLOptions }))
    expect(thrown).toMatchObject({ name: 'KafkaJSSASLAuthenticationError', message })
  })

  test('what an authenticator throws comes through as it is', async () => {
    const fault = new Error('no ticket')
    const sasl: Mechanism = {
      mechanism: 'plain',
      authenticationProvider: () => ({
        authenticate: async () => {
          throw fault
        },
      }),
    }
    await expect(write(library(), { sasl })).rejects.toBe(fault)
  })

  test('speaks TLS with a CA that is given as a text, as bytes or in a list', async () => {
    for (const ca of [authority.cert, Buffer.from(authority.cert), [Buffer.from(authority.cert)]])
      expect(await write(library(), { brokers: [...secure.addresses], ssl: { ca } })).toBe('partition 0')
  })

  test('speaks TLS by options that Node alone has', async () => {
    const asked: string[] = []
    const checkServerIdentity = (host: string) => {
      asked.push(host)
      return undefined
    }
    const ssl: tls.ConnectionOptions = { ca: [authority.cert], checkServerIdentity, minVersion: 'TLSv1.2' }
    expect(await write(library(), { brokers: [...secure.addresses], ssl })).toBe('partition 0')
    expect(asked.length).toBeGreaterThan(0)
  })

  test('a certificate that nobody known signed is a KafkaJSConnectionError with the code of OpenSSL', async () => {
    const thrown = await write(library(), { brokers: [...secure.addresses], ssl: true }).catch(error => error)
    expect(thrown.name).toBe('KafkaJSNumberOfRetriesExceeded')
    expect(thrown.cause).toMatchObject({ name: 'KafkaJSConnectionError', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  })

  test('opens its sockets by a factory', async () => {
    const opened: object[] = []
    const socketFactory: NonNullable<KafkaConfig['socketFactory']> = ({ host, port, ssl, onConnect }) => {
      opened.push({ host, secure: Boolean(ssl) })
      return ssl ? tls.connect({ host, port, ...ssl }, onConnect) : net.connect({ host, port }, onConnect)
    }
    const sasl: SASLOptions = { mechanism: 'plain', username: 'alice', password }
    expect(await write(library(), { socketFactory, sasl })).toBe('partition 0')
    const ssl = { ca: [authority.cert] }
    expect(await write(library(), { brokers: [...secure.addresses], socketFactory, ssl })).toBe('partition 0')
    expect(opened).toContainEqual({ host: '127.0.0.1', secure: false })
    expect(opened).toContainEqual({ host: '127.0.0.1', secure: true })
  })

  test('a factory that fails is a failed connection', async () => {
    const socketFactory = (): never => {
      throw new Error('no more sockets')
    }
    const thrown = await write(library(), { socketFactory }).catch(error => error)
    expect(thrown.name).toBe('KafkaJSNumberOfRetriesExceeded')
    expect(thrown.cause).toMatchObject({ name: 'KafkaJSConnectionError', broker: plainText.addresses[0] })
    expect(thrown.cause.message).toContain('no more sockets')
  })
}

describe('ours', () => suite(() => libraries().ours))
describe.skipIf(noKafkajs !== null)('kafkajs', () => suite(() => libraries().theirs))
