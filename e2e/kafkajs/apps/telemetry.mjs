// A program with OpenTelemetry's instrumentation: the spans and metrics of what it sends and reads.
// node telemetry.mjs <brokers> <prefix>
import { createRequire } from 'node:module'
import { context, metrics, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { KafkaJsInstrumentation } from '@opentelemetry/instrumentation-kafkajs'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { Transcript } from './transcript.mjs'

const [brokers, prefix] = process.argv.slice(2)
const { note, print, told } = new Transcript(prefix)
const exporter = new InMemorySpanExporter()
const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
trace.setGlobalTracerProvider(tracerProvider)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 })
const meterProvider = new MeterProvider({ readers: [reader] })
metrics.setGlobalMeterProvider(meterProvider)

const hooks = []
const instrumentation = new KafkaJsInstrumentation({
  producerHook: (_span, { topic, message }) => void hooks.push(`produces ${message.value} to ${topic}`),
  consumerHook: (_span, { topic, message }) => void hooks.push(`consumes ${message.value} of ${topic}`),
})
instrumentation.setTracerProvider(tracerProvider)
instrumentation.setMeterProvider(meterProvider)
instrumentation.enable()

const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs')
const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'telemetry', logLevel: logLevel.NOTHING })
const topic = `${prefix}-topic`
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false })
while (!(await admin.listTopics()).includes(topic));

const producer = kafka.producer({ allowAutoTopicCreation: false })
await producer.connect()
const tracer = trace.getTracer('program')
await tracer.startActiveSpan('whole', async span => {
  await producer.send({ topic, messages: [{ key: 'k', value: 'one', headers: { mine: 'x' } }, { value: 'two' }] })
  await producer.sendBatch({ topicMessages: [{ topic, messages: [{ value: 'three' }] }] })
  span.end()
})
await producer.send({ topic: 'in valid', messages: [{ value: 'none' }] }).catch(error => note('failed', error.name))

const transactional = kafka.producer({
  transactionalId: `${prefix}-transactional`,
  maxInFlightRequests: 1,
  idempotent: true,
  allowAutoTopicCreation: false,
})
await transactional.connect()
const transaction = await transactional.transaction()
await transaction.send({ topic, messages: [{ value: 'four' }] })
await transaction.commit()

const consumer = kafka.consumer({ groupId: `${prefix}-group`, maxWaitTimeInMs: 50 })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  eachMessage: async ({ message }) => {
    const { traceparent, ...headers } = message.headers
    told('message', {
      value: message.value.toString(),
      headers,
      traceparent: /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(traceparent?.toString()),
    })
  },
})
await told.times(4)
await consumer.disconnect()
const batches = kafka.consumer({ groupId: `${prefix}-batches`, maxWaitTimeInMs: 50 })
await batches.connect()
await batches.subscribe({ topic, fromBeginning: true })
let count = 0
await new Promise(resolve => {
  batches.run({
    eachBatch: async ({ batch }) => {
      count += batch.messages.length
      if (count === 4) resolve()
    },
  })
})
await batches.disconnect()
for (const client of [producer, transactional, admin]) await client.disconnect()

const spans = exporter.getFinishedSpans()
const byId = new Map(spans.map(span => [span.spanContext().spanId, span]))
const seen = spans.map(({ name, kind, attributes, status, links, ...span }) => {
  const parent = span.parentSpanContext?.spanId
  // Offsets and batches are as messages come. The cluster's id is found in files inside of kafkajs, by name: ours has
  // none such, and spans go without it.
  const left = ['messaging.kafka.offset', 'messaging.batch.message_count', 'messaging.kafka.cluster.id']
  const rest = Object.fromEntries(Object.entries(attributes).filter(([key]) => !left.includes(key)))
  return { name, kind, attributes: rest, status: status.code, links: links.length > 0, parent: byId.get(parent)?.name }
})
note(
  'spans',
  [...new Set(seen.map(each => JSON.stringify(each)))].sort().map(each => JSON.parse(each)),
)
note('hooks', hooks.sort())
await reader.forceFlush()
const [told_] = metricExporter.getMetrics().slice(-1)
note(
  'metrics',
  told_.scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .map(({ descriptor, dataPoints }) => ({
      name: descriptor.name,
      unit: descriptor.unit,
      attributes: [...new Set(dataPoints.map(({ attributes }) => Object.keys(attributes).sort().join(' ')))].sort(),
    }))
    .sort((a, b) => a.name.localeCompare(b.name)),
)
print()
process.exit(0)
