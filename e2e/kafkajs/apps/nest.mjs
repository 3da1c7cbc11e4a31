// A NestJS microservice and its client: requests that are answered, one that fails, events, and one that is tried again.
// node nest.mjs <brokers> <prefix>
import 'reflect-metadata'
import { Controller, Logger, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import {
  ClientKafka,
  Ctx,
  EventPattern,
  KafkaRetriableException,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
} from '@nestjs/microservices'
import { Kafka, logLevel } from 'kafkajs'
import { lastValueFrom } from 'rxjs'
import { Transcript } from './transcript.mjs'

const [brokers, prefix] = process.argv.slice(2)
const { note, print, told } = new Transcript(prefix)
const topic = name => `${prefix}.${name}`
const all = ['sum', 'broken', 'echo', 'created', 'flaky']

// Nest's way of logging what kafkajs says.
const lines = []
const logger = Object.fromEntries(['log', 'error', 'warn', 'debug', 'verbose'].map(level => [level, () => {}]))
Logger.overrideLogger(logger)
const logCreator =
  () =>
  ({ namespace, label, log }) =>
    void lines.push(`${label} [${namespace}] ${log.message}`)

/** The topics are there beforehand: who subscribes to what comes later would be told so late. */
const admin = new Kafka({ brokers: brokers.split(','), clientId: 'setup', logLevel: logLevel.NOTHING }).admin()
await admin.connect()
const names = all.flatMap(name => [topic(name), `${topic(name)}.reply`])
await admin.createTopics({ topics: names.map(name => ({ topic: name, numPartitions: 2 })), waitForLeaders: false })
while (!(await admin.listTopics().then(there => names.every(name => there.includes(name)))));

const handled = {}
class App {
  sum(data, context) {
    const { key, headers, offset, timestamp, magicByte, topic, partition } = context.getMessage()
    note('sum', {
      data,
      topic: context.getTopic(),
      partition: context.getPartition(),
      message: { key, offset, magicByte, topic, partition, headers: Object.keys(headers).sort() },
      timestamp: typeof timestamp,
    })
    return data.numbers.reduce((a, b) => a + b, 0)
  }
  broken() {
    throw new RpcException('it is broken')
  }
  echo(data) {
    return { headers: { more: 'x' }, key: 'k', value: data }
  }
  created(data) {
    told('created', data)
  }
  async flaky(data, context) {
    handled[data.id] = (handled[data.id] ?? 0) + 1
    await context.getHeartbeat()()
    if (handled[data.id] < 3) throw new KafkaRetriableException('again')
    told('flaky', { data, times: handled[data.id] })
  }
}
const on = (decorator, name) =>
  decorator(topic(name))(App.prototype, name, Object.getOwnPropertyDescriptor(App.prototype, name))
for (const name of ['sum', 'broken', 'echo']) on(MessagePattern, name)
for (const name of ['created', 'flaky']) on(EventPattern, name)
for (const name of all) {
  Payload()(App.prototype, name, 0)
  Ctx()(App.prototype, name, 1)
}
Controller()(App)
class AppModule {}
Module({ controllers: [App] })(AppModule)

const options = id => ({
  client: { clientId: id, brokers: brokers.split(','), logCreator, retry: { initialRetryTime: 20 } },
  consumer: { groupId: `${prefix}-${id}`, maxWaitTimeInMs: 50 },
  producer: { allowAutoTopicCreation: false },
  subscribe: { fromBeginning: true },
})
const service = await NestFactory.createMicroservice(AppModule, {
  transport: Transport.KAFKA,
  options: options('service'),
  logger: false,
})
const statuses = []
service.status.subscribe(status => statuses.push(`service ${status}`))
await service.listen()

const client = new ClientKafka(options('client'))
client.status.subscribe(status => statuses.push(`client ${status}`))
for (const name of ['sum', 'broken', 'echo']) client.subscribeToResponseOf(topic(name))
await client.connect()
note('assignments', Object.keys(client.getConsumerAssignments()).sort())

note('sum answered', await lastValueFrom(client.send(topic('sum'), { key: 'sum', value: { numbers: [1, 2, 3] } })))
note(
  'sums answered',
  await Promise.all(
    [4, 5, 6].map(number => lastValueFrom(client.send(topic('echo'), { key: 'same', value: { number } }))),
  ),
)
note('broken answered', await lastValueFrom(client.send(topic('broken'), {})).catch(error => ({ error })))
await lastValueFrom(client.emit(topic('created'), { key: 'user-1', value: { id: 1 }, headers: { origin: 'test' } }))
await lastValueFrom(client.emit(topic('created'), 'a text'))
await lastValueFrom(client.emit(topic('flaky'), { id: 7 }))
await lastValueFrom(client.emitBatch(topic('created'), { messages: [{ value: 'one' }, { value: 'two' }] }))
await told.times(5)

// One that has nothing to be answered must not fail for want of topics.
const silent = new ClientKafka(options('silent'))
await silent.connect()
await lastValueFrom(silent.emit(topic('created'), 'from who reads nothing'))
await told.times(6)
await silent.close()

await client.close()
await service.close()
note('statuses', [...new Set(statuses)].sort())
note('lines', [...new Set(lines)].filter(line => /\[(Consumer|ConsumerGroup|Producer|Runner)\]/.test(line)).sort())
await admin.deleteTopics({ topics: names })
await admin.disconnect()
print()
process.exit(0)
