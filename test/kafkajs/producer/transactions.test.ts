import { expect, test } from 'vitest'
import { CompressionTypes, Kafka, logLevel } from '../../../adapters/kafkajs/index.ts'
import { memory } from '../../../adapters/memory/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import { Broker } from '../../../src/broker/index.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { batchesOf } from '../../writer/embedded.ts'

test('each send of a transaction is compressed as it says, be it the first', async () => {
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
  const { GZIP, None, ZSTD } = CompressionTypes
  for (const sends of [[GZIP, None, ZSTD], [GZIP]]) {
    const transaction = await producer.transaction()
    for (const compression of sends) await transaction.send({ topic: 't', compression, messages: [{ value: words }] })
    await transaction.commit()
  }
  await producer.disconnect()
  expect(codecs).toEqual([1, 0, 4, 1])
  await broker.close()
})
