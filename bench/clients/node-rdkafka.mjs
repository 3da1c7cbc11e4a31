import rdkafka from 'node-rdkafka'

export async function producer({ brokers, topic, acks, transactional, tuned }) {
  const producer = new rdkafka.HighLevelProducer({
    'metadata.broker.list': brokers.join(','),
    'request.required.acks': acks,
    ...(transactional && { 'transactional.id': topic }),
    ...(tuned && { 'queue.buffering.max.messages': 1_000_000, 'linger.ms': 5 }),
  })
  await new Promise((resolve, reject) => producer.connect({}, error => (error ? reject(error) : resolve())))
  producer.setPollInterval(5)
  const one = value =>
    new Promise((resolve, reject) =>
      producer.produce(topic, null, value, null, null, error => (error ? reject(error) : resolve())),
    )
  const step = name =>
    new Promise((resolve, reject) => producer[name](10_000, error => (error ? reject(error) : resolve())))
  if (transactional) await step('initTransactions')
  return {
    async send(values) {
      if (transactional) producer.beginTransaction(() => {})
      await Promise.all(values.map(one))
      if (transactional) await step('commitTransaction')
    },
    close: () => new Promise(resolve => producer.disconnect(resolve)),
  }
}

export async function consumer({ brokers, topic, group }, _mode, seen) {
  const consumer = new rdkafka.KafkaConsumer(
    { 'metadata.broker.list': brokers.join(','), 'group.id': group, 'enable.auto.commit': false },
    { 'auto.offset.reset': 'earliest' },
  )
  await new Promise((resolve, reject) => consumer.connect({}, error => (error ? reject(error) : resolve())))
  consumer.subscribe([topic])
  let open = true
  const poll = () => {
    if (!open) return
    consumer.consume(10_000, (error, messages) => {
      if (error) throw error
      let bytes = 0
      for (const message of messages) bytes += message.value.length
      if (messages.length > 0) seen(messages.length, bytes)
      setImmediate(poll)
    })
  }
  poll()
  return {
    close() {
      open = false
      return new Promise(resolve => consumer.disconnect(resolve))
    },
  }
}
