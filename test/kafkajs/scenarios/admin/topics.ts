import type { Admin } from '../../../../adapters/kafkajs/index.ts'
import { scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'

const quick = { retry: { retries: 1 } }

/** The partitions of topics, as either library tells of them. */
async function layout(stage: Stage, admin: Admin, step: string, ...topics: string[]): Promise<void> {
  await stage.call(step, () => admin.fetchTopicMetadata({ topics }))
}

export const topicScenarios = [
  scenario('admin: listTopics names what is there', async stage => {
    const [one, two] = [await stage.topic('one'), await stage.topic('two')]
    const admin = await stage.admin()
    const topics = await admin.listTopics()
    stage.note(
      'listed',
      [one, two].filter(topic => topics.includes(topic)),
    )
  }),

  scenario('admin: createTopics makes topics', async stage => {
    const admin = await stage.admin()
    const [one, two] = [stage.unique('one'), stage.unique('two')]
    const topics = [{ topic: one }, { topic: two, numPartitions: 3, replicationFactor: 1 }]
    await stage.call('made', () => admin.createTopics({ topics, waitForLeaders: false }))
    for (const { topic, numPartitions = 1 } of topics) await stage.known(topic, numPartitions)
    await layout(stage, admin, 'one', one)
    await layout(stage, admin, 'two', two)
  }),

  scenario('admin: createTopics passes over what it does not know', async stage => {
    const topic = stage.unique('topic')
    const admin = await stage.admin()
    const configEntries = [{ name: 'retention.ms', value: '5000', comment: 'short' }]
    const topics = [{ topic, numPartitions: 1, partitions: 7, configEntries }]
    await stage.call('made', () => admin.createTopics({ topics, waitForLeaders: false, more: 1 } as never))
    await stage.known(topic)
    const topicPartitions = [{ topic, count: 2, more: 1 }]
    await stage.call('added', () => admin.createPartitions({ topicPartitions, more: 1 } as never))
    await stage.known(topic, 2)
    await layout(stage, admin, 'there', topic)
  }),

  scenario('admin: createTopics waits for leaders', async stage => {
    const admin = await stage.admin()
    await stage.call('made', () => admin.createTopics({ topics: [{ topic: stage.unique('topic') }] }))
  }),

  scenario('admin: createTopics answers false for a topic that is there', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    await stage.call('made', () => admin.createTopics({ topics: [{ topic }] }))
  }),

  scenario('admin: createTopics answers false where some are there and makes the others', async stage => {
    const topic = await stage.topic()
    const fresh = stage.unique('fresh')
    const admin = await stage.admin()
    await stage.call('made', () => admin.createTopics({ topics: [{ topic }, { topic: fresh }] }))
    await stage.known(fresh)
    await layout(stage, admin, 'fresh', fresh)
  }),

  scenario('admin: createTopics tells all that failed, by name', async stage => {
    const admin = await stage.admin()
    const topics = [
      { topic: stage.unique('b'), replicationFactor: 9 },
      { topic: 'in valid' },
      { topic: stage.unique('a'), numPartitions: 0 },
    ]
    await stage.call('made', () => admin.createTopics({ topics }))
  }),

  scenario('admin: createTopics tells of one that is there beside one that is invalid', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    await stage.call('made', () => admin.createTopics({ topics: [{ topic: 'in valid' }, { topic }] }))
  }),

  scenario('admin: createTopics of no topics', async stage => {
    const admin = await stage.admin()
    await stage.call('made', () => admin.createTopics({ topics: [] }))
  }),

  scenario('admin: createTopics checks only, and makes nothing', async stage => {
    const topic = stage.unique('topic')
    const admin = await stage.admin(quick)
    const topics = [{ topic, numPartitions: 2 }]
    await stage.call('checked', () => admin.createTopics({ topics, validateOnly: true, waitForLeaders: false }))
    await layout(stage, admin, 'none', topic)
  }),

  scenario('admin: createTopics checks only, and tells what is wrong', async stage => {
    const topic = stage.unique('topic')
    const admin = await stage.admin()
    const topics = [{ topic, replicationFactor: 7 }]
    await stage.call('checked', () => admin.createTopics({ topics, validateOnly: true, waitForLeaders: false }))
  }),

  scenario('admin: createTopics checks only, with the default of waiting for leaders', async stage => {
    const admin = await stage.admin(quick)
    const topics = [{ topic: stage.unique('topic') }]
    await stage.call('checked', () => admin.createTopics({ topics, validateOnly: true }))
  }),

  scenario('admin: createTopics with settings', async stage => {
    const topic = stage.unique('topic')
    const admin = await stage.admin()
    const configEntries = [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'retention.ms', value: '12345' },
    ]
    await stage.call('made', () => admin.createTopics({ topics: [{ topic, configEntries }], waitForLeaders: false }))
    await stage.known(topic)
    const configNames = ['cleanup.policy', 'retention.ms']
    const resources = [{ type: stage.library.ConfigResourceTypes.TOPIC, name: topic, configNames }]
    await stage.call('settings', () => admin.describeConfigs({ resources, includeSynonyms: false }))
  }),

  scenario('admin: createTopics with a setting that there is not', async stage => {
    const admin = await stage.admin()
    const topics = [{ topic: stage.unique('topic'), configEntries: [{ name: 'no.such.setting', value: '1' }] }]
    await stage.call('made', () => admin.createTopics({ topics }))
  }),

  scenario('admin: createTopics with a value that can not be', async stage => {
    const admin = await stage.admin()
    const topics = [{ topic: stage.unique('topic'), configEntries: [{ name: 'retention.ms', value: 'soon' }] }]
    await stage.call('made', () => admin.createTopics({ topics }))
  }),

  scenario(
    'admin: createTopics where it is told to',
    async stage => {
      const topic = stage.unique('topic')
      const admin = await stage.admin()
      const replicaAssignment = [
        { partition: 0, replicas: [2, 3] },
        { partition: 1, replicas: [3, 1] },
      ]
      await stage.call('made', () =>
        admin.createTopics({ topics: [{ topic, replicaAssignment }], waitForLeaders: false }),
      )
      await stage.known(topic, 2)
      await layout(stage, admin, 'there', topic)
    },
    'three',
  ),

  scenario('admin: createTopics where nobody is', async stage => {
    const admin = await stage.admin()
    const replicaAssignment = [{ partition: 0, replicas: [99] }]
    const topics = [{ topic: stage.unique('topic'), replicaAssignment }]
    await stage.call('made', () => admin.createTopics({ topics }))
  }),

  scenario('admin: createTopics without waiting for leaders', async stage => {
    const topic = stage.unique('topic')
    const admin = await stage.admin()
    await stage.call('made', () => admin.createTopics({ topics: [{ topic }], waitForLeaders: false }))
  }),

  scenario('admin: createTopics refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    const refused = async (step: string, topics: unknown): Promise<void> => {
      await stage.call(step, () => admin.createTopics({ topics } as never))
    }
    await refused('no topics', null)
    await refused('no list', 'topic')
    await refused('no name', [{ topic: 123 }])
    await refused('twice', [{ topic: 'a' }, { topic: 'a' }])
    await refused('no list of settings', [{ topic: 'a', configEntries: 'x' }])
    await refused('no setting', [{ topic: 'a', configEntries: ['x'] }])
    await refused('null setting', [{ topic: 'a', configEntries: [null] }])
    await refused('nameless', [{ topic: 'a', configEntries: [{ value: 'x' }] }])
    await refused('number', [{ topic: 'a', configEntries: [{ name: 'x', value: 1 }] }])
    await refused('second', [{ topic: 'a', configEntries: [{ name: 'x', value: '1' }, { name: 'y' }] }])
  }),

  scenario('admin: createPartitions adds partitions', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    await stage.call('added', () => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }))
    await stage.known(topic, 3)
    await layout(stage, admin, 'three', topic)
  }),

  scenario('admin: createPartitions of fewer, or as many as there are', async stage => {
    const topic = await stage.topic('topic', 2)
    const admin = await stage.admin()
    for (const count of [0, 1, 2])
      await stage.call(`${count}`, () => admin.createPartitions({ topicPartitions: [{ topic, count }] }))
  }),

  scenario('admin: createPartitions of a topic that is not there', async stage => {
    const admin = await stage.admin(quick)
    const topicPartitions = [{ topic: stage.unique('none'), count: 3 }]
    await stage.call('added', () => admin.createPartitions({ topicPartitions }))
  }),

  scenario('admin: createPartitions of two topics, one of them not there', async stage => {
    const topic = await stage.topic('there')
    const admin = await stage.admin(quick)
    const topicPartitions = [
      { topic: stage.unique('none'), count: 3 },
      { topic, count: 2 },
    ]
    await stage.call('added', () => admin.createPartitions({ topicPartitions }))
    await stage.known(topic, 2)
    await layout(stage, admin, 'there', topic)
  }),

  scenario('admin: createPartitions checks only', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    const topicPartitions = [{ topic, count: 5 }]
    await stage.call('checked', () => admin.createPartitions({ topicPartitions, validateOnly: true }))
    await layout(stage, admin, 'one', topic)
  }),

  scenario(
    'admin: createPartitions where it is told to',
    async stage => {
      const topic = stage.unique('topic')
      const admin = await stage.admin()
      const replicaAssignment = [{ partition: 0, replicas: [1] }]
      await admin.createTopics({ topics: [{ topic, replicaAssignment }], waitForLeaders: false })
      await stage.known(topic)
      const topicPartitions = [{ topic, count: 3, assignments: [[2], [3]] }]
      await stage.call('added', () => admin.createPartitions({ topicPartitions }))
      await stage.known(topic, 3)
      await layout(stage, admin, 'three', topic)
      await stage.call('too few', () =>
        admin.createPartitions({ topicPartitions: [{ topic, count: 5, assignments: [[2]] }] }),
      )
      await stage.call('stranger', () =>
        admin.createPartitions({ topicPartitions: [{ topic, count: 4, assignments: [[99]] }] }),
      )
    },
    'three',
  ),

  scenario('admin: createPartitions refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    const refused = async (step: string, topicPartitions: unknown): Promise<void> => {
      await stage.call(step, () => admin.createPartitions({ topicPartitions } as never))
    }
    await refused('none', undefined)
    await refused('no list', {})
    await refused('empty', [])
    await refused('no name', [{ topic: null }])
    await refused('twice', [
      { topic: 'a', count: 2 },
      { topic: 'a', count: 3 },
    ])
  }),

  scenario('admin: deleteTopics deletes topics', async stage => {
    const [one, two] = [await stage.topic('one'), await stage.topic('two')]
    const admin = await stage.admin(quick)
    await stage.call('deleted', () => admin.deleteTopics({ topics: [one, two] }))
    for (const topic of [one, two]) await stage.gone(topic)
    const topics = await admin.listTopics()
    stage.note(
      'left',
      [one, two].filter(topic => topics.includes(topic)),
    )
  }),

  scenario('admin: deleteTopics of one that is not there is tried again', async stage => {
    const admin = await stage.admin(quick)
    await stage.call('deleted', () => admin.deleteTopics({ topics: [stage.unique('none')] }))
    stage.note('lines', stage.logged('Admin'))
  }),

  scenario('admin: deleteTopics of one that is there and one that is not', async stage => {
    const topic = await stage.topic('there')
    const admin = await stage.admin(quick)
    await stage.call('deleted', () => admin.deleteTopics({ topics: [stage.unique('none'), topic] }))
    await stage.gone(topic)
    stage.note('left', (await admin.listTopics()).includes(topic))
  }),

  scenario('admin: deleteTopics of no topics', async stage => {
    const admin = await stage.admin(quick)
    await stage.call('deleted', () => admin.deleteTopics({ topics: [] }))
  }),

  scenario('admin: deleteTopics refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    const refused = async (step: string, topics: unknown): Promise<void> => {
      await stage.call(step, () => admin.deleteTopics({ topics } as never))
    }
    await refused('none', null)
    await refused('no list', 'topic')
    await refused('no name', ['a', 1])
  }),

  scenario('admin: fetchTopicMetadata of one, of some and of all', async stage => {
    const [one, two] = [await stage.topic('one'), await stage.topic('two', 3)]
    const admin = await stage.admin()
    await layout(stage, admin, 'one', one)
    const names = (topics: { name: string }[] = []) =>
      topics
        .map(({ name }) => name)
        .filter(name => [one, two].includes(name))
        .sort()
    stage.note('both', names((await admin.fetchTopicMetadata({ topics: [one, two] })).topics))
    stage.note('all', names((await admin.fetchTopicMetadata()).topics))
    stage.note('empty', names((await admin.fetchTopicMetadata({ topics: [] })).topics))
  }),

  scenario('admin: fetchTopicMetadata of one that is not there', async stage => {
    const admin = await stage.admin(quick)
    await layout(stage, admin, 'none', stage.unique('none'))
    await layout(stage, admin, 'invalid', 'in valid')
  }),

  scenario('admin: fetchTopicMetadata of one that is there and one that is not', async stage => {
    const topic = await stage.topic('there')
    const admin = await stage.admin(quick)
    await layout(stage, admin, 'both', topic, stage.unique('none'))
  }),

  scenario('admin: fetchTopicMetadata refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    for (const topic of [null, '', 5, {}])
      await stage.call(`${topic}`, () => admin.fetchTopicMetadata({ topics: [topic as string] }))
  }),

  scenario(
    'admin: fetchTopicMetadata of replicated partitions',
    async stage => {
      const topic = stage.unique('topic')
      const admin = await stage.admin()
      const replicaAssignment = [
        { partition: 0, replicas: [1, 2] },
        { partition: 1, replicas: [3, 2] },
        { partition: 2, replicas: [2, 1] },
      ]
      await admin.createTopics({ topics: [{ topic, replicaAssignment }], waitForLeaders: false })
      await stage.known(topic, 3)
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      // Replicas come in sync when they do.
      stage.note(
        'partitions',
        topics[0]!.partitions.map(({ isr: _, ...partition }) => partition),
      )
    },
    'three',
  ),

  scenario('admin: describeCluster of one broker', async stage => {
    const admin = await stage.admin()
    await stage.call('cluster', () => admin.describeCluster())
  }),

  scenario(
    'admin: describeCluster of three brokers',
    async stage => {
      const admin = await stage.admin()
      const { controller, brokers, ...more } = await admin.describeCluster()
      // Any of them, where each passes on what is for the controller.
      stage.note('cluster', {
        controller: typeof controller,
        brokers: brokers.sort((a, b) => a.nodeId - b.nodeId),
        more,
      })
    },
    'three',
  ),
]
