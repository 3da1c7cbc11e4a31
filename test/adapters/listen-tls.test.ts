import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ListenTLSOptions, listen } from '../../adapters/broker/index.ts'
import { brokerCommand } from '../../adapters/cli/broker.ts'
import { adapter, natives } from '../../adapters/node/index.ts'
import { deferred } from '../../src/base/deferred.ts'
import { Broker } from '../../src/broker/index.ts'
import {
  AuthenticationError,
  Client,
  ConfigError,
  plain,
  Reader,
  Transport,
  type TransportConfig,
  Writer,
} from '../../src/index.ts'
import { certificate } from './certificates.ts'

const authority = certificate({ name: 'Test CA', isAuthority: true })
const stranger = certificate({ name: 'Another CA', isAuthority: true })
const hosts = ['localhost', '127.0.0.1']
const { cert, key } = certificate({ name: 'broker', hosts, issuer: authority })
const ca = authority.cert

async function open(tls: ListenTLSOptions | undefined = { cert, key }, users?: Record<string, string>) {
  const warned: string[] = []
  const logger = { debug() {}, info() {}, error() {}, warn: (line: string) => warned.push(line) }
  const broker = new Broker({ natives, topics: [{ name: 't' }], logger, brokers: 2, ...(users && { users }) })
  const listening = await listen(broker, tls && { tls })
  onTestFinished(async () => {
    await listening.close()
    await broker.close()
  })
  return { addr: listening.addresses, warned, broker, listening }
}

function transportOf(config: TransportConfig): Transport {
  const transport = new Transport({ adapter, natives, logger: null, ...config })
  onTestFinished(() => transport.close())
  return transport
}

async function roundTrip(addr: readonly string[], config: TransportConfig): Promise<void> {
  const transport = transportOf(config)
  await using writer = new Writer({ addr, topic: 't', transport })
  await using reader = new Reader({ brokers: addr, topic: 't', partition: 0, transport })
  await writer.writeMessages({ value: new Uint8Array(500_000) })
  expect((await reader.readMessage()).value).toHaveLength(500_000)
}

async function failure(addr: readonly string[], config: TransportConfig): Promise<Error> {
  const client = new Client({ addr, transport: transportOf(config), timeout: 2_000 })
  return client.metadata({ topics: [] }).then(
    () => expect.fail('connected'),
    (error: Error) => error,
  )
}

describe('an embedded broker with TLS', () => {
  test('serves a client that trusts its authority, and tells it of ports that speak TLS too', async () => {
    const { addr } = await open()
    await roundTrip(addr, { tls: { ca } })
    const { brokers } = await new Client({ addr: addr[0]!, transport: transportOf({ tls: { ca } }) }).metadata({})
    expect(brokers.map(({ host, port }) => `${host}:${port}`).sort()).toEqual([...addr].sort())
  })

  test('asks for a password over TLS', async () => {
    const { addr } = await open({ cert, key }, { alice: 'secret' })
    await roundTrip(addr, { tls: { ca }, sasl: plain({ username: 'alice', password: 'secret' }) })
    expect((await failure(addr, { tls: { ca } })).message).toMatch(/SASL/)
  })

  test('is refused by a client that trusts another authority, or wants another name', async () => {
    const { addr } = await open()
    expect(await failure(addr, { tls: { ca: stranger.cert } })).toBeInstanceOf(AuthenticationError)
    expect(await failure(addr, { tls: true })).toBeInstanceOf(AuthenticationError)
    const misnamed = await failure(addr, { tls: { ca, serverName: 'kafka.example' } })
    expect(misnamed).toBeInstanceOf(AuthenticationError)
    expect(misnamed.message).toContain('kafka.example')
  })

  test('tells a client without TLS that it wants it, and its own user of the handshake that failed', async () => {
    const { addr, warned } = await open()
    const error = await failure(addr, {})
    expect(error.message).toMatch(/this port speaks TLS/)
    expect(warned[0]).toMatch(/^broker \d: a TLS handshake failed: wrong version number$/)
  })

  test('a client with TLS learns from a plain port that this is none', async () => {
    const broker = new Broker({ natives })
    const listening = await listen(broker)
    onTestFinished(async () => {
      await listening.close()
      await broker.close()
    })
    expect((await failure(listening.addresses, { tls: { ca } })).message).toMatch(/does this port speak TLS\?/)
  })

  test('takes only clients whose certificate its authority vouches for, where it asks for one', async () => {
    const { addr } = await open({ cert, key, ca, requestCert: true })
    const client = certificate({ name: 'client', issuer: authority })
    await roundTrip(addr, { tls: { ca, cert: client.cert, key: client.key } })
    expect((await failure(addr, { tls: { ca } })).message).toMatch(/certificate/)
    const other = certificate({ name: 'client', issuer: stranger })
    expect((await failure(addr, { tls: { ca, cert: other.cert, key: other.key } })).message).toMatch(/connect/)
  })

  test('knows clients by their certificates, where access rules are made for them', async () => {
    const broker = new Broker({ natives, topics: [{ name: 't' }], superUsers: ['User:CN=client'] })
    const listening = await listen(broker, { tls: { cert, key, ca, requestCert: true } })
    onTestFinished(async () => {
      await listening.close()
      await broker.close()
    })
    const topicsOf = async (name: string) => {
      const shown = certificate({ name, issuer: authority })
      const transport = transportOf({ tls: { ca, cert: shown.cert, key: shown.key } })
      return (await new Client({ addr: listening.addresses, transport }).metadata({})).topics.length
    }
    expect(await topicsOf('client')).toBe(1)
    expect(await topicsOf('stranger, CN=client')).toBe(0)
  })

  test('closes those that have not shaken hands, and is back on its port after a stop', async () => {
    const { addr, broker, listening } = await open()
    const silent = net.connect(Number(addr[1]!.split(':')[1]), '127.0.0.1')
    await new Promise<void>(resolve => silent.once('connect', resolve))
    const ended = new Promise<void>(resolve => silent.once('close', () => resolve()))
    silent.on('error', () => {})
    broker.stopBroker(2)
    await ended
    broker.startBroker(2)
    await expect.poll(() => listening.addresses.length).toBe(2)
    await roundTrip([addr[1]!], { tls: { ca } })
  })

  test.each<[string, object, RegExp]>([
    ['no key', { cert }, /tls of listen\(\) needs { cert, key }; key is missing/],
    ['a path', { cert: 'broker.pem', key }, /tls.cert is no PEM text/],
    ['the key of another', { cert, key: authority.key }, /listen\(\): tls: .*mismatch/i],
    ['clients of any authority', { cert, key, requestCert: true }, /tls.requestCert goes with tls.ca/],
    ['an authority for nobody', { cert, key, ca }, /tls.requestCert goes with tls.ca/],
  ])('does not listen with %s', async (_what, tls, message) => {
    const broker = new Broker()
    onTestFinished(() => broker.close())
    const error = await listen(broker, { tls: tls as ListenTLSOptions }).catch((error: Error) => error)
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).not.toContain('BEGIN')
  })
})

test('the command line has a broker speak TLS', async () => {
  const home = mkdtempSync(join(tmpdir(), 'isokafka-listen-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  writeFileSync(join(home, 'cert.pem'), cert)
  writeFileSync(join(home, 'key.pem'), key)
  const stop = new AbortController()
  const printed: string[] = []
  const listens = deferred<string>()
  const run = brokerCommand.run(
    ['--port', '0', '--topic', 't', '--cert', join(home, 'cert.pem'), '--key', join(home, 'key.pem')],
    {
      environment: {},
      print: line => {
        printed.push(line)
        listens.resolve(line)
      },
      warn: line => printed.push(line),
      input: (async function* () {})(),
      write: async () => true,
      isTerminal: false,
      signal: stop.signal,
    },
  )
  const [addr] = /127\.0\.0\.1:\d+/.exec(await listens.promise)!
  await roundTrip([addr], { tls: { ca } })
  stop.abort(new Error('enough'))
  expect(await run).toBe(0)
})
