import type { Batch, KafkaMessage } from '../../../../adapters/kafkajs/index.ts'
import { type Scenario, scenario } from '../scenario.ts'
import { come, committed, hasCommitted, next, numbered, reading } from './reading.ts'

const contents: readonly [what: string, message: object][] = [
  ['a key and a value', { key: 'k', value: 'v' }],
  ['no key', { value: 'v' }],
  ['a tombstone', { key: 'k', value: null }],
  ['an empty key and value', { key: '', value: '' }],
  ['a time of its own', { value: 'v', timestamp: '1700000000123' }],
  ['headers', { value: 'v', headers: { a: '1', b: Buffer.from([1, 2, 255]) } }],
  ['headers of one name', { value: 'v', headers: { a: ['1', '2', '3'] } }],
  ['a name that is not ASCII', { key: 'schlüssel', value: '値', headers: { é: 'ü' } }],
]

/** As it is noted: producer ids are given in the order of who asks. */
function noted(message: KafkaMessage): object {
  const { batchContext, ...rest } = message as KafkaMessage & { batchContext: object }
  return { ...rest, batchContext: { ...batchContext, producerId: '<id>' } }
}

const batchShown = (batch: Batch): object => ({
  topic: batch.topic,
  partition: batch.partition,
  highWatermark: batch.highWatermark,
  values: batch.messages.map(({ value }) => value?.toString()),
  isEmpty: batch.isEmpty(),
  firstOffset: batch.firstOffset(),
  lastOffset: batch.lastOffset(),
  offsetLag: batch.offsetLag(),
  offsetLagLow: batch.offsetLagLow(),
})

export const messageScenarios: readonly Scenario[] = [
  ...contents.map(([what, message]) =>
    scenario(`consumer: a message with ${what}`, async stage => {
      const messages: KafkaMessage[] = []
      await reading(stage, {
        messages: [message],
        run: { eachMessage: async payload => void messages.push(payload.message) },
      })
      await come(() => messages.length === 1)
      stage.note('message', noted(messages[0]!))
      stage.note('fields', Object.keys(messages[0]!))
    }),
  ),

  scenario('consumer: compressed messages', async stage => {
    const topic = await stage.topic()
    const producer = stage.other.producer()
    await producer.connect()
    await producer.send({ topic, messages: numbered(3), compression: 1 })
    await producer.disconnect()
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topic, fromBeginning: true })
    const messages: KafkaMessage[] = []
    await consumer.run({ eachMessage: async ({ message }) => void messages.push(message) })
    await come(() => messages.length === 3)
    stage.note('messages', messages.map(noted))
  }),

  scenario('consumer: what eachMessage is given', async stage => {
    const payloads: object[] = []
    await reading(stage, { messages: numbered(1), run: { eachMessage: async payload => void payloads.push(payload) } })
    await come(() => payloads.length > 0)
    stage.note('keys', Object.keys(payloads[0]!).sort())
  }),

  scenario('consumer: what eachBatch is given', async stage => {
    const payloads: object[] = []
    const run = { eachMessage: undefined as never, eachBatch: async (payload: object) => void payloads.push(payload) }
    await reading(stage, { messages: numbered(1), run })
    await come(() => payloads.length > 0)
    stage.note('keys', Object.keys(payloads[0]!).sort())
  }),

  scenario('consumer: a batch', async stage => {
    const batches: object[] = []
    await reading(stage, {
      run: { eachMessage: undefined as never, eachBatch: async ({ batch }) => void batches.push(batchShown(batch)) },
    })
    await come(() => batches.length === 1)
    stage.note('batch', batches)
  }),

  scenario('consumer: a batch of several record batches', async stage => {
    const topic = await stage.topic()
    for (let i = 0; i < 3; i++) await stage.fill(topic, numbered(2, i * 2))
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topic, fromBeginning: true })
    const batches: object[] = []
    await consumer.run({ eachBatch: async ({ batch }) => void batches.push(batchShown(batch)) })
    await come(() => batches.length > 0)
    stage.note('batch', batches)
  }),

  scenario('consumer: batches that are resolved by hand', async stage => {
    const batches: object[] = []
    const uncommitted: object[] = []
    const { topic, groupId } = await reading(stage, {
      run: {
        eachBatchAutoResolve: false,
        eachMessage: undefined as never,
        eachBatch: async ({
          batch,
          resolveOffset,
          uncommittedOffsets,
          commitOffsetsIfNecessary,
          isRunning,
          isStale,
        }) => {
          batches.push({ ...batchShown(batch), running: isRunning(), stale: isStale() })
          resolveOffset(batch.messages[Math.min(1, batch.messages.length - 1)]!.offset)
          uncommitted.push(uncommittedOffsets())
          await commitOffsetsIfNecessary()
          uncommitted.push(uncommittedOffsets())
          await commitOffsetsIfNecessary(uncommittedOffsets())
          uncommitted.push(uncommittedOffsets())
        },
      },
    })
    await hasCommitted(stage, groupId, topic, '5')
    stage.note('batches', batches)
    stage.note('uncommitted', uncommitted)
  }),

  scenario('consumer: a transaction that is committed', async stage => {
    const topic = await stage.topic()
    const producer = stage.other.producer({
      transactionalId: stage.unique('tx'),
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: numbered(3) })
    await transaction.commit()
    await producer.disconnect()
    const groupId = stage.unique('group')
    const consumer = await stage.consumer({ groupId })
    await consumer.subscribe({ topic, fromBeginning: true })
    const messages: KafkaMessage[] = []
    const batches: object[] = []
    await consumer.run({
      eachBatch: async ({ batch }) => {
        batches.push(batchShown(batch))
        messages.push(...batch.messages)
      },
    })
    await hasCommitted(stage, groupId, topic, '4')
    stage.note('messages', messages.map(noted))
    stage.note('batches', batches)
  }),

  scenario('consumer: transactions that are committed and aborted by turns', async stage => {
    const topic = await stage.topic()
    const producer = stage.other.producer({
      transactionalId: stage.unique('tx'),
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    for (let i = 0; i < 4; i++) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: numbered(2, i * 2) })
      await (i % 2 === 0 ? transaction.commit() : transaction.abort())
    }
    await producer.disconnect()
    const groupId = stage.unique('group')
    const consumer = await stage.consumer({ groupId })
    await consumer.subscribe({ topic, fromBeginning: true })
    const seen: string[] = []
    await consumer.run({
      autoCommitInterval: 1,
      eachMessage: async ({ message }) => void seen.push(`${message.offset} ${message.value}`),
    })
    await hasCommitted(stage, groupId, topic, '12')
    stage.note('seen', seen)
  }),

  scenario('consumer: an aborted transaction alone is told of and committed', async stage => {
    const topic = await stage.topic()
    const producer = stage.other.producer({
      transactionalId: stage.unique('tx'),
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: numbered(2) })
    await transaction.abort()
    await producer.disconnect()
    const groupId = stage.unique('group')
    const consumer = await stage.consumer({ groupId })
    await consumer.subscribe({ topic, fromBeginning: true })
    const begun = next(consumer, 'START_BATCH_PROCESS')
    const ended = next(consumer, 'END_BATCH_PROCESS')
    await consumer.run({ autoCommitInterval: 1, eachMessage: async () => stage.note('handed out', true) })
    stage.note('begun', await begun)
    stage.note('ended', await ended)
  }),

  scenario('consumer: readUncommitted reads what is not committed', async stage => {
    const topic = await stage.topic()
    const producer = stage.other.producer({
      transactionalId: stage.unique('tx'),
      idempotent: true,
      maxInFlightRequests: 1,
    })
    stage.finally(() => producer.disconnect())
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: numbered(2) })
    const consumer = await stage.consumer({ groupId: stage.unique('group'), readUncommitted: true })
    await consumer.subscribe({ topic, fromBeginning: true })
    const batches: object[] = []
    await consumer.run({ eachBatch: async ({ batch }) => void batches.push(batchShown(batch)) })
    await come(() => batches.length > 0)
    stage.note('batches', batches)
    await transaction.abort()
  }),

  scenario('consumer: an open transaction is waited for', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, numbered(2))
    const producer = stage.other.producer({
      transactionalId: stage.unique('tx'),
      idempotent: true,
      maxInFlightRequests: 1,
    })
    stage.finally(() => producer.disconnect())
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: numbered(2, 2) })
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topic, fromBeginning: true })
    const batches: object[] = []
    await consumer.run({ eachBatch: async ({ batch }) => void batches.push(batchShown(batch)) })
    await come(() => batches.length > 0)
    stage.note('batches', batches)
    await transaction.commit()
    await come(() => batches.length > 1)
    stage.note('batches then', batches)
  }),

  scenario('consumer: several topics, each from where it was told', async stage => {
    const [one, other] = [await stage.topic('one'), await stage.topic('other')]
    for (const topic of [one, other]) await stage.fill(topic, numbered(2))
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topics: [one], fromBeginning: true })
    await consumer.subscribe({ topic: other })
    const seen: string[] = []
    await consumer.run({ eachMessage: async ({ topic, message }) => void seen.push(`${topic} ${message.value}`) })
    await come(() => seen.length === 2)
    stage.note('seen', seen)
  }),

  scenario('consumer: topics by a pattern', async stage => {
    const topics = [await stage.topic('a'), await stage.topic('b'), await stage.topic('c')]
    const [a, b] = topics
    for (const topic of topics) await stage.fill(topic, [{ value: topic }])
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topics: [new RegExp(`^(${a}|${b})$`)], fromBeginning: true })
    const seen: string[] = []
    const joined = next<{ memberAssignment: object }>(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) })
    stage.note('assignment', (await joined).memberAssignment)
    await come(() => seen.length === 2)
    stage.note('seen', seen.sort())
  }),

  scenario('consumer: a topic of many partitions, in order within each', async stage => {
    const messages = Array.from({ length: 60 }, (_, i) => ({ value: String(i), partition: i % 6 }))
    const { seen, groupId, topic } = await reading(stage, { partitions: 6, messages })
    await come(() => seen.length === 60)
    for (let id = 0; id < 6; id++)
      stage.note(
        `partition ${id}`,
        seen.filter(text => text.startsWith(`${id}/`)),
      )
    await come(async () =>
      (await committed(stage, groupId, topic)).every(each => (each as { offset: string }).offset === '10'),
    )
  }),
]
