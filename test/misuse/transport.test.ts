import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { deferred } from '../../src/base/deferred.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { type Anything, fixture } from './fixture.ts'

const { broker } = fixture()
const adapter = memory(broker)
const never = (): Promise<never> => new Promise(() => {})

test.each<[string, Anything]>([
  ['maxResponseBytes', Number.NaN],
  ['maxResponseBytes', 0],
  ['dialTimeout', '5000'],
  ['clientId', 5],
])('%s %s: a ConfigError', (name, value) => {
  expect(() => new Transport({ adapter, [name]: value })).toThrow(ConfigError)
})

test.each<[string, (transport: Anything) => unknown]>([
  ['Writer', transport => new Writer({ addr: broker.addresses, topic: 't', transport })],
  ['Reader', transport => new Reader({ brokers: broker.addresses, topic: 't', transport })],
  ['ConsumerGroup', transport => new ConsumerGroup({ id: 'g', brokers: broker.addresses, topics: ['t'], transport })],
  ['Client', transport => new Client({ addr: broker.addresses, transport })],
])("a %s that is given a transport's settings, not a Transport: a ConfigError", (_who, make) => {
  expect(() => make({ adapter })).toThrow(ConfigError)
})

test.each<[string, Anything]>([
  ['dial', { dial: never }],
  ['resolver', { resolver: { lookupBrokerIpAddr: never } }],
])(
  'a %s that never answers, whatever its signal says, holds up neither a call beyond dialTimeout nor close()',
  async (_who, given) => {
    const transport = new Transport({ adapter, dialTimeout: 50, ...given })
    const client = new Client({ addr: broker.addresses, transport, timeout: 100 })
    await expect(client.metadata()).rejects.toThrow(/within \d+ ms|in time/)
    await transport.close()
  },
)

test('a socket that is dialed too late is ended', async () => {
  const ended = deferred<void>()
  const dial = async (): Promise<Anything> => {
    await new Promise(resolve => setTimeout(resolve, 60))
    return { abort: () => ended.resolve() }
  }
  await using transport = new Transport({ adapter, dialTimeout: 20, dial })
  const client = new Client({ addr: broker.addresses, transport, timeout: 40 })
  await expect(client.metadata()).rejects.toThrow()
  await ended.promise
})

test('a resolver that answers a text is told so, rather than dialed letter by letter', async () => {
  const resolver = { lookupBrokerIpAddr: async (): Promise<Anything> => 'broker-1' }
  await using transport = new Transport({ adapter, resolver })
  await expect(new Client({ addr: broker.addresses, transport }).metadata()).rejects.toThrow(/list of addresses/)
})
