import { expect, test } from 'vitest'
import { CompressionTypes, Kafka, logLevel } from '../../../adapters/kafkajs/index.ts'
import { memory } from '../../../adapters/memory/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import { Broker } from '../../../src/broker/index.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { batchesOf } from '../../writer/embedded.ts'

test('transactions are compressed as the sends of the last one wanted it', async () => {
  const broker = new Broker({ natives, topics: [{ name: 't', partitions: 1 }] })
  const adapter = memory(broker, natives)
  const codecs: number[] = []
  broker.control(Produce, request => {
    for (const { batch } of batchesOf(request)) codecs.push(batch.codec)
    return undefined
  })
  const kafka = new Kafka({
    brokers: [...broker.addresses],
    logLevel: logLevel.NOTHING,
    transport: { adapter, natives },
  })
  const producer = kafka.producer({ transactionalId: 'id' })
  await producer.connect()
  const words = 'words '.repeat(200)
  for (const compression of [
    CompressionTypes.GZIP,
    CompressionTypes.GZIP,
    CompressionTypes.None,
    CompressionTypes.None,
  ]) {
    const transaction = await producer.transaction()
    await transaction.send({ topic: 't', compression, messages: [{ value: words }] })
    await transaction.commit()
  }
  await producer.disconnect()
  expect(codecs).toEqual([0, 1, 1, 0])
  await broker.close()
})
