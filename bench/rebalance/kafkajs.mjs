import { Kafka, logLevel } from 'kafkajs'
import { job, measure, Watch } from './watch.mjs'

const watch = new Watch()
const kafka = new Kafka({ clientId: 'bench', brokers: job.brokers, logLevel: logLevel.NOTHING })

await measure(
  watch,
  async () => {
    const member = kafka.consumer({ groupId: job.group, allowAutoTopicCreation: false })
    member.on(member.events.GROUP_JOIN, ({ payload }) => watch.set(member, payload.memberAssignment[job.topic] ?? []))
    member.on(member.events.REBALANCING, () => watch.set(member, []))
    await member.connect()
    await member.subscribe({ topic: job.topic })
    await member.run({ eachMessage: async () => {} })
    return member
  },
  member => member.disconnect(),
)
