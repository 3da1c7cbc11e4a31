import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { adapter as node } from '../../adapters/node/index.ts'
import { guard } from '../../adapters/shared/guard.ts'
import { Broker } from '../../src/broker/index.ts'
import { plain, Transport, type TransportConfig } from '../../src/index.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

/** A cluster whose metadata names this host, to which and from which all hosts lead. */
function astray(host: string, config: Partial<TransportConfig> = {}) {
  const broker = new Broker({ topics: [{ name: 't' }], ...(config.sasl && { users: { alice: 'secret' } }) })
  broker.control(Metadata, async (_request, context) => {
    const answer = (await context.apply())!
    return { ...answer, brokers: answer.brokers.map(each => ({ ...each, host })) }
  })
  const dialed: string[] = []
  const warnings: string[] = []
  const within = memory(broker)
  const adapter: SocketAdapter = {
    name: 'led about',
    guard,
    dial: (address, options) => {
      dialed.push(address.host)
      return within.dial({ host: 'broker-1', port: 9092 }, options)
    },
  }
  const logger = { debug() {}, info() {}, warn: (text: string) => void warnings.push(text), error() {} }
  const transport = new Transport({ adapter, logger, requestTimeout: 500, ...config })
  const ask = async (seed = 'kafka.example:9092') => {
    try {
      await transport.cluster(seed).topic('t', { timeoutMs: 500 })
      await transport.cluster(seed).connection(1, 'produce', { timeoutMs: 500 })
      return 'asked'
    } catch (error) {
      return String(error)
    } finally {
      await transport.close()
      await broker.close()
    }
  }
  return { ask, dialed, warnings }
}

describe('a broker that leads elsewhere', () => {
  test.each([
    '169.254.169.254',
    '2852039166',
    'fe80::1',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    // As resolvers that know of other scripts read them.
    '１６９.254.169.254',
    '169。254｡169．254',
    '169.254\u200b.169.2\u00ad54',
    'ｆｅ８０::1',
  ])('is not followed to %s, where clouds keep secrets', async host => {
    const { ask, dialed } = astray(host)
    expect(await ask()).toContain(`a broker calls itself ${host}, a link-local address`)
    expect(dialed).not.toContain(host)
  })

  test('is, where that is what we were given', async () => {
    const { ask, dialed } = astray('169.254.1.2')
    expect(await ask('169.254.1.1:9092')).toBe('asked')
    expect(dialed).toContain('169.254.1.2')
  })

  test('to this machine is followed, with a warning that names advertised.listeners, once', async () => {
    const { ask, dialed, warnings } = astray('localhost')
    expect(await ask()).toBe('asked')
    expect(dialed).toContain('localhost')
    expect(warnings).toEqual([
      expect.stringMatching(/kafka\.example:9092 calls itself localhost.*advertised\.listeners/),
    ])
  })

  test('on this machine to this machine is followed without a word', async () => {
    const { ask, warnings } = astray('127.0.0.1')
    expect(await ask('localhost:9092')).toBe('asked')
    expect(warnings).toEqual([])
  })

  test('is followed where allowAddress says so, and nowhere else', async () => {
    const refusing = astray('kafka-2.example', { allowAddress: host => host === 'kafka-1.example' })
    expect(await refusing.ask()).toContain('which allowAddress refuses')
    expect(refusing.dialed).not.toContain('kafka-2.example')
    const allowing = astray('169.254.1.2', { allowAddress: () => true })
    expect(await allowing.ask()).toBe('asked')
    const throwing = astray('kafka-2.example', {
      allowAddress: () => {
        throw new Error('broken')
      },
    })
    expect(await throwing.ask()).toContain('which allowAddress refuses')
  })

  test('the adapters of Node, Deno and Bun have that guard', async () => {
    expect(node.guard).toBe(guard)
    for (const name of ['deno', 'bun'])
      expect((await import(`../../adapters/${name}/index.ts`)).adapter.guard).toBe(guard)
  })
})

describe('PLAIN without TLS', () => {
  const sasl = plain({ username: 'alice', password: 'secret' })

  test('to another machine is warned of, once', async () => {
    const { ask, warnings } = astray('kafka-1.example', { sasl })
    expect(await ask()).toBe('asked')
    expect(warnings).toEqual([
      'kafka.example:9092: PLAIN without TLS: the password can be read by whoever is on the way',
    ])
  })

  test.each([
    ['within this machine', 'localhost', 'localhost:9092', {}],
    ['under TLS', 'kafka-1.example', 'kafka.example:9092', { tls: true }],
  ])('%s is not', async (_where, host, seed, more) => {
    const { ask, warnings } = astray(host, { sasl, ...more })
    expect(await ask(seed)).toBe('asked')
    expect(warnings).toEqual([])
  })
})
