import { scenario } from '../scenario.ts'

const quick = { retry: { retries: 1 } }

export const reassignmentScenarios = [
  scenario(
    'admin: alterPartitionReassignments moves a partition',
    async stage => {
      const topic = stage.unique('topic')
      const admin = await stage.admin()
      const replicaAssignment = [{ partition: 0, replicas: [1] }]
      await admin.createTopics({ topics: [{ topic, replicaAssignment }], waitForLeaders: false })
      await stage.known(topic)
      const topics = [{ topic, partitionAssignment: [{ partition: 0, replicas: [2] }] }]
      await stage.call('moved', () => admin.alterPartitionReassignments({ topics }))
      let moving = true
      while (moving)
        moving = (await admin.listPartitionReassignments({})).topics.some(each => JSON.stringify(each).includes(topic))
      // Brokers learn of its end a moment later.
      let replicas = [1]
      while (String(replicas) !== '2')
        replicas = (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions[0]!.replicas
      stage.note('replicas', replicas)
    },
    'three',
  ),

  scenario(
    'admin: alterPartitionReassignments to where nobody is',
    async stage => {
      const topic = stage.unique('topic')
      const admin = await stage.admin(quick)
      const replicaAssignment = [{ partition: 0, replicas: [1] }]
      await admin.createTopics({ topics: [{ topic, replicaAssignment }], waitForLeaders: false })
      await stage.known(topic)
      const moved = async (step: string, partitionAssignment: { partition: number; replicas: number[] }[]) => {
        await stage.call(step, () => admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] }))
      }
      await moved('stranger', [{ partition: 0, replicas: [99] }])
      await moved('twice', [{ partition: 0, replicas: [1, 1] }])
      await moved('none', [{ partition: 0, replicas: [] }])
      await moved('no such partition', [{ partition: 5, replicas: [1] }])
      await moved('several', [
        { partition: 0, replicas: [99] },
        { partition: 7, replicas: [1] },
      ])
    },
    'three',
  ),

  scenario('admin: alterPartitionReassignments of a topic that is not there', async stage => {
    const admin = await stage.admin(quick)
    const topics = [{ topic: stage.unique('none'), partitionAssignment: [{ partition: 0, replicas: [1] }] }]
    await stage.call('moved', () => admin.alterPartitionReassignments({ topics }))
  }),

  scenario('admin: alterPartitionReassignments of nothing', async stage => {
    const admin = await stage.admin(quick)
    await stage.call('no topics', () => admin.alterPartitionReassignments({ topics: [] }))
    await stage.call('with a time', () => admin.alterPartitionReassignments({ topics: [], timeout: 1000 }))
  }),

  scenario('admin: alterPartitionReassignments refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    const refused = async (step: string, topics: unknown): Promise<void> => {
      await stage.call(step, () => admin.alterPartitionReassignments({ topics } as never))
    }
    const one = (partitionAssignment: unknown) => [{ topic: 'a', partitionAssignment }]
    await refused('none', null)
    await refused('no list', 'topic')
    await refused('no name', [{ topic: 5 }])
    await refused('twice', [{ topic: 'a' }, { topic: 'a' }])
    await refused('no partitions', one(undefined))
    await refused('partitions', one('0'))
    await refused('no partition', one([{ replicas: [1] }]))
    await refused('null partition', one([{ partition: null, replicas: [1] }]))
    await refused('text partition', one([{ partition: '0', replicas: [1] }]))
    await refused('negative partition', one([{ partition: -1, replicas: [1] }]))
    await refused('no replicas', one([{ partition: 0 }]))
    await refused('replicas', one([{ partition: 0, replicas: 'all' }]))
    await refused('text replica', one([{ partition: 0, replicas: [1, '2'] }]))
    await refused('negative replica', one([{ partition: 0, replicas: [-1] }]))
  }),

  scenario('admin: listPartitionReassignments where nothing moves', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    await stage.call('of the topic', () => admin.listPartitionReassignments({ topics: [{ topic, partitions: [0] }] }))
    await stage.call('of all', () => admin.listPartitionReassignments({}))
    await stage.call('with a time', () => admin.listPartitionReassignments({ timeout: 1000 }))
  }),

  scenario('admin: listPartitionReassignments of what is not there', async stage => {
    const admin = await stage.admin(quick)
    const topics = [{ topic: stage.unique('none'), partitions: [0, 5] }]
    await stage.call('moves', () => admin.listPartitionReassignments({ topics }))
  }),

  scenario('admin: listPartitionReassignments refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    const refused = async (step: string, topics: unknown): Promise<void> => {
      await stage.call(step, () => admin.listPartitionReassignments({ topics } as never))
    }
    await refused('no list', 'topic')
    await refused('no name', [{ topic: null }])
    await refused('twice', [
      { topic: 'a', partitions: [0] },
      { topic: 'a', partitions: [1] },
    ])
    await refused('no partitions', [{ topic: 'a' }])
    await refused('partitions', [{ topic: 'a', partitions: 0 }])
    await refused('text', [{ topic: 'a', partitions: ['0'] }])
    await refused('negative', [{ topic: 'a', partitions: [-1] }])
  }),
]
