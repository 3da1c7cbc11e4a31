import { scenario } from '../scenario.ts'

const topicType = 2
const brokerType = 4
const loggerType = 8
const quick = { retry: { retries: 1 } }

export const configScenarios = [
  scenario('admin: describeConfigs of a topic by name', async stage => {
    const name = await stage.topic()
    const admin = await stage.admin()
    const resources = [{ type: topicType as 2, name, configNames: ['cleanup.policy', 'retention.ms'] }]
    await stage.call('settings', () => admin.describeConfigs({ resources, includeSynonyms: false }))
    await stage.call('synonyms', () => admin.describeConfigs({ resources, includeSynonyms: true }))
    await stage.call('by default', () => admin.describeConfigs({ resources } as never))
  }),

  scenario('admin: describeConfigs of a topic, all of it', async stage => {
    const name = await stage.topic()
    const admin = await stage.admin()
    for (const configNames of [undefined, []]) {
      const { resources } = await admin.describeConfigs({
        resources: [{ type: topicType, name, ...(configNames && { configNames }) }],
        includeSynonyms: false,
      })
      stage.note(`with ${configNames}`, resources)
    }
  }),

  scenario('admin: describeConfigs of a setting that there is not', async stage => {
    const name = await stage.topic()
    const admin = await stage.admin()
    const resources = [{ type: topicType as 2, name, configNames: ['no.such.setting'] }]
    await stage.call('settings', () => admin.describeConfigs({ resources, includeSynonyms: false }))
  }),

  scenario('admin: describeConfigs of a topic that is not there', async stage => {
    const admin = await stage.admin(quick)
    const resources = [{ type: topicType as 2, name: stage.unique('none') }]
    await stage.call('settings', () => admin.describeConfigs({ resources, includeSynonyms: false }))
  }),

  scenario('admin: describeConfigs of a broker', async stage => {
    const admin = await stage.admin()
    const resources = [{ type: brokerType as 4, name: '1', configNames: ['log.retention.ms', 'broker.id', 'node.id'] }]
    await stage.call('settings', () => admin.describeConfigs({ resources, includeSynonyms: false }))
  }),

  scenario(
    'admin: describeConfigs of several brokers and a topic',
    async stage => {
      const topic = await stage.topic()
      const admin = await stage.admin()
      const { resources } = await admin.describeConfigs({
        resources: [
          { type: brokerType, name: '3', configNames: ['message.max.bytes'] },
          { type: topicType, name: topic, configNames: ['max.message.bytes'] },
          { type: brokerType, name: '1', configNames: ['message.max.bytes'] },
          { type: brokerType, name: '2', configNames: ['message.max.bytes'] },
        ],
        includeSynonyms: false,
      })
      // By broker, whichever of them is the controller.
      stage.note(
        'settings',
        resources.sort((a, b) => a.resourceName.localeCompare(b.resourceName)),
      )
    },
    'three',
  ),

  scenario('admin: describeConfigs of a broker that is not there', async stage => {
    const admin = await stage.admin(quick)
    for (const type of [brokerType, loggerType] as const)
      await stage.call(`${type}`, () =>
        admin.describeConfigs({ resources: [{ type, name: '99' }], includeSynonyms: false }),
      )
  }),

  scenario('admin: settings of a type that is UNKNOWN', async stage => {
    const admin = await stage.admin(quick)
    const resources = [{ type: 0 as 0, name: 'a', configEntries: [{ name: 'a', value: 'b' }] }]
    await stage.call('described', () => admin.describeConfigs({ resources, includeSynonyms: false }))
    await stage.call('altered', () => admin.alterConfigs({ resources, validateOnly: true }))
  }),

  scenario('admin: settings with fields that there are not', async stage => {
    const name = await stage.topic()
    const admin = await stage.admin()
    const one = { name: 'cleanup.policy', value: 'compact', more: 1 }
    const altered = [{ type: topicType as 2, name, configEntries: [one], more: 1 }]
    await stage.call('altered', () => admin.alterConfigs({ resources: altered, validateOnly: true }))
    const resources = [{ type: topicType as 2, name, configNames: ['retention.ms'], more: 1 }]
    await stage.call('described', () => admin.describeConfigs({ resources, includeSynonyms: false }))
  }),

  scenario('admin: describeConfigs refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    const refused = async (step: string, resources: unknown): Promise<void> => {
      await stage.call(step, () => admin.describeConfigs({ resources, includeSynonyms: false } as never))
    }
    await refused('none', null)
    await refused('no list', 'topic')
    await refused('empty', [])
    await refused('type', [{ type: 123, name: 'a' }])
    await refused('no name', [{ type: 2 }])
    await refused('number', [{ type: 2, name: 5 }])
    await refused('names', [{ type: 2, name: 'a', configNames: 'x' }])
    await refused('second', [
      { type: 2, name: 'a' },
      { type: 2, name: '' },
    ])
  }),

  scenario('admin: alterConfigs replaces all settings of a topic', async stage => {
    const topic = stage.unique('topic')
    const admin = await stage.admin()
    const before = [{ name: 'retention.ms', value: '5000' }]
    await admin.createTopics({ topics: [{ topic, configEntries: before }], waitForLeaders: false })
    await stage.known(topic)
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }]
    const resources = [{ type: topicType as 2, name: topic, configEntries }]
    await stage.call('altered', () => admin.alterConfigs({ resources, validateOnly: false }))
    const asked = [{ type: topicType as 2, name: topic, configNames: ['cleanup.policy', 'retention.ms'] }]
    const described = () => admin.describeConfigs({ resources: asked, includeSynonyms: false })
    // Brokers learn of it a moment later.
    while ((await described()).resources[0]!.configEntries.every(({ configValue }) => configValue !== 'compact'));
    await stage.call('settings', described)
  }),

  scenario('admin: alterConfigs checks only', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }]
    const resources = [{ type: topicType as 2, name: topic, configEntries }]
    await stage.call('checked', () => admin.alterConfigs({ resources, validateOnly: true }))
    const asked = [{ type: topicType as 2, name: topic, configNames: ['cleanup.policy'] }]
    await stage.call('settings', () => admin.describeConfigs({ resources: asked, includeSynonyms: false }))
  }),

  scenario('admin: alterConfigs of a setting, a value, a topic that there is not', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin(quick)
    const altered = async (step: string, name: string, setting: string, value: string): Promise<void> => {
      const resources = [{ type: topicType as 2, name, configEntries: [{ name: setting, value }] }]
      await stage.call(step, () => admin.alterConfigs({ resources, validateOnly: false }))
    }
    await altered('setting', topic, 'no.such.setting', '1')
    await altered('value', topic, 'retention.ms', 'soon')
    await altered('topic', stage.unique('none'), 'retention.ms', '5000')
  }),

  scenario('admin: alterConfigs of a broker that is not there', async stage => {
    const admin = await stage.admin(quick)
    const configEntries = [{ name: 'log.cleaner.threads', value: '2' }]
    const resources = [{ type: brokerType as 4, name: '99', configEntries }]
    await stage.call('altered', () => admin.alterConfigs({ resources, validateOnly: true }))
  }),

  scenario('admin: alterConfigs refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    const refused = async (step: string, resources: unknown): Promise<void> => {
      await stage.call(step, () => admin.alterConfigs({ resources, validateOnly: false } as never))
    }
    const entry = { name: 'a', value: 'b' }
    await refused('none', undefined)
    await refused('empty', [])
    await refused('type', [{ type: 'topic', name: 'a', configEntries: [entry] }])
    await refused('no name', [{ type: 2, name: null, configEntries: [entry] }])
    await refused('no settings', [{ type: 2, name: 'a' }])
    await refused('value', [{ type: 2, name: 'a', configEntries: [{ name: 'a', value: 5 }] }])
    await refused('nameless', [{ type: 2, name: 'a', configEntries: [entry, { value: 'b' }] }])
  }),
]
