import { afterEach, beforeEach, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client, ErrorCode, Transport } from '../../src/index.ts'

let broker: Broker
let transport: Transport
let client: Client
beforeEach(() => {
  broker = new Broker({ brokers: 2, topics: [{ name: 't' }], limits: { configResources: 3 } })
  transport = new Transport({ adapter: memory(broker) })
  client = new Client({ addr: broker.addresses, transport })
})
afterEach(async () => {
  await transport.close()
  await broker.close()
})

const change = async (
  resourceType: 'broker' | 'group' | 'ClientMetrics',
  resourceName: string,
  name: string,
  value: string | undefined,
) => {
  const config = value === undefined ? { name, configOperation: 'delete' as const } : { name, value }
  const { resources } = await client.incrementalAlterConfigs({
    resources: [{ resourceType, resourceName, configs: [config] }],
  })
  return resources[0]!.error?.code ?? 0
}
const tooLarge = async (): Promise<boolean> =>
  (await client.produce({ topic: 't', partition: 0, records: [{ value: 'x'.repeat(5_000) }] })).error?.code ===
  ErrorCode.MessageSizeTooLarge

test('a topic falls back to what is set for all brokers, at once, and back again', async () => {
  expect(await tooLarge()).toBe(false)
  expect(await change('broker', '', 'message.max.bytes', '1000')).toBe(0)
  expect(await tooLarge()).toBe(true)
  const { resources } = await client.describeConfigs({
    resources: [{ resourceType: 'topic', resourceName: 't', configNames: ['max.message.bytes'] }],
    includeSynonyms: true,
  })
  expect(resources[0]!.configEntries).toMatchObject([
    { configValue: '1000', configSource: 3, configSynonyms: [{ configSource: 3 }, { configSource: 5 }] },
  ])
  expect(await change('broker', '', 'message.max.bytes', undefined)).toBe(0)
  expect(await tooLarge()).toBe(false)
})

test('what is set of one broker is told by that one, and concerns no topic, which is the same on all', async () => {
  expect(await change('broker', '1', 'message.max.bytes', '1000')).toBe(0)
  const { resources } = await client.describeConfigs({
    resources: ['1', '2', ''].map(resourceName => ({
      resourceType: 'broker' as const,
      resourceName,
      configNames: ['message.max.bytes'],
    })),
  })
  expect(resources.map(({ configEntries }) => configEntries.map(({ configValue }) => configValue))).toEqual([
    ['1000'],
    ['1048588'],
    [],
  ])
  expect(await tooLarge()).toBe(false)
})

test('what Kafka reads once, when it starts, is not changed', async () => {
  expect(await change('broker', '1', 'num.partitions', '3')).toBe(ErrorCode.InvalidRequest)
  expect(await change('broker', '', 'num.partitions', '3')).toBe(ErrorCode.InvalidRequest)
})

test('an election follows when all topics may have an unclean leader from now on', async () => {
  await client.createTopics({ topics: [{ topic: 'two', replicaAssignments: [{ partition: 0, replicas: [1, 2] }] }] })
  await client.produce({ topic: 'two', partition: 0, records: [{ value: 'x' }] })
  const leader = async () => (await client.metadata({ topics: ['two'] })).topics[0]!.partitions[0]!.leader.id
  broker.crashBroker(2)
  await client.produce({ topic: 'two', partition: 0, records: [{ value: 'y' }] })
  broker.crashBroker(1)
  broker.startBroker(2)
  expect(await leader()).toBe(-1)
  expect(await change('broker', '', 'unclean.leader.election.enable', 'true')).toBe(0)
  expect(await leader()).toBe(2)
})

test('groups and subscriptions that have configs are listed until they have none, and bounded', async () => {
  for (const name of ['a', 'b', 'c'])
    expect(await change('group', name, 'consumer.session.timeout.ms', '50000')).toBe(0)
  expect(await change('group', 'd', 'consumer.session.timeout.ms', '50000')).toBe(ErrorCode.PolicyViolation)
  expect(await change('ClientMetrics', 'm', 'metrics', '*')).toBe(0)
  const listed = async () =>
    (await client.listConfigResources({ resourceTypes: ['group', 'ClientMetrics'] })).resources.map(({ name }) => name)
  expect((await listed()).sort()).toEqual(['a', 'b', 'c', 'm'])
  expect(await change('group', 'b', 'consumer.session.timeout.ms', undefined)).toBe(0)
  expect(await change('group', 'd', 'consumer.session.timeout.ms', '50000')).toBe(0)
  expect((await listed()).sort()).toEqual(['a', 'c', 'd', 'm'])
  const { resources } = await client.listConfigResources({ resourceTypes: ['topic', 'broker'] })
  expect(resources.map(({ type, name }) => `${type} ${name}`).sort()).toEqual(['2 t', '4 1', '4 2'])
})

test('values together are bounded', async () => {
  expect(await change('broker', '1', 'no.such', 'x'.repeat(20_000))).toBe(ErrorCode.InvalidRequest)
  expect(await change('group', 'g'.repeat(20_000), 'errors.deadletterqueue.topic.name', 'x')).toBe(
    ErrorCode.InvalidConfiguration,
  )
})
