import { expect, test } from 'vitest'
import { serveBridge, signedTokens } from '../../adapters/bridge/index.ts'
import { listen } from '../../adapters/broker/index.ts'
import { memory } from '../../adapters/memory/index.ts'
import { websocket, websocketOver } from '../../adapters/websocket/index.ts'
import { Hash } from '../../src/balancer/hash.ts'
import { Murmur2Balancer } from '../../src/balancer/murmur2-balancer.ts'
import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import { Reader } from '../../src/reader/reader.ts'
import { plain } from '../../src/sasl/plain.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import type { Anything } from './fixture.ts'

const classes: Record<string, new (config?: Anything) => unknown> = { Transport, Writer, Reader, ConsumerGroup, Client }

test.each<[string, Anything, RegExp]>([
  ['Transport', { ssl: true }, /^ssl is no setting of a Transport; did you mean tls\?/],
  ['Transport', { requestTimeOut: 1 }, /did you mean requestTimeout\?/],
  ['Transport', { connectionTimeout: 1 }, /did you mean dialTimeout\?/],
  ['Transport', { brokers: ['a'] }, /addr is given to the Writer, Reader, ConsumerGroup or Client/],
  ['Transport', { tls: { servername: 'a' } }, /^servername is no setting of tls; did you mean serverName\?/],
  ['Transport', { sasl: { mechanism: 'plain', username: 'a', password: 'b' } }, /sasl must be a mechanism, as plain\(/],
  ['Transport', { backoff: { min: 1, maximum: 2 } }, /^maximum is no setting of backoff; did you mean max\?/],
  ['Transport', { natives: { deferred() {} } }, /did you mean defer\?/],
  ['Transport', { adapter: 'node' }, /adapter of a Transport must be an object/],
  ['Writer', { brokers: 'a' }, /did you mean addr\?/],
  ['Writer', { addr: 'a', acks: -1 }, /did you mean requiredAcks\?/],
  ['Writer', { addr: 'a', ssl: true }, /new Transport\({ tls }\)/],
  ['Writer', { addr: 'a', idempotent: 'false' }, /idempotent of a Writer must be a boolean/],
  ['Reader', { brokers: 'a', topic: 't', groupID: 'g' }, /did you mean groupId\?/],
  ['Reader', { brokers: 'a', topic: 't', fromBeginning: true }, /did you mean startOffset: 'earliest'\?/],
  ['Reader', { brokers: 'a', topic: 't', sasl: {} }, /new Transport\({ sasl }\)/],
  ['Reader', { brokers: 'a', topics: ['t'] }, /did you mean groupTopics\?/],
  ['ConsumerGroup', { groupId: 'g', brokers: 'a', topics: ['t'] }, /did you mean id\?/],
  ['ConsumerGroup', { id: 'g', brokers: 'a', topic: 't' }, /did you mean topics\?/],
  ['Client', { brokers: 'a' }, /did you mean addr\?/],
  ['Client', { addr: 'a', clientId: 'x' }, /new Transport\({ clientId }\)/],
])('%s %j is refused, and what was meant is named', (name, config, message) => {
  const make = (): unknown => new classes[name]!(config)
  expect(make).toThrow(ConfigError)
  expect(make).toThrow(message)
})

test.each([
  ['Writer', "a Writer needs { addr: 'host:port' }"],
  ['Reader', "a Reader needs { brokers: 'host:port', topic: 'topic' }"],
  ['ConsumerGroup', "a ConsumerGroup needs { id: 'group', brokers: 'host:port', topics: ['topic'] }"],
])('new %s() says what is missing', (name, message) => {
  for (const given of [undefined, null, {}, 'localhost:9092', 5, []]) {
    const make = (): unknown => new classes[name]!(given)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(message)
  }
})

test('a setting that is undefined was not given', async () => {
  await using transport = new Transport({ logger: undefined, tls: undefined, ssl: undefined } as Anything)
  await using writer = new Writer({ addr: 'a', topic: undefined, balancer: undefined, transport } as Anything)
  expect(writer.stats().topic).toBe('')
})

test.each<[string, () => unknown, RegExp]>([
  ['a Broker', () => new Broker({ topic: 't' } as Anything), /^topic is no setting of a Broker; did you mean topics\?/],
  [
    'a topic of it',
    () => new Broker({ topics: [{ topic: 't' }] } as Anything),
    /topic is no setting of a topic of a Broker/,
  ],
  [
    'plain()',
    () => plain({ user: 'a', password: 'b' } as Anything),
    /^user is no setting of plain\(\); did you mean username\?/,
  ],
  ['memory()', () => memory({} as Anything), /memory\(\) needs a Broker/],
  ['websocket()', () => websocket({ uri: 'ws://a' } as Anything), /uri is no setting of websocket\(\)/],
  ['websocketOver()', () => websocketOver({ url: 'ws://a' } as Anything, undefined as Anything), /needs { url/],
  ['a Hash', () => new Hash({ hash: () => 1 } as Anything), /hash is no setting of a Hash; did you mean hasher\?/],
  ['a RoundRobin', () => new RoundRobin({ chunk: 5 } as Anything), /did you mean chunkSize\?/],
  ['a Murmur2Balancer', () => new Murmur2Balancer({ consistant: true } as Anything), /did you mean consistent\?/],
  ['signedTokens()', () => signedTokens({ secret: 'x'.repeat(32), ttlMs: 5 } as Anything), /did you mean ttl\?/],
])('%s refuses what it does not know', (_name, make, message) => {
  expect(make).toThrow(ConfigError)
  expect(make).toThrow(message)
})

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['listen()', () => listen(new Broker(), { ports: 5 } as Anything), /did you mean port\?/],
  ['listen()', () => listen(undefined as Anything), /listen\(\) needs a Broker/],
  ['serveBridge()', () => serveBridge(undefined as Anything), /serveBridge\(\) needs { targets/],
  ['serveBridge()', () => serveBridge({ target: 'a:1' } as Anything), /did you mean targets\?/],
])('%s refuses what it does not know', async (_name, make, message) => {
  const error: Anything = await make().catch(error => error)
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.message).toMatch(message)
})
