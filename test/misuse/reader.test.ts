import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Writer } from '../../src/writer/writer.ts'
import { type Anything, fixture } from './fixture.ts'

const { broker, transport } = fixture()
const reader = (more: Anything = {}): Reader =>
  new Reader({ brokers: broker.addresses, topic: 't', transport, maxWait: 100, ...more })

test('what is no message is refused by commitMessages, and spoils no commit after it', async () => {
  await using writer = new Writer({ addr: broker.addresses, topic: 't', transport })
  await writer.writeMessages({ value: 'x' })
  await using group = reader({ groupId: 'g' })
  const message = await group.fetchMessage()
  const { topic, partition } = message
  const wrong: Anything[] = [
    undefined,
    null,
    5,
    {},
    [null],
    { topic, partition },
    { topic, partition, offset: Number.NaN },
  ]
  wrong.push({ topic, partition, offset: 1e18 }, { topic, partition, offset: -3 }, { topic, partition: '0', offset: 1 })
  for (const each of wrong) await expect(group.commitMessages(each)).rejects.toThrow(ConfigError)
  await group.commitMessages(message)
})

test.each<[string, Anything]>([
  ['groupTopics', { topic: undefined, groupId: 'g', groupTopics: 't' }],
  ['isolationLevel', { isolationLevel: 7 }],
  ['readLagInterval', { readLagInterval: Number.NaN }],
  ['sessionTimeout', { groupId: 'g', sessionTimeout: 2 ** 40 }],
  ['retentionTime', { groupId: 'g', retentionTime: Number.NaN }],
])('%s that can not be: a ConfigError from the constructor', (_name, more) => {
  expect(() => reader(more)).toThrow(ConfigError)
})

test('a ConsumerGroup takes no text for its topics, which would be a topic a letter', () => {
  expect(
    () => new ConsumerGroup({ id: 'g', brokers: broker.addresses, topics: 'orders' as Anything, transport }),
  ).toThrow(ConfigError)
})

test('setOffsetAt takes null for no time, rather than for 1970', async () => {
  await using sole = reader()
  await expect(sole.setOffsetAt(null as Anything)).rejects.toThrow(ConfigError)
})

test('what is no offsets is refused by commitOffsets, not committed as nothing', async () => {
  const group = new ConsumerGroup({ id: 'offsets', brokers: broker.addresses, topics: ['t'], transport })
  const generation = await group.next()
  const wrong: Anything[] = [
    undefined,
    null,
    5,
    new Map([['t', new Map([[0, 1]])]]),
    { t: 5 },
    { t: [5] },
    { t: { x: 5 } },
  ]
  wrong.push({ t: { 0: Number.NaN } }, { t: { 0: -5 } }, { t: { 0: '5' } })
  for (const each of wrong) await expect(generation.commitOffsets(each)).rejects.toThrow(ConfigError)
  await generation.commitOffsets({ t: { 0: 0 } })
  await group.close()
})
