import { scenario } from '../scenario.ts'
import { written } from './written.ts'

// What users hand over that no type allows.
// biome-ignore lint/suspicious/noExplicitAny: that is the point.
type Anything = any

const quick = { retry: { retries: 1, initialRetryTime: 20, maxRetryTime: 20 } }

export const sendScenarios = [
  scenario('producer: send one message', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    await stage.call('sent', () => producer.send({ topic, messages: [{ key: 'k', value: 'v' }] }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: send several messages, and again', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const messages = [{ value: 'a' }, { value: 'b' }, { value: 'c' }]
    await stage.call('first', () => producer.send({ topic, messages }))
    await stage.call('second', () => producer.send({ topic, messages }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: send texts, bytes, empty ones and tombstones', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const messages = [
      { key: 'text', value: 'grüße 🦊' },
      { key: Buffer.from([0, 255]), value: Buffer.from([1, 2, 3]) },
      { key: '', value: '' },
      { key: null, value: null },
      { value: Buffer.alloc(0) },
    ]
    await stage.call('sent', () => producer.send({ topic, messages }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: neither texts nor bytes', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const wrong = [{ key: 7, value: 'seven' }, { value: 7 }, { value: true }, { value: { a: 1 } }] as Anything[]
    for (const message of wrong)
      await stage.call(JSON.stringify(message), () => producer.send({ topic, messages: [message] }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: headers of all kinds', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const headers = {
      text: 'a',
      bytes: Buffer.from('b'),
      several: ['c', Buffer.from('d')],
      empty: '',
      ünï: 'ö',
    }
    await stage.call('sent', () => producer.send({ topic, messages: [{ value: 'v', headers }] }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: headers added after send was called are too late, those before are not', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    await producer.send({ topic, messages: [{ value: 'first' }] })
    const message: Anything = { value: 'v' }
    message.headers = { traceparent: '00-1-2-03' }
    await stage.call('sent', () => producer.send({ topic, messages: [message] }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: timestamps', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const messages = [{ value: 'old', timestamp: '1600000000000' }, { value: 'now' }]
    await stage.call('sent', () => producer.send({ topic, messages }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: messages that name their partition', async stage => {
    const topic = await stage.topic('topic', 3)
    const producer = await stage.producer()
    const messages = [
      { value: 'c', partition: 2 },
      { value: 'a', partition: 0, key: 'k' },
      { value: 'd', partition: 2 },
    ]
    await stage.call('sent', () => producer.send({ topic, messages }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: keys go where Java puts them', async stage => {
    const topic = await stage.topic('topic', 7)
    const producer = await stage.producer()
    const messages = Array.from({ length: 40 }, (_, i) => ({ key: `key ${i} ${'ä'.repeat(i % 5)}`, value: `${i}` }))
    await stage.call('sent', () => producer.send({ topic, messages }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: keys go where kafkajs 1 put them', async stage => {
    const topic = await stage.topic('topic', 7)
    const producer = await stage.producer({ createPartitioner: stage.library.Partitioners.LegacyPartitioner })
    const messages = Array.from({ length: 60 }, (_, i) => ({ key: `${'k'.repeat(i % 13)}${i}ß`, value: `${i}` }))
    await stage.call('sent', () => producer.send({ topic, messages }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: messages without a key go to each partition in turn', async stage => {
    const topic = await stage.topic('topic', 3)
    const producer = await stage.producer()
    const messages = Array.from({ length: 9 }, (_, i) => ({ value: `${i}` }))
    const sent = await producer.send({ topic, messages })
    const there = await written(stage, topic)
    stage.note('partitions', sent.map(({ partition }) => partition).sort())
    stage.note(
      'counts',
      there.map(each => each.length),
    )
  }),

  scenario('producer: a partitioner of its own is asked for every message', async stage => {
    const topic = await stage.topic('topic', 3)
    const asked: object[] = []
    const createPartitioner = () => (args: { message: { value: unknown } }) => {
      asked.push({ ...args, message: { ...args.message } })
      return Number(args.message.value) % 3
    }
    const producer = await stage.producer({ createPartitioner })
    const messages = [{ value: '2' }, { value: '4', partition: 0 }, { value: '0', key: 'k' }]
    await stage.call('sent', () => producer.send({ topic, messages }))
    stage.note('asked', asked)
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: acks of the leader alone', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    await stage.call('sent', () => producer.send({ topic, acks: 1, messages: [{ value: 'v' }] }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: without acks nothing is told', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    await stage.call('sent', () => producer.send({ topic, acks: 0, messages: [{ value: 'v' }] }))
    await producer.send({ topic, messages: [{ value: 'w' }] })
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: acks that there are not', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer(quick)
    await stage.call('sent', () => producer.send({ topic, acks: 2, messages: [{ value: 'v' }] }))
  }),

  scenario('producer: compressed by gzip', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const messages = Array.from({ length: 50 }, (_, i) => ({ value: `some text that repeats ${i}` }))
    const compression = stage.library.CompressionTypes.GZIP
    await stage.call('sent', () => producer.send({ topic, compression, messages }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: a topic that is made by sending to it', async stage => {
    const topic = stage.unique('fresh')
    const producer = await stage.producer()
    await stage.call('sent', () => producer.send({ topic, messages: [{ key: 'k', value: 'v' }] }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: a topic that is not there and must not be made', async stage => {
    const topic = stage.unique('fresh')
    const producer = await stage.producer({ ...quick, allowAutoTopicCreation: false })
    await stage.call('sent', () => producer.send({ topic, messages: [{ value: 'v', partition: 0 }] }))
  }),

  scenario('producer: a topic by a name that can not be', async stage => {
    const producer = await stage.producer(quick)
    await stage.call('sent', () => producer.send({ topic: 'in valid', messages: [{ value: 'v' }] }))
  }),

  scenario('producer: no topic', async stage => {
    const producer = await stage.producer()
    for (const topic of [undefined, null, ''] as Anything[])
      await stage.call(`${topic}`, () => producer.send({ topic, messages: [{ value: 'v' }] }))
  }),

  scenario('producer: no messages', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    for (const messages of [undefined, null] as Anything[])
      await stage.call(`${messages}`, () => producer.send({ topic, messages }))
    await stage.call('none', () => producer.send({ topic, messages: [] }))
  }),

  scenario('producer: a message without value', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    for (const message of [{ key: 'k' }, {}, { value: undefined, partition: 0 }] as Anything[])
      await stage.call(JSON.stringify(message), () => producer.send({ topic, messages: [{ value: 'v' }, message] }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: a message too large for the broker', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer(quick)
    await stage.call('sent', () => producer.send({ topic, messages: [{ value: Buffer.alloc(1_200_000, 1) }] }))
  }),

  scenario('producer: sendBatch to several topics, one of them twice', async stage => {
    const [one, two] = [await stage.topic('one'), await stage.topic('two', 2)]
    const producer = await stage.producer()
    const topicMessages = [
      { topic: two, messages: [{ value: 'a', partition: 1 }] },
      { topic: one, messages: [{ value: 'b' }] },
      {
        topic: two,
        messages: [
          { value: 'c', partition: 1 },
          { value: 'd', partition: 0 },
        ],
      },
    ]
    // Real brokers answer about topics in an order of their own.
    await stage.call('sent', async () =>
      (await producer.sendBatch({ topicMessages })).sort((a, b) => (a.topicName < b.topicName ? -1 : 1)),
    )
    stage.note('one', await written(stage, one))
    stage.note('two', await written(stage, two))
  }),

  scenario('producer: sendBatch of nothing', async stage => {
    const producer = await stage.producer()
    await stage.call('nothing', () => producer.sendBatch({}))
    await stage.call('no topics', () => producer.sendBatch({ topicMessages: [] }))
  }),

  scenario('producer: sendBatch with one wrong among them writes nothing', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const topicMessages = [
      { topic, messages: [{ value: 'a' }] },
      { topic: '', messages: [{ value: 'b' }] },
    ]
    await stage.call('no topic', () => producer.sendBatch({ topicMessages }))
    const without = [
      { topic, messages: [{ value: 'a' }] },
      { topic, messages: undefined },
    ] as Anything
    await stage.call('no messages', () => producer.sendBatch({ topicMessages: without }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: a list of no messages makes the topic all the same', async stage => {
    const topic = stage.unique('fresh')
    const producer = await stage.producer()
    await stage.call('sent', () => producer.send({ topic, messages: [] }))
    const admin = await stage.admin()
    stage.note('made', (await admin.listTopics()).includes(topic))
  }),

  scenario('producer: sends at once keep their order in a partition', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.send({ topic, messages: [{ value: 'first' }] })
    await Promise.all(Array.from({ length: 20 }, (_, i) => producer.send({ topic, messages: [{ value: `${i}` }] })))
    const there = (await written(stage, topic)) as { value: Buffer }[][]
    // kafkajs wakes those who wait in the order of a Set that they leave and join: its last two change places.
    stage.note(
      'order',
      there[0]!.slice(0, 19).map(({ value }) => value.toString()),
    )
  }),

  scenario(
    'producer: to brokers that each lead some',
    async stage => {
      const topic = await stage.topic('topic', 6)
      const producer = await stage.producer()
      const messages = Array.from({ length: 12 }, (_, i) => ({ value: `${i}`, partition: i % 6 }))
      const sent = await producer.send({ topic, messages })
      stage.note(
        'sent',
        [...sent].sort((a, b) => a.partition - b.partition),
      )
      stage.note('there', await written(stage, topic))
    },
    'three',
  ),
]
