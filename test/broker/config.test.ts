import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'

test.each<[wrong: string, BrokerConfig, message: RegExp]>([
  ['no broker', { brokers: 0 }, /brokers must be a whole number from 1 up, not 0/],
  ['half a broker', { brokers: 1.5 }, /brokers must be/],
  ['a log that holds nothing', { maxBytes: -1 }, /maxBytes must be a number above 0/],
  ['retention that is no number', { retentionBytes: Number.NaN }, /log.retention.bytes: Not a number/],
  ['a config nobody knows', { configs: { 'message.max.byte': '10' } }, /no config message.max.byte/],
  ['a config of the wrong type', { configs: { 'message.max.bytes': 'ten' } }, /message.max.bytes: Not a number/],
  ['a name as a topic', { topics: ['orders' as never] }, /a topic of a Broker needs { name }/],
  ['a topic of a name no topic has', { topics: [{ name: 'no spaces' }] }, /Topic name is invalid/],
  ['a topic twice', { topics: [{ name: 't' }, { name: 't' }] }, /topic t is there twice/],
  [
    'a topic without partitions',
    { topics: [{ name: 't', partitions: 0 }] },
    /partitions of t must be a whole number from 1 to 10000/,
  ],
  [
    'more replicas than brokers',
    { topics: [{ name: 't', replicationFactor: 2 }] },
    /replicationFactor of t must be .* 1 to 1, not 2/,
  ],
  [
    "a topic's config nobody knows",
    { topics: [{ name: 't', configs: { 'retention.byte': '1' } }] },
    /no config retention.byte/,
  ],
  ['users given twice', { users: { a: 'b' }, sasl: { users: { a: 'b' } } }, /give one of them/],
  ['a user without a password', { users: { alice: '' } }, /'alice' needs a name and a password/],
  ['a mechanism nobody has', { sasl: { mechanisms: ['GSSAPI'] } }, /there is no GSSAPI/],
  ['tokens nobody looks at', { sasl: { mechanisms: ['OAUTHBEARER'] } }, /OAUTHBEARER needs sasl.oauthBearer/],
])('a broker does not start with %s', (_wrong, config, message) => {
  expect(() => new Broker(config)).toThrow(ConfigError)
  expect(() => new Broker(config)).toThrow(message)
})
