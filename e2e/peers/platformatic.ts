// @platformatic/kafka's own calls against whatever brokers are named: node platformatic.ts <node_modules> <brokers>
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [modules = '', brokers = ''] = process.argv.slice(2)
const { Admin, Consumer, MessagesStreamModes, Producer, stringDeserializers, stringSerializers } = await import(
  createRequire(join(modules, 'x')).resolve('@platformatic/kafka')
)

const base = { clientId: 'platformatic', bootstrapBrokers: brokers.split(',') }
const unique = Date.now().toString(36)
const [topic, group] = [`platformatic-${unique}`, `platformatic-group-${unique}`]
const result: Record<string, unknown> = {}

const admin = new Admin(base)
const [created] = await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 })
result.partitions = created.partitions

const producer = new Producer({ ...base, serializers: stringSerializers, idempotent: true })
await producer.send({
  messages: [
    { topic, key: 'a', value: 'one', headers: { h: 'x' } },
    { topic, key: 'b', value: 'two' },
  ],
})
await producer.close()

const transactional = new Producer({
  ...base,
  serializers: stringSerializers,
  idempotent: true,
  transactionalId: `platformatic-${unique}`,
})
const first = await transactional.beginTransaction()
await first.send({ messages: [{ topic, key: 'a', value: 'committed' }] })
await first.commit()
const second = await transactional.beginTransaction()
await second.send({ messages: [{ topic, key: 'a', value: 'aborted' }] })
await second.abort()
await transactional.close()

const consumer = new Consumer({
  ...base,
  groupId: group,
  deserializers: stringDeserializers,
  isolationLevel: 'READ_COMMITTED',
})
const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: true })
const values: string[] = []
for await (const { value } of stream) if (values.push(value) === 3) break
result.values = values.sort()
result.state = (await admin.describeGroups({ groups: [group] })).get(group).state
result.listed = (await admin.listGroups()).has(group)
await consumer.close(true)
await admin.deleteTopics({ topics: [topic] })
result.left = (await admin.listTopics()).filter((name: string) => name === topic)
await admin.close()
console.log(JSON.stringify(result))
