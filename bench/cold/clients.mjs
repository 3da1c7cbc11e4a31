import { createRequire } from 'node:module'
import { Reader, Transport, Writer } from '../../dist/index.js'

/**
 * Each way to begin: the row of the table, whose it is, and `run`, which answers when the first message was there, by `clock`, and how to end it.
 * @param {string[]} brokers @param {string} topic
 */
export function ways(brokers, topic) {
  const message = { key: 'key', value: 'value' }
  let groups = 0
  const group = () => `cold-${process.pid}-${groups++}`

  const ours = (settings, use) => async clock => {
    const transport = new Transport({ logger: null, ...settings })
    const one = await use(transport)
    const took = clock()
    return {
      took,
      async end() {
        await one.close()
        await transport.close()
      },
    }
  }
  const writing = (config, message) => async transport => {
    const writer = new Writer({ addr: brokers, topic, transport, ...config })
    await writer.writeMessages(message)
    return writer
  }
  const reading = (config, at) => async transport => {
    const reader = new Reader({ brokers, topic, transport, ...config() })
    if (at !== undefined) reader.setOffset(at)
    await reader.fetchMessage()
    return reader
  }
  const rows = {
    'write, idempotent': writing({}, message),
    // Where a key leads the cluster has to say itself.
    'write, not idempotent, no key': writing({ idempotent: false }, { value: message.value }),
    'read one partition from its start': reading(() => ({ partition: 0 })),
    'read one partition at an offset': reading(() => ({ partition: 0 }), 0),
    'join a group alone and read': reading(() => ({ groupId: group(), startOffset: 'earliest' })),
    'the same, consumer protocol': reading(() => ({ groupId: group(), startOffset: 'earliest', protocol: 'consumer' })),
  }
  return Object.entries(rows).flatMap(([row, use]) => [
    { row, client: 'isokafka', run: ours({}, use) },
    { row, client: 'isokafka, memory', run: ours({ memory: {} }, use) },
    ...peers(row),
  ])

  function peers(row) {
    const isGroup = row === 'join a group alone and read'
    if (row.startsWith('write')) {
      const idempotent = row === 'write, idempotent'
      return [
        { row, client: 'kafkajs', run: clock => kafkajsWrites(clock, idempotent) },
        { row, client: '@platformatic/kafka', run: clock => platformaticWrites(clock, idempotent) },
      ]
    }
    if (!isGroup) return []
    return [
      { row, client: 'kafkajs', run: kafkajsReads },
      { row, client: '@platformatic/kafka', run: platformaticReads },
    ]
  }

  async function kafkajsWrites(clock, idempotent) {
    const producer = kafkajs().producer({ idempotent, maxInFlightRequests: idempotent ? 1 : undefined })
    await producer.connect()
    await producer.send({ topic, messages: [message] })
    return { took: clock(), end: () => producer.disconnect() }
  }

  async function kafkajsReads(clock) {
    const consumer = kafkajs().consumer({ groupId: group() })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const took = await new Promise((resolve, reject) => {
      consumer.run({ eachMessage: async () => resolve(clock()) }).catch(reject)
    })
    return { took, end: () => consumer.disconnect() }
  }

  async function platformaticWrites(clock, idempotent) {
    const { Producer } = await import('@platformatic/kafka')
    const producer = new Producer({ clientId: 'cold', bootstrapBrokers: brokers, idempotent })
    await producer.send({ messages: [{ topic, ...bytes(message) }], acks: -1 })
    return { took: clock(), end: () => producer.close() }
  }

  async function platformaticReads(clock) {
    const { Consumer } = await import('@platformatic/kafka')
    const consumer = new Consumer({ clientId: 'cold', groupId: group(), bootstrapBrokers: brokers })
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'earliest',
      autocommit: false,
      sessionTimeout: 30_000,
    })
    const took = await new Promise((resolve, reject) => {
      stream.once('data', () => resolve(clock()))
      stream.once('error', reject)
    })
    return { took, end: () => consumer.close(true) }
  }

  function kafkajs() {
    const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs')
    return new Kafka({ brokers, logLevel: logLevel.NOTHING })
  }
}

const bytes = ({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(value) })
