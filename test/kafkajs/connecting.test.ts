import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  Kafka,
  type KafkaConfig,
  KafkaJSSASLAuthenticationError,
  logLevel,
  type SASLOptions,
} from '../../adapters/kafkajs/index.ts'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { ConnectionError } from '../../src/base/errors.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

/** An embedded cluster, and a Kafka for it. */
function open(config: BrokerConfig, kafka: Partial<KafkaConfig>, slowed = (adapter: SocketAdapter) => adapter): Kafka {
  const broker = new Broker({ natives, ...config })
  onTestFinished(() => broker.close())
  return new Kafka({
    brokers: [...broker.addresses],
    logLevel: logLevel.NOTHING,
    transport: { adapter: slowed(memory(broker, natives)), natives },
    retry: { retries: 0 },
    ...kafka,
  })
}

describe('a login that three brokers refuse', () => {
  const users = { alice: 'secret' }

  test.each([
    ['plain', 'SASL PLAIN authentication failed: '],
    ['scram-sha-256', 'SASL SCRAM SHA256 authentication failed: '],
    ['scram-sha-512', 'SASL SCRAM SHA512 authentication failed: '],
  ] as const)('by %s is told as one', async (mechanism, text) => {
    const sasl = { mechanism, username: 'alice', password: 'guess' } as SASLOptions
    const producer = open({ users, brokers: 3 }, { sasl }).producer()
    onTestFinished(() => producer.disconnect())
    const error = await producer.connect().catch(error => error)
    expect(error).toBeInstanceOf(KafkaJSSASLAuthenticationError)
    expect(error.message.startsWith(text)).toBe(true)
  })
})

test('connecting may take longer than a request', async () => {
  const producer = open({}, { requestTimeout: 1 }, adapter => ({
    ...adapter,
    async dial(...args) {
      await new Promise(resolve => setTimeout(resolve, 20))
      return adapter.dial(...args)
    },
  })).producer()
  onTestFinished(() => producer.disconnect())
  await producer.connect()
})

test('an error of the system is told by its code, be it of another world than the program, as in Jest', async () => {
  const cause = runInNewContext("Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })")
  const producer = open({}, {}, adapter => ({
    ...adapter,
    dial: () => Promise.reject(new ConnectionError('broker:1', 'connect ECONNREFUSED', { cause })),
  })).producer()
  const error = await producer.connect().catch(error => error)
  expect(error.cause).toMatchObject({ name: 'KafkaJSConnectionError', code: 'ECONNREFUSED' })
})
