// A program with a codec from a package, and messages by a registry's schemas.
// node codecs.mjs <brokers> <prefix>
import { createServer } from 'node:http'
import registryPackage from '@kafkajs/confluent-schema-registry'
import kafkajs from 'kafkajs'
import SnappyCodec from 'kafkajs-snappy'
import { Transcript } from './transcript.mjs'

const [brokers, prefix] = process.argv.slice(2)
const { note, print, told } = new Transcript(prefix)
const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs
const { SchemaRegistry, SchemaType } = registryPackage

// As much of a registry as its client asks for.
const schemas = []
const registryServer = createServer(async (request, response) => {
  let body = ''
  for await (const part of request) body += part
  const id = /\/schemas\/ids\/(\d+)/.exec(request.url)?.[1]
  const answer = value => response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
  if (id !== undefined) return answer(schemas[Number(id) - 1])
  if (request.url.startsWith('/config')) return answer({ compatibilityLevel: 'BACKWARD' })
  const { schema, schemaType } = JSON.parse(body)
  const at = schemas.findIndex(each => each.schema === schema)
  if (at < 0) schemas.push({ schema, schemaType })
  return answer({ id: at < 0 ? schemas.length : at + 1 })
})
await new Promise(resolve => registryServer.listen(0, '127.0.0.1', resolve))
const registry = new SchemaRegistry({ host: `http://127.0.0.1:${registryServer.address().port}` })
const avro = JSON.stringify({
  type: 'record',
  name: 'User',
  namespace: 'test',
  fields: [{ name: 'name', type: 'string' }],
})
const { id } = await registry.register({ type: SchemaType.AVRO, schema: avro }, { subject: `${prefix}-value` })

// The package's codec, counted.
const counted = { compress: 0, decompress: 0 }
CompressionCodecs[CompressionTypes.Snappy] = () => {
  const codec = SnappyCodec()
  return {
    async compress(encoder) {
      counted.compress++
      return codec.compress(encoder)
    },
    async decompress(buffer) {
      counted.decompress++
      return codec.decompress(buffer)
    },
  }
}

const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'codecs', logLevel: logLevel.NOTHING })
const topic = `${prefix}-topic`
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false })
while (!(await admin.listTopics()).includes(topic));
const producer = kafka.producer({ allowAutoTopicCreation: false })
await producer.connect()
const users = ['ada', 'bob', 'cyd'.repeat(20)]
const messages = await Promise.all(
  users.map(async (name, at) => ({ key: `${at}`, value: await registry.encode(id, { name }) })),
)
for (const compression of [CompressionTypes.None, CompressionTypes.GZIP, CompressionTypes.Snappy]) {
  const [{ baseOffset, errorCode, partition }] = await producer.send({ topic, messages, compression })
  note(`sent with ${compression}`, { baseOffset, errorCode, partition })
}
const consumer = kafka.consumer({ groupId: `${prefix}-group`, maxWaitTimeInMs: 50 })
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  eachMessage: async ({ message }) => {
    const { name } = await registry.decode(message.value)
    told('user', {
      name,
      offset: message.offset,
      key: message.key.toString(),
      isBuffer: Buffer.isBuffer(message.value),
    })
  },
})
await told.times(9)
note('asked', { compress: counted.compress, decompress: counted.decompress > 0 })
for (const client of [consumer, producer, admin]) await client.disconnect()
registryServer.close()
print()
process.exit(0)
