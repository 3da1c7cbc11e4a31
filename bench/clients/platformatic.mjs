import { Consumer, Producer } from '@platformatic/kafka'

/** @param {import('../client.mjs').Job} job */
export async function producer({ brokers, topic, acks }) {
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers: brokers, acks, autocreateTopics: false })
  return {
    send: values => producer.send({ messages: values.map(value => ({ topic, value })), acks }),
    close: () => producer.close(),
  }
}

// Its stream of messages is all it has: the same figure stands against each way of consuming. The data event is its quickest.
export async function consumer({ brokers, topic, group }, _mode, seen) {
  const consumer = new Consumer({ clientId: 'bench', groupId: group, bootstrapBrokers: brokers, maxWaitTime: 100, maxBytes: 16 << 20 })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false, sessionTimeout: 30000 })
  stream.on('data', message => seen(1, message.value.length))
  return { close: () => consumer.close(true) }
}
