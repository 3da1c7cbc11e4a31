import { Kafka, logLevel, Partitioners } from 'kafkajs'

export async function producer({ brokers, topic, acks, transactional }) {
  const kafka = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING })
  const settings = { createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false }
  const exactlyOnce = transactional && { transactionalId: topic, idempotent: true, maxInFlightRequests: 1 }
  const producer = kafka.producer({ ...settings, ...exactlyOnce })
  await producer.connect()
  if (transactional)
    return {
      async send(values) {
        const transaction = await producer.transaction()
        await transaction.send({ topic, acks, messages: values.map(value => ({ value })) })
        await transaction.commit()
      },
      close: () => producer.disconnect(),
    }
  return {
    send: values => producer.send({ topic, acks, messages: values.map(value => ({ value })) }),
    close: () => producer.disconnect(),
  }
}

export async function consumer({ brokers, topic, group, tuned }, mode, seen) {
  const kafka = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({
    groupId: group,
    allowAutoTopicCreation: false,
    ...(tuned && { maxBytes: 1 << 20 }),
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run(
    mode === 'message'
      ? { autoCommit: false, eachMessage: async ({ message }) => seen(1, message.value.length) }
      : {
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            let bytes = 0
            for (const message of batch.messages) bytes += message.value.length
            seen(batch.messages.length, bytes)
          },
        },
  )
  return { close: () => consumer.disconnect() }
}
