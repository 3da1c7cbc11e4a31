import { scenario } from '../scenario.ts'

const quick = { retry: { retries: 1 } }
/** Brokers answer partitions in an order of their own. */
function byPartition<T extends { partition: number }>(offsets: T[]): T[] {
  return offsets.sort((a, b) => a.partition - b.partition)
}

const values = (...texts: string[]) => texts.map(value => ({ value }))

export const offsetScenarios = [
  scenario('admin: fetchTopicOffsets of an empty topic', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    await stage.call('offsets', async () => byPartition(await admin.fetchTopicOffsets(topic)))
  }),

  scenario('admin: fetchTopicOffsets of messages', async stage => {
    const topic = await stage.topic('topic', 3)
    await stage.fill(topic, [
      { value: 'a', partition: 0 },
      { value: 'b', partition: 0 },
      { value: 'c', partition: 2 },
    ])
    const admin = await stage.admin()
    await stage.call('offsets', async () => byPartition(await admin.fetchTopicOffsets(topic)))
  }),

  scenario('admin: fetchTopicOffsets of twelve partitions', async stage => {
    const topic = await stage.topic('topic', 12)
    await stage.fill(topic, [{ value: 'a', partition: 10 }])
    const admin = await stage.admin()
    await stage.call('offsets', async () => byPartition(await admin.fetchTopicOffsets(topic)))
  }),

  scenario('admin: fetchTopicOffsets of a topic that is not there is tried again', async stage => {
    const admin = await stage.admin(quick)
    await stage.call('offsets', () => admin.fetchTopicOffsets(stage.unique('none')))
  }),

  scenario('admin: fetchTopicOffsets of a topic that can not be', async stage => {
    const admin = await stage.admin(quick)
    await stage.call('offsets', () => admin.fetchTopicOffsets('in valid'))
  }),

  scenario('admin: fetchTopicOffsets refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    for (const topic of [undefined, null, '', 5, ['a']])
      await stage.call(`${topic}`, () => admin.fetchTopicOffsets(topic as string))
  }),

  scenario('admin: fetchTopicOffsets ends before an open transaction', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, values('a'))
    const producer = stage.other.producer({
      createPartitioner: stage.library.Partitioners.DefaultPartitioner,
      transactionalId: stage.unique('transactional'),
      maxInFlightRequests: 1,
      idempotent: true,
    })
    stage.finally(() => producer.disconnect())
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: values('b') })
    const admin = await stage.admin()
    await stage.call('open', async () => byPartition(await admin.fetchTopicOffsets(topic)))
    await transaction.abort()
  }),

  scenario(
    'admin: fetchTopicOffsets asks each leader',
    async stage => {
      const topic = await stage.topic('topic', 6)
      await stage.fill(
        topic,
        [0, 1, 2, 3, 4, 5].map(partition => ({ value: 'a', partition })),
      )
      const admin = await stage.admin()
      const offsets = await admin.fetchTopicOffsets(topic)
      // By broker, in whatever order they answer.
      stage.note('offsets', byPartition(offsets))
    },
    'three',
  ),

  scenario('admin: fetchTopicOffsetsByTimestamp before, between and after messages', async stage => {
    const topic = await stage.topic()
    const time = Date.now() - 60_000
    await stage.fill(topic, [
      { value: 'a', timestamp: `${time}` },
      { value: 'b', timestamp: `${time + 1000}` },
      { value: 'c', timestamp: `${time + 2000}` },
    ])
    const admin = await stage.admin()
    for (const [step, at] of Object.entries({
      before: time - 5000,
      first: time,
      between: time + 500,
      third: time + 2000,
      after: time + 5000,
      1970: 0,
    }))
      await stage.call(step, async () => byPartition(await admin.fetchTopicOffsetsByTimestamp(topic, at)))
  }),

  scenario('admin: fetchTopicOffsetsByTimestamp at the time that a message has, a text', async stage => {
    const topic = await stage.topic()
    const time = Date.now() - 60_000
    await stage.fill(topic, [
      { value: 'a', timestamp: `${time}` },
      { value: 'b', timestamp: `${time + 1000}` },
    ])
    const admin = await stage.admin()
    const at = `${time + 1000}` as unknown as number
    await stage.call('offsets', () => admin.fetchTopicOffsetsByTimestamp(topic, at))
  }),

  scenario('admin: fetchTopicOffsetsByTimestamp without a time, and at the ends', async stage => {
    const topic = await stage.topic('topic', 2)
    await stage.fill(topic, [{ value: 'a', partition: 1 }])
    const admin = await stage.admin()
    await stage.call('none', async () => byPartition(await admin.fetchTopicOffsetsByTimestamp(topic)))
    await stage.call('earliest', async () => byPartition(await admin.fetchTopicOffsetsByTimestamp(topic, -2)))
    await stage.call('latest', async () => byPartition(await admin.fetchTopicOffsetsByTimestamp(topic, -1)))
  }),

  scenario('admin: fetchTopicOffsetsByTimestamp of an empty topic, and of one that is not there', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin(quick)
    await stage.call('empty', async () => byPartition(await admin.fetchTopicOffsetsByTimestamp(topic, Date.now())))
    await stage.call('none', () => admin.fetchTopicOffsetsByTimestamp(stage.unique('none'), Date.now()))
    await stage.call('nameless', () => admin.fetchTopicOffsetsByTimestamp('', Date.now()))
  }),

  scenario('admin: deleteTopicRecords deletes what is before an offset', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, values('a', 'b', 'c'))
    const admin = await stage.admin()
    await admin.fetchTopicOffsets(topic)
    await stage.call('deleted', () => admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] }))
    await stage.call('offsets', async () => byPartition(await admin.fetchTopicOffsets(topic)))
  }),

  scenario('admin: deleteTopicRecords deletes all', async stage => {
    const topic = await stage.topic('topic', 2)
    await stage.fill(topic, [
      { value: 'a', partition: 0 },
      { value: 'b', partition: 1 },
    ])
    const admin = await stage.admin()
    await admin.fetchTopicOffsets(topic)
    const partitions = [0, 1].map(partition => ({ partition, offset: '-1' }))
    await stage.call('deleted', () => admin.deleteTopicRecords({ topic, partitions }))
    await stage.call('offsets', async () => byPartition(await admin.fetchTopicOffsets(topic)))
  }),

  scenario('admin: deleteTopicRecords beyond the end', async stage => {
    const topic = await stage.topic('topic', 2)
    await stage.fill(topic, [
      { value: 'a', partition: 0 },
      { value: 'b', partition: 1 },
    ])
    const admin = await stage.admin(quick)
    await admin.fetchTopicOffsets(topic)
    const partitions = [
      { partition: 0, offset: '50' },
      { partition: 1, offset: '1' },
    ]
    await stage.call('deleted', () => admin.deleteTopicRecords({ topic, partitions }))
    await stage.call('offsets', async () => byPartition(await admin.fetchTopicOffsets(topic)))
  }),

  scenario('admin: deleteTopicRecords before what is deleted already warns', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, values('a', 'b', 'c'))
    const admin = await stage.admin()
    await admin.fetchTopicOffsets(topic)
    for (const offset of ['2', '1'])
      await stage.call(offset, () => admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] }))
    await stage.call('offsets', async () => byPartition(await admin.fetchTopicOffsets(topic)))
  }),

  scenario('admin: deleteTopicRecords of a partition that is not there', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, values('a'))
    const admin = await stage.admin(quick)
    await admin.fetchTopicOffsets(topic)
    const partitions = [
      { partition: 0, offset: '1' },
      { partition: 9, offset: '1' },
    ]
    await stage.call('deleted', () => admin.deleteTopicRecords({ topic, partitions }))
    await stage.call('offsets', async () => byPartition(await admin.fetchTopicOffsets(topic)))
  }),

  scenario('admin: deleteTopicRecords as the first call of an admin', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, values('a'))
    const admin = await stage.admin(quick)
    await stage.call('deleted', () => admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] }))
  }),

  scenario('admin: deleteTopicRecords refuses what can not be meant', async stage => {
    const admin = await stage.admin(quick)
    const refused = async (step: string, request: unknown): Promise<void> => {
      await stage.call(step, () => admin.deleteTopicRecords(request as never))
    }
    await refused('no topic', { partitions: [{ partition: 0, offset: '1' }] })
    await refused('no name', { topic: 7, partitions: [{ partition: 0, offset: '1' }] })
    await refused('no partitions', { topic: 'topic' })
    await refused('empty', { topic: 'topic', partitions: [] })
  }),

  scenario('admin: fetchOffsets of a group that is not there', async stage => {
    const topic = await stage.topic('topic', 2)
    const admin = await stage.admin()
    const groupId = stage.unique('group')
    await stage.call('of the topic', () => admin.fetchOffsets({ groupId, topics: [topic] }))
    await stage.call('of all', () => admin.fetchOffsets({ groupId }))
    await stage.call('of none', () => admin.fetchOffsets({ groupId, topics: [] }))
  }),

  scenario('admin: fetchOffsets of what was set', async stage => {
    const topic = await stage.topic('topic', 2)
    const admin = await stage.admin()
    const groupId = stage.unique('group')
    await stage.call('set', () => admin.setOffsets({ groupId, topic, partitions: [{ partition: 1, offset: '13' }] }))
    await stage.call('of the topic', () => admin.fetchOffsets({ groupId, topics: [topic] }))
    await stage.call('of all', () => admin.fetchOffsets({ groupId }))
  }),

  scenario('admin: fetchOffsets of two topics', async stage => {
    const [one, two] = [await stage.topic('one'), await stage.topic('two', 2)]
    const admin = await stage.admin()
    const groupId = stage.unique('group')
    await admin.setOffsets({ groupId, topic: one, partitions: [{ partition: 0, offset: '5' }] })
    // A broker tells topics in any order, and kafkajs passes that on.
    await stage.call('both', async () =>
      (await admin.fetchOffsets({ groupId, topics: [one, two] })).sort((a, b) => a.topic.localeCompare(b.topic)),
    )
    stage.note('stored', await admin.fetchOffsets({ groupId }))
  }),

  scenario('admin: fetchOffsets with metadata', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, values('a', 'b'))
    const groupId = stage.unique('group')
    const consumer = stage.other.consumer({ groupId, maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          autoCommit: false,
          eachMessage: async () => {
            await consumer.commitOffsets([{ topic, partition: 0, offset: '1', metadata: 'remember' }])
            resolve()
          },
        })
        .catch(reject)
    })
    await consumer.disconnect()
    const admin = await stage.admin()
    await stage.call('offsets', () => admin.fetchOffsets({ groupId, topics: [topic] }))
  }),

  scenario('admin: fetchOffsets in a topic that is not there', async stage => {
    const admin = await stage.admin(quick)
    const groupId = stage.unique('group')
    await stage.call('offsets', () => admin.fetchOffsets({ groupId, topics: [stage.unique('none')] }))
  }),

  scenario('admin: fetchOffsets refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    const refused = async (step: string, request: unknown): Promise<void> => {
      await stage.call(step, () => admin.fetchOffsets(request as never))
    }
    await refused('no group', {})
    await refused('null group', { groupId: null, topics: ['a'] })
    await refused('no list', { groupId: 'group', topics: 'a' })
  }),

  scenario('admin: setOffsets moves a group back and forth', async stage => {
    const topic = await stage.topic('topic', 2)
    const admin = await stage.admin()
    const groupId = stage.unique('group')
    for (const offset of ['7', '0']) {
      const partitions = [0, 1].map(partition => ({ partition, offset }))
      await stage.call(`to ${offset}`, () => admin.setOffsets({ groupId, topic, partitions }))
      await stage.call(`at ${offset}`, () => admin.fetchOffsets({ groupId, topics: [topic] }))
    }
  }),

  scenario('admin: setOffsets with a number', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    const groupId = stage.unique('group')
    const partitions = [{ partition: 0, offset: 13 as unknown as string }]
    await stage.call('set', () => admin.setOffsets({ groupId, topic, partitions }))
    await stage.call('offsets', () => admin.fetchOffsets({ groupId, topics: [topic] }))
  }),

  scenario('admin: setOffsets of a group with members', async stage => {
    const topic = await stage.topic()
    const groupId = stage.unique('group')
    const consumer = stage.other.consumer({ groupId, maxWaitTimeInMs: 100 })
    stage.finally(() => consumer.disconnect())
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    const joined = new Promise<unknown>(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve))
    await consumer.run({ eachMessage: async () => {} })
    await joined
    const admin = await stage.admin(quick)
    const partitions = [{ partition: 0, offset: '1' }]
    await stage.call('set', () => admin.setOffsets({ groupId, topic, partitions }))
    await stage.call('reset', () => admin.resetOffsets({ groupId, topic, earliest: true }))
  }),

  scenario('admin: setOffsets in a topic that is not there', async stage => {
    const admin = await stage.admin(quick)
    const partitions = [{ partition: 0, offset: '1' }]
    await stage.call('set', () =>
      admin.setOffsets({ groupId: stage.unique('group'), topic: stage.unique('none'), partitions }),
    )
  }),

  scenario('admin: setOffsets refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    const refused = async (step: string, request: unknown): Promise<void> => {
      await stage.call(step, () => admin.setOffsets(request as never))
    }
    await refused('no group', { topic: 'a', partitions: [{ partition: 0, offset: '1' }] })
    await refused('no topic', { groupId: 'a', partitions: [{ partition: 0, offset: '1' }] })
    await refused('no partitions', { groupId: 'a', topic: 'a' })
    await refused('empty', { groupId: 'a', topic: 'a', partitions: [] })
  }),

  scenario('admin: setOffsets refuses offsets that can not be', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    const refused = async (step: string, partition: unknown, offset: unknown): Promise<void> => {
      const partitions = [{ partition, offset }]
      await stage.call(step, () => admin.setOffsets({ groupId: stage.unique('group'), topic, partitions } as never))
    }
    await refused('partition', 'x', '1')
    await refused('text', 0, 'here')
    await refused('negative', 0, '-10')
  }),

  scenario('admin: resetOffsets to the end and to the beginning', async stage => {
    const topic = await stage.topic('topic', 2)
    await stage.fill(topic, [{ value: 'a', partition: 1 }])
    const admin = await stage.admin()
    const groupId = stage.unique('group')
    await stage.call('to the end', () => admin.resetOffsets({ groupId, topic, earliest: false }))
    await stage.call('at the end', () => admin.fetchOffsets({ groupId, topics: [topic] }))
    await stage.call('to the beginning', () => admin.resetOffsets({ groupId, topic, earliest: true }))
    await stage.call('at the beginning', () => admin.fetchOffsets({ groupId, topics: [topic] }))
  }),

  scenario('admin: resetOffsets to the end by default', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    const groupId = stage.unique('group')
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '13' }] })
    await stage.call('reset', () => admin.resetOffsets({ groupId, topic } as never))
    await stage.call('offsets', () => admin.fetchOffsets({ groupId, topics: [topic] }))
  }),

  ...(['beginning', 'end'] as const).map(place =>
    scenario(`admin: fetchOffsets resolves the ${place}`, async stage => {
      const topic = await stage.topic('topic', 2)
      await stage.fill(topic, [{ value: 'a', partition: 1 }])
      const admin = await stage.admin()
      const groupId = stage.unique('group')
      await admin.resetOffsets({ groupId, topic, earliest: place === 'beginning' })
      await stage.call('resolved', () => admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true }))
      await stage.call('stored', () => admin.fetchOffsets({ groupId, topics: [topic] }))
    }),
  ),

  scenario('admin: fetchOffsets resolves nothing where there are offsets', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, values('a', 'b'))
    const admin = await stage.admin()
    const groupId = stage.unique('group')
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] })
    await stage.call('offsets', () => admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true }))
  }),

  scenario('admin: resetOffsets refuses what can not be meant', async stage => {
    const admin = await stage.admin(quick)
    const refused = async (step: string, request: unknown): Promise<void> => {
      await stage.call(step, () => admin.resetOffsets(request as never))
    }
    await refused('no group', { topic: 'a' })
    await refused('no topic', { groupId: 'a' })
    await refused('no such topic', { groupId: stage.unique('group'), topic: stage.unique('none') })
  }),
]
