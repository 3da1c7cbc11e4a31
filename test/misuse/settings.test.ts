import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import { Reader } from '../../src/reader/reader.ts'
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
