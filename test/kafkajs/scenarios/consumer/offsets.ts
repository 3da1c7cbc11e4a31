import { type Scenario, scenario } from '../scenario.ts'
import { come, committed, hasCommitted, next, numbered, reading, shown } from './reading.ts'

export const offsetScenarios: readonly Scenario[] = [
  scenario('consumer: begins at the end by default', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, numbered(3))
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topics: [topic] })
    const seen: string[] = []
    const fetched = next(consumer, 'FETCH')
    await consumer.run({ eachMessage: async payload => void seen.push(shown(payload)) })
    await fetched
    await stage.fill(topic, numbered(2, 3))
    await come(() => seen.length === 2)
    stage.note('seen', seen)
  }),

  scenario('consumer: commits when a batch ends', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, numbered(3))
    const groupId = stage.unique('group')
    const consumer = await stage.consumer({ groupId })
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const commits = stage.watch(consumer, 'COMMIT_OFFSETS')
    await consumer.run({ eachMessage: async () => {} })
    await hasCommitted(stage, groupId, topic, '3')
    // It is told of once its answer has come.
    await come(() => commits.length > 0)
    stage.note('commits', commits)
    stage.note('committed', await committed(stage, groupId, topic))
  }),

  scenario('consumer: commits by a threshold', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, numbered(5))
    const groupId = stage.unique('group')
    const consumer = await stage.consumer({ groupId })
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const commits = stage.watch(consumer, 'COMMIT_OFFSETS')
    await consumer.run({ autoCommitThreshold: 2, eachMessage: async () => {} })
    await hasCommitted(stage, groupId, topic, '5')
    // It is told of once its answer has come.
    await come(() => commits.length >= 3)
    stage.note(
      'commits',
      commits.map(({ payload }) => (payload as { topics: object }).topics),
    )
  }),

  scenario('consumer: commits nothing without autoCommit, and what it is told', async stage => {
    const { consumer, topic, groupId, seen } = await reading(stage, { run: { autoCommit: false } })
    const commits = stage.watch(consumer, 'COMMIT_OFFSETS')
    await come(() => seen.length === 5)
    stage.note('before', await committed(stage, groupId, topic))
    await stage.call('by hand', () =>
      consumer.commitOffsets([{ topic, partition: 0, offset: '3', metadata: 'why not' }]),
    )
    stage.note('after', await committed(stage, groupId, topic))
    await stage.call('back', () => consumer.commitOffsets([{ topic, partition: 0, offset: '1' }]))
    stage.note('after that', await committed(stage, groupId, topic))
    stage.note(
      'commits',
      commits.map(({ payload }) =>
        (payload as { topics: { partitions: { partition: number }[] }[] }).topics.map(each =>
          each.partitions.map(({ partition }) => partition),
        ),
      ),
    )
    await consumer.stop()
    stage.note('stopped', await committed(stage, groupId, topic))
  }),

  scenario('consumer: goes on from what was committed', async stage => {
    const { consumer, topic, seen } = await reading(stage, {})
    await come(() => seen.length === 5)
    await consumer.stop()
    await stage.fill(topic, numbered(2, 5))
    await consumer.run({
      eachMessage: async payload => void seen.push(shown(payload)),
    })
    await come(() => seen.length === 7)
    stage.note('seen', seen)
  }),

  scenario('consumer: a seek back', async stage => {
    const { consumer, topic, seen } = await reading(stage, {})
    await come(() => seen.length === 5)
    await stage.call('sought', () => consumer.seek({ topic, partition: 0, offset: '3' }))
    await come(() => seen.length === 7)
    stage.note('seen', seen)
  }),

  scenario('consumer: a seek ahead is committed', async stage => {
    const { consumer, topic, groupId } = await reading(stage, { messages: [] })
    consumer.seek({ topic, partition: 0, offset: '0' })
    await hasCommitted(stage, groupId, topic, '0')
    stage.note('committed', await committed(stage, groupId, topic))
  }),

  scenario('consumer: a seek without autoCommit is not committed', async stage => {
    const { consumer, topic, groupId, seen } = await reading(stage, { run: { autoCommit: false } })
    await come(() => seen.length === 5)
    consumer.seek({ topic, partition: 0, offset: '2' })
    await come(() => seen.length === 8)
    stage.note('seen', seen)
    stage.note('committed', await committed(stage, groupId, topic))
  }),

  scenario('consumer: the last seek counts', async stage => {
    const { consumer, topic, seen } = await reading(stage, {})
    await come(() => seen.length === 5)
    consumer.seek({ topic, partition: 0, offset: '0' })
    consumer.seek({ topic, partition: 0, offset: '4' })
    await come(() => seen.length === 6)
    stage.note('seen', seen)
  }),

  scenario('consumer: a seek of a partition that it does not have', async stage => {
    const { consumer, topic, seen } = await reading(stage, {})
    await come(() => seen.length === 5)
    await stage.call('sought', () => consumer.seek({ topic, partition: 7, offset: '0' }))
    await stage.call('another topic', () => consumer.seek({ topic: 'nowhere', partition: 0, offset: '0' }))
    await stage.fill(topic, numbered(1, 5))
    await come(() => seen.length === 6)
    stage.note('seen', seen)
  }),

  scenario('consumer: a seek in eachMessage ends the batch in hand', async stage => {
    const seen: string[] = []
    const { consumer, topic } = await reading(stage, {
      run: {
        eachMessage: async payload => {
          seen.push(shown(payload))
          if (seen.length === 2) consumer.seek({ topic, partition: 0, offset: '4' })
        },
      },
    })
    await come(() => seen.length === 3)
    stage.note('seen', seen)
  }),

  scenario('consumer: a seek in eachBatch makes it stale', async stage => {
    const seen: unknown[] = []
    const { consumer, topic } = await reading(stage, {
      run: {
        eachMessage: undefined as never,
        eachBatch: async ({ batch, isStale }) => {
          if (seen.length === 0) consumer.seek({ topic, partition: 0, offset: '3' })
          seen.push([batch.firstOffset(), isStale()])
        },
      },
    })
    await come(() => seen.length === 2)
    stage.note('seen', seen)
  }),

  scenario('consumer: a seek right after run', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, numbered(5))
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const seen: string[] = []
    const running = consumer.run({ eachMessage: async payload => void seen.push(shown(payload)) })
    await stage.call('sought', () => consumer.seek({ topic, partition: 0, offset: '3' }))
    await running
    await come(() => seen.length === 2)
    stage.note('seen', seen)
  }),

  scenario('consumer: offsets that are out of range', async stage => {
    const { consumer, topic, groupId, seen } = await reading(stage, {})
    await hasCommitted(stage, groupId, topic, '5')
    consumer.seek({ topic, partition: 0, offset: '500' })
    await come(() => seen.length === 10)
    stage.note('seen', seen)
  }),

  scenario('consumer: a pause in eachMessage', async stage => {
    const seen: string[] = []
    let resume: (() => void) | undefined
    const { consumer, topic, groupId } = await reading(stage, {
      run: {
        eachMessage: async payload => {
          seen.push(shown(payload))
          if (seen.length === 2) resume = payload.pause()
        },
      },
    })
    await hasCommitted(stage, groupId, topic, '2')
    stage.note('paused', consumer.paused())
    stage.note('seen', [...seen])
    resume!()
    await come(() => seen.length === 5)
    stage.note('resumed', consumer.paused())
    stage.note('seen then', seen)
  }),

  scenario('consumer: a pause in eachBatch', async stage => {
    const seen: string[][] = []
    const { consumer, topic, groupId } = await reading(stage, {
      run: {
        eachMessage: undefined as never,
        eachBatch: async ({ batch, pause }) => {
          seen.push(batch.messages.map(({ offset }) => offset))
          if (seen.length === 1) pause()
        },
      },
    })
    await hasCommitted(stage, groupId, topic, '5')
    await stage.fill(topic, numbered(1, 5))
    stage.note('paused', consumer.paused())
    consumer.resume([{ topic }])
    stage.note('resumed', consumer.paused())
    consumer.resume([{ topic, partitions: [0] }])
    stage.note('resumed by number', consumer.paused())
    await come(() => seen.length === 2)
    stage.note('seen', seen)
  }),

  scenario('consumer: pauses and resumes as they add up', async stage => {
    const { consumer, topic } = await reading(stage, { messages: [], partitions: 3 })
    const note = (step: string): void => stage.note(step, consumer.paused())
    consumer.pause([{ topic, partitions: [1] }])
    note('one')
    consumer.pause([{ topic }])
    note('all')
    consumer.resume([{ topic, partitions: [2] }])
    note('all but one')
    consumer.pause([{ topic, partitions: [2] }])
    note('one again')
    consumer.resume([{ topic }])
    note('none')
    consumer.pause([
      { topic: 'nowhere', partitions: [0] },
      { topic, partitions: [0, 2] },
    ])
    note('two')
    consumer.resume([{ topic, partitions: [0] }])
    note('the other')
    await consumer.stop()
    note('stopped')
  }),
]
