import { expect, onTestFinished, test } from 'vitest'
import { Kafka, logLevel, type Producer } from '../../../adapters/kafkajs/index.ts'
import { memory } from '../../../adapters/memory/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import { Broker } from '../../../src/broker/index.ts'
import { Metadata } from '../../../src/protocol/metadata.ts'

/** A producer whose requests may take 50 ms, and its cluster. */
async function open(): Promise<{ broker: Broker; producer: Producer }> {
  const broker = new Broker({ natives, topics: [{ name: 't' }] })
  onTestFinished(() => broker.close())
  const producer = new Kafka({
    brokers: [...broker.addresses],
    logLevel: logLevel.NOTHING,
    requestTimeout: 50,
    retry: { initialRetryTime: 300, retries: 5 },
    transport: { adapter: memory(broker, natives), natives, backoff: { min: 5, max: 50 } },
  }).producer()
  onTestFinished(() => producer.disconnect())
  await producer.connect()
  return { broker, producer }
}

test('topics are asked for as often as retries say, however short requests may take', async () => {
  const { broker, producer } = await open()
  let asked = 0
  broker.control(Metadata, () => (++asked < 3 ? 'hang' : undefined))
  const timedOut: string[] = []
  producer.on('producer.network.request_timeout', ({ payload }) => timedOut.push(payload.apiName))
  await producer.send({ topic: 't', messages: [{ value: 'v' }] })
  expect(timedOut).toEqual(['Metadata', 'Metadata'])
})
