import { Consumer, Producer } from '@platformatic/kafka'

/** @param {import('../client.mjs').Job} job */
export async function producer({ brokers, topic, acks, transactional, tuned, perCall, callers }) {
  const exactlyOnce = transactional && { transactionalId: topic, idempotent: true }
  const settings = { clientId: 'bench', bootstrapBrokers: brokers, acks, autocreateTopics: false, ...exactlyOnce }
  const producer = new Producer(tuned ? { ...settings, metadataMaxAge: 300_000 } : settings)
  if (transactional)
    return {
      async send(values) {
        const transaction = await producer.beginTransaction()
        await transaction.send({ messages: values.map(value => ({ topic, value })), acks })
        await transaction.commit()
      },
      close: () => producer.close(),
    }
  if (tuned && perCall === 1 && callers > 1) return gathered(producer, { acks, topic, batchSize: callers })
  return {
    send: values => producer.send({ messages: values.map(value => ({ topic, value })), acks }),
    close: () => producer.close(),
  }
}

/** Single messages go through its stream, which gathers them, and reports each when its batch was acknowledged. */
function gathered(producer, { acks, topic, batchSize }) {
  const stream = producer.asStream({ acks, batchSize, batchTime: 1, highWaterMark: 1 << 20, reportMode: 'message' })
  stream.on('delivery-report', ({ message }) => message.landed())
  return {
    send: ([value]) => new Promise(landed => stream.write({ topic, value, landed })),
    async close() {
      await stream.close()
      await producer.close()
    },
  }
}

// Its stream of messages is all it has: the same figure stands against each way of consuming. The data event is its
// quickest. Its decoding takes the longer the more there is in an answer: the best answers are small.
export async function consumer({ brokers, topic, group, tuned }, _mode, seen) {
  const settings = { clientId: 'bench', groupId: group, bootstrapBrokers: brokers }
  const consumer = new Consumer(tuned ? { ...settings, maxBytes: 1 << 20 } : settings)
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false, sessionTimeout: 30000 })
  stream.on('data', message => seen(1, message.value.length))
  return { close: () => consumer.close(true) }
}
