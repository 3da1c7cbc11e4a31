import type { KafkaJSDeleteGroupsError } from '../../../../adapters/kafkajs/index.ts'
import { scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'

function byId<T extends { groupId: string }>(groups: T[]): T[] {
  // By the name that is left of it once what is unique is gone.
  return groups.sort((a, b) => a.groupId.localeCompare(b.groupId))
}

const quick = { retry: { retries: 1 } }

/** A member of a group that stays until the scenario is over. */
async function member(stage: Stage, groupId: string, topic: string): Promise<void> {
  const consumer = stage.other.consumer({ groupId, maxWaitTimeInMs: 100 })
  stage.finally(() => consumer.disconnect())
  await consumer.connect()
  await consumer.subscribe({ topics: [topic] })
  const joined = new Promise<unknown>(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve))
  await consumer.run({ eachMessage: async () => {} })
  await joined
}

/** A group that has been one of consumers and has no members now. */
async function emptied(stage: Stage, groupId: string, topic: string): Promise<void> {
  const consumer = stage.other.consumer({ groupId, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const joined = new Promise<unknown>(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve))
  await consumer.run({ eachMessage: async () => {} })
  await joined
  await consumer.disconnect()
}

export const groupScenarios = [
  scenario('admin: listGroups names groups with and without members', async stage => {
    const topic = await stage.topic()
    const [alive, gone] = [stage.unique('alive'), stage.unique('gone')]
    await member(stage, alive, topic)
    await emptied(stage, gone, topic)
    const admin = await stage.admin()
    const { groups } = await admin.listGroups()
    stage.note(
      'groups',
      groups
        .filter(({ groupId }) => [alive, gone].includes(groupId))
        .sort((a, b) => a.groupId.localeCompare(b.groupId)),
    )
  }),

  scenario(
    'admin: listGroups asks all brokers',
    async stage => {
      const topic = await stage.topic()
      const ids = ['a', 'b', 'c', 'd', 'e'].map(base => stage.unique(base))
      for (const groupId of ids) await emptied(stage, groupId, topic)
      const admin = await stage.admin()
      const { groups } = await admin.listGroups()
      stage.note(
        'groups',
        ids.map(groupId => groups.filter(group => group.groupId === groupId)),
      )
    },
    'three',
  ),

  scenario('admin: describeGroups of a group with a member', async stage => {
    const topic = await stage.topic('topic', 2)
    const groupId = stage.unique('group')
    await member(stage, groupId, topic)
    const admin = await stage.admin()
    await stage.call('groups', () => admin.describeGroups([groupId]))
  }),

  scenario('admin: describeGroups of one that has no members, and one that is not there', async stage => {
    const topic = await stage.topic()
    const gone = stage.unique('gone')
    await emptied(stage, gone, topic)
    const admin = await stage.admin()
    await stage.call('gone', () => admin.describeGroups([gone]))
    await stage.call('none', () => admin.describeGroups([stage.unique('none')]))
    await stage.call('of none', () => admin.describeGroups([]))
  }),

  scenario(
    'admin: describeGroups of groups at several coordinators',
    async stage => {
      const topic = await stage.topic()
      const ids = ['a', 'b', 'c', 'd'].map(base => stage.unique(base))
      for (const groupId of ids) await emptied(stage, groupId, topic)
      const admin = await stage.admin()
      const { groups } = await admin.describeGroups(ids)
      stage.note(
        'groups',
        ids.map(id => groups.find(({ groupId }) => groupId === id)),
      )
    },
    'three',
  ),

  scenario('admin: describeGroups of a group that only has offsets', async stage => {
    const topic = await stage.topic()
    const groupId = stage.unique('group')
    const admin = await stage.admin()
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] })
    await stage.call('groups', () => admin.describeGroups([groupId]))
  }),

  scenario('admin: deleteGroups deletes those without members', async stage => {
    const topic = await stage.topic()
    const [one, two] = [stage.unique('one'), stage.unique('two')]
    await emptied(stage, one, topic)
    await emptied(stage, two, topic)
    const admin = await stage.admin()
    // Brokers answer in an order of their own.
    await stage.call('deleted', async () => byId(await admin.deleteGroups([one, two])))
    const { groups } = await admin.listGroups()
    stage.note(
      'left',
      groups.filter(({ groupId }) => [one, two].includes(groupId)),
    )
  }),

  scenario('admin: deleteGroups of one that is not there', async stage => {
    const admin = await stage.admin(quick)
    await stage.call('deleted', () => admin.deleteGroups([stage.unique('none')]))
  }),

  scenario('admin: deleteGroups of one with a member', async stage => {
    const topic = await stage.topic()
    const groupId = stage.unique('group')
    await member(stage, groupId, topic)
    const admin = await stage.admin(quick)
    await stage.call('deleted', () => admin.deleteGroups([groupId]))
  }),

  scenario('admin: deleteGroups tells those that failed, and deletes the others', async stage => {
    const topic = await stage.topic()
    const [alive, gone] = [stage.unique('alive'), stage.unique('gone')]
    await member(stage, alive, topic)
    await emptied(stage, gone, topic)
    const admin = await stage.admin(quick)
    await stage.call('deleted', async () => {
      try {
        return await admin.deleteGroups([gone, alive, stage.unique('none')])
      } catch (error) {
        byId((error as KafkaJSDeleteGroupsError).groups)
        throw error
      }
    })
    stage.note('left', (await admin.describeGroups([gone])).groups)
  }),

  scenario('admin: deleteGroups of no groups', async stage => {
    const admin = await stage.admin()
    await stage.call('deleted', () => admin.deleteGroups([]))
  }),

  scenario('admin: deleteGroups refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    for (const [step, groups] of Object.entries({ none: null, text: 'group', number: [1], mixed: ['a', null] }))
      await stage.call(step, () => admin.deleteGroups(groups as never))
  }),

  scenario('admin: deleteGroups forgets the offsets', async stage => {
    const topic = await stage.topic()
    const groupId = stage.unique('group')
    const admin = await stage.admin()
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '4' }] })
    await stage.call('deleted', () => admin.deleteGroups([groupId]))
    await stage.call('offsets', () => admin.fetchOffsets({ groupId, topics: [topic] }))
  }),
]
