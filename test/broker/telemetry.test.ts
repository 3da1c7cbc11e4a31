import { expect, test } from 'vitest'
import { Client } from '../../src/index.ts'
import { PushTelemetry } from '../../src/protocol/push-telemetry.ts'
import { open } from './open.ts'

// What both brokers answer alike e2e/broker-differential.test.ts shows.

const wanted = (match: string) => ({
  resources: [
    {
      resourceType: 'ClientMetrics' as const,
      resourceName: 'all',
      configs: [
        { name: 'metrics', value: '*' },
        { name: 'match', value: match },
      ],
    },
  ],
})

test('what a client reports can be looked at', async () => {
  const { broker, transport } = open()
  const client = new Client({ addr: broker.addresses, transport: transport({ clientId: 'me' }) })
  await client.incrementalAlterConfigs(wanted('client_software_name=isokafka,client_id=me'))
  const { requestedMetrics, clientInstanceId, subscriptionId } = await client.getTelemetrySubscriptions()
  expect(requestedMetrics).toEqual(['*'])
  const seen: Uint8Array[] = []
  broker.control(PushTelemetry, ({ metrics }) => {
    seen.push(metrics)
    return undefined
  })
  const metrics = new Uint8Array([1, 2, 3])
  const report = { clientInstanceId, subscriptionId, terminating: false, compressionType: 0, metrics }
  expect(await client.roundTrip(PushTelemetry, report)).toMatchObject({ errorCode: 0 })
  expect(seen).toEqual([metrics])
})

test('a pattern that takes too long means nobody', async () => {
  const { broker, transport } = open()
  const client = new Client({ addr: broker.addresses, transport: transport({ clientId: 'a'.repeat(30_000) }) })
  const { resources } = await client.incrementalAlterConfigs(wanted(`client_id=${'(a|aa)*'.repeat(100)}b`))
  expect(resources.map(({ error }) => error)).toEqual([null])
  expect((await client.getTelemetrySubscriptions()).requestedMetrics).toEqual([])
})

test('so many clients at most are remembered, the ones that asked last', async () => {
  const { client } = open()
  const { clientInstanceId } = await client.getTelemetrySubscriptions()
  const again = async () => (await client.getTelemetrySubscriptions({ clientInstanceId })).error
  expect(await again()).not.toBeNull()
  for (let n = 0; n < 16_384; n++) await client.getTelemetrySubscriptions()
  expect(await again()).toBeNull()
})
