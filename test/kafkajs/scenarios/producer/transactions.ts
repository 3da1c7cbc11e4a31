import { scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'
import { written } from './written.ts'

const transactional = (stage: Stage, config: object = {}) =>
  stage.producer({ transactionalId: stage.unique('id'), maxInFlightRequests: 1, idempotent: true, ...config })

export const transactionScenarios = [
  scenario('producer: a transaction without a transactional id', async stage => {
    const producer = await stage.producer()
    await stage.call('transaction', () => producer.transaction())
  }),

  scenario('producer: a transaction is committed', async stage => {
    const topic = await stage.topic()
    const producer = await transactional(stage)
    const transaction = await producer.transaction()
    stage.note('keys', Object.keys(transaction).sort())
    stage.note('active', transaction.isActive())
    await stage.call('sent', () => transaction.send({ topic, messages: [{ value: 'a' }] }))
    await stage.call('batch', () => transaction.sendBatch({ topicMessages: [{ topic, messages: [{ value: 'b' }] }] }))
    await stage.call('commit', () => transaction.commit())
    stage.note('active after', transaction.isActive())
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: a transaction is aborted', async stage => {
    const topic = await stage.topic()
    const producer = await transactional(stage)
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: 'a' }] })
    await stage.call('abort', () => transaction.abort())
    stage.note('active', transaction.isActive())
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: one transaction after the other', async stage => {
    const topic = await stage.topic()
    const producer = await transactional(stage)
    for (const [i, end] of (['commit', 'abort', 'commit'] as const).entries()) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: `${i}` }] })
      await stage.call(`${i}`, () => transaction[end]())
    }
    const admin = await stage.admin()
    stage.note('end', await admin.fetchTopicOffsets(topic))
  }),

  scenario('producer: a transaction of nothing', async stage => {
    const producer = await transactional(stage)
    for (const end of ['commit', 'abort'] as const) {
      const transaction = await producer.transaction()
      await stage.call(end, () => transaction[end]())
    }
  }),

  scenario('producer: a second transaction at once', async stage => {
    const producer = await transactional(stage)
    const transaction = await producer.transaction()
    await stage.call('second', () => producer.transaction())
    await transaction.abort()
    await stage.call('then', async () => (await producer.transaction()).abort())
  }),

  scenario('producer: a transaction is used after its end', async stage => {
    const topic = await stage.topic()
    const producer = await transactional(stage)
    for (const end of ['commit', 'abort'] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: 'a' }] })
      await transaction[end]()
      await stage.call(`${end}: send`, () => transaction.send({ topic, messages: [{ value: 'b' }] }))
      await stage.call(`${end}: sendBatch`, () => transaction.sendBatch({ topicMessages: [] }))
      await stage.call(`${end}: sendOffsets`, () => transaction.sendOffsets({ consumerGroupId: 'g', topics: [] }))
      await stage.call(`${end}: commit`, () => transaction.commit())
      await stage.call(`${end}: abort`, () => transaction.abort())
    }
  }),

  scenario('producer: offsets are committed with a transaction', async stage => {
    const topic = await stage.topic('topic', 2)
    const consumerGroupId = stage.unique('group')
    const producer = await transactional(stage)
    const admin = await stage.admin()
    const topics = [
      {
        topic,
        partitions: [
          { partition: 0, offset: '5' },
          { partition: 1, offset: '7' },
        ],
      },
    ]
    const transaction = await producer.transaction()
    await stage.call('offsets', () => transaction.sendOffsets({ consumerGroupId, topics }))
    await stage.call('commit', () => transaction.commit())
    const stored = () => admin.fetchOffsets({ groupId: consumerGroupId, topics: [topic] })
    // They are there a moment after the transaction is over.
    while ((await stored())[0]?.partitions.some(({ offset }) => offset === '-1'));
    await stage.call('committed', stored)
  }),

  scenario('producer: offsets go with a transaction that is aborted', async stage => {
    const topic = await stage.topic()
    const consumerGroupId = stage.unique('group')
    const producer = await transactional(stage)
    const admin = await stage.admin()
    const transaction = await producer.transaction()
    await transaction.sendOffsets({ consumerGroupId, topics: [{ topic, partitions: [{ partition: 0, offset: '5' }] }] })
    await stage.call('abort', () => transaction.abort())
    await stage.call('committed', () => admin.fetchOffsets({ groupId: consumerGroupId, topics: [topic] }))
  }),

  scenario('producer: a transaction with acks of its own', async stage => {
    const topic = await stage.topic()
    const producer = await transactional(stage)
    const transaction = await producer.transaction()
    await stage.call('acks 1', () => transaction.send({ topic, acks: 1, messages: [{ value: 'a' }] }))
    await stage.call('no value', () => transaction.send({ topic, messages: [{} as never] }))
    await stage.call('then', () => transaction.send({ topic, messages: [{ value: 'b' }] }))
    await stage.call('commit', () => transaction.commit())
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: outside of its transactions it writes at once', async stage => {
    const topic = await stage.topic()
    const producer = await transactional(stage)
    const transaction = await producer.transaction()
    await stage.call('outside', () => producer.send({ topic, messages: [{ value: 'outside' }] }))
    await transaction.abort()
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: another one takes its transactional id', async stage => {
    const topic = await stage.topic()
    const transactionalId = stage.unique('id')
    const retry = { retries: 2, initialRetryTime: 20 }
    const [old, fresh] = [
      await transactional(stage, { transactionalId, retry }),
      await transactional(stage, { transactionalId, retry }),
    ]
    const before = await old.transaction()
    await before.send({ topic, messages: [{ value: 'old' }] })
    const after = await fresh.transaction()
    await stage.call('the old one sends', () => before.send({ topic, messages: [{ value: 'late' }] }))
    await after.send({ topic, messages: [{ value: 'fresh' }] })
    await after.commit()
    const there = (await written(stage, topic)) as { value: Buffer }[][]
    stage.note(
      'there',
      there[0]!.map(({ value }) => value),
    )
  }),
]
