// kafkajs's own calls against whatever brokers are named: node kafkajs.ts <node_modules> <brokers>
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { deferred } from '../../src/base/deferred.ts'

const [modules = '', brokers = ''] = process.argv.slice(2)
const { Kafka, Partitioners, logLevel } = createRequire(join(modules, 'x'))('kafkajs')

interface Joined {
  payload: { memberAssignment: Record<string, number[]> }
}
interface End {
  partition: number
  low: string
  high: string
}

const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'kafkajs', logLevel: logLevel.ERROR })
const unique = Date.now().toString(36)
const [topic, group] = [`kafkajs-${unique}`, `kafkajs-group-${unique}`]
const createPartitioner = Partitioners.DefaultPartitioner
const result: Record<string, unknown> = {}

const admin = kafka.admin()
await admin.connect()
result.created = await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })

const producer = kafka.producer({ createPartitioner, idempotent: true })
await producer.connect()
await producer.send({
  topic,
  acks: -1,
  messages: [
    { key: 'a', value: 'one', headers: { h: 'x' } },
    { key: 'b', value: 'two' },
  ],
})
await producer.disconnect()

const transactional = kafka.producer({
  createPartitioner,
  transactionalId: `kafkajs-${unique}`,
  maxInFlightRequests: 1,
  idempotent: true,
})
await transactional.connect()
const first = await transactional.transaction()
await first.send({ topic, messages: [{ value: 'committed' }] })
await first.sendOffsets({
  consumerGroupId: `${group}-offsets`,
  topics: [{ topic, partitions: [{ partition: 0, offset: '1' }] }],
})
await first.commit()
const second = await transactional.transaction()
await second.send({ topic, messages: [{ value: 'aborted' }] })
await second.abort()
const third = await transactional.transaction()
await third.send({ topic, messages: [{ value: 'committed too' }] })
await third.commit()
await transactional.disconnect()

// Two members, so that the group rebalances.
const values: string[] = []
const consumers = [1, 2].map(() => kafka.consumer({ groupId: group, heartbeatInterval: 300, maxWaitTimeInMs: 100 }))
const all = deferred<void>()
const joined: Promise<void>[] = []
for (const consumer of consumers) {
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const alone = deferred<void>()
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }: Joined) => {
    if (payload.memberAssignment[topic]?.length === 1) alone.resolve()
  })
  joined.push(alone.promise)
}
for (const consumer of consumers) {
  await consumer.run({
    eachMessage: async ({ message }: { message: { value: Uint8Array } }) => {
      values.push(message.value.toString())
      if (new Set(values).size === 4) all.resolve()
    },
  })
}
await Promise.all([all.promise, ...joined])
result.values = [...new Set(values)].sort()
const [described] = (await admin.describeGroups([group])).groups
result.group = { state: described.state, members: described.members.length }
for (const consumer of consumers) await consumer.disconnect()

const [offsets] = await admin.fetchOffsets({ groupId: `${group}-offsets`, topics: [topic] })
result.transactionOffset = offsets.partitions.find((each: End) => each.partition === 0).offset
await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
const [metadata] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics
result.partitions = metadata.partitions.length
await admin.alterConfigs({
  resources: [{ type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: '12345' }] }],
})
const { resources } = await admin.describeConfigs({
  resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
})
result.config = resources[0].configEntries[0].configValue
await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] })
const ends = await admin.fetchTopicOffsets(topic)
result.emptied = ends.some(({ partition, low, high }: End) => partition === 0 && low === high)
await admin.deleteGroups([group])
await admin.deleteTopics({ topics: [topic] })
result.left = (await admin.listTopics()).filter((name: string) => name === topic)
await admin.disconnect()
console.log(JSON.stringify(result))
