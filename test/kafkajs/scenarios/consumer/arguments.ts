import type { Consumer } from '../../../../adapters/kafkajs/index.ts'
import { type Scenario, scenario } from '../scenario.ts'

/** Calls that can't be meant, of a consumer that is not running. */
const refusals: readonly [what: string, call: (consumer: Consumer) => unknown][] = [
  ['subscribe to nothing', consumer => consumer.subscribe({} as never)],
  ['subscribe to a list that is none', consumer => consumer.subscribe({ topics: 'x' } as never)],
  ['subscribe to a number', consumer => consumer.subscribe({ topics: [1] } as never)],
  ['subscribe to an empty name', consumer => consumer.subscribe({ topic: '' })],
  ['commitOffsets before run', consumer => consumer.commitOffsets([{ topic: 't', partition: 0, offset: '1' }])],
  ['commitOffsets of nothing before run', consumer => consumer.commitOffsets([])],
  ['commitOffsets without a topic', consumer => consumer.commitOffsets([{ partition: 0, offset: '1' } as never])],
  ['commitOffsets without a partition', consumer => consumer.commitOffsets([{ topic: 't', offset: '1' } as never])],
  [
    'commitOffsets of a negative offset',
    consumer => consumer.commitOffsets([{ topic: 't', partition: 0, offset: '-1' }]),
  ],
  [
    'commitOffsets of what is no offset',
    consumer => consumer.commitOffsets([{ topic: 't', partition: 0, offset: {} as never }]),
  ],
  [
    'commitOffsets with metadata that are no text',
    consumer => consumer.commitOffsets([{ topic: 't', partition: 0, offset: '1', metadata: 1 as never }]),
  ],
  ['seek before run', consumer => consumer.seek({ topic: 't', partition: 0, offset: '1' })],
  ['seek without a topic', consumer => consumer.seek({ partition: 0, offset: '1' } as never)],
  ['seek without a partition', consumer => consumer.seek({ topic: 't', offset: '1' } as never)],
  ['seek to a negative offset', consumer => consumer.seek({ topic: 't', partition: 0, offset: '-3' })],
  ['pause before run', consumer => consumer.pause([{ topic: 't' }])],
  ['pause without a topic', consumer => consumer.pause([{} as never])],
  ['pause of nothing at all', consumer => consumer.pause([undefined as never])],
  ['pause of partitions that are none', consumer => consumer.pause([{ topic: 't', partitions: ['x' as never] }])],
  ['pause of partitions that are no list', consumer => consumer.pause([{ topic: 't', partitions: 0 as never }])],
  ['resume before run', consumer => consumer.resume([{ topic: 't' }])],
  ['resume without a topic', consumer => consumer.resume([{} as never])],
  ['resume of partitions that are none', consumer => consumer.resume([{ topic: 't', partitions: ['x' as never] }])],
  ['paused before run', consumer => consumer.paused()],
  ['on of an event that there is not', consumer => consumer.on('consumer.nothing' as never, () => {})],
]

const configs: readonly [what: string, config: object | undefined][] = [
  ['no settings', undefined],
  ['no groupId', {}],
  ['an empty groupId', { groupId: '' }],
  ['heartbeats as rare as sessions', { groupId: 'g', heartbeatInterval: 1_000, sessionTimeout: 1_000 }],
]

export const argumentScenarios: readonly Scenario[] = [
  ...refusals.map(([what, call]) =>
    scenario(`consumer: ${what}`, async stage => {
      const consumer = stage.kafka().consumer({ groupId: stage.unique('group') })
      stage.finally(() => consumer.disconnect())
      await stage.call('called', () => call(consumer))
    }),
  ),
  ...configs.map(([what, config]) =>
    scenario(`consumer: made with ${what}`, async stage => {
      await stage.call('made', () => void stage.kafka().consumer(config as never))
    }),
  ),
  scenario('consumer: has these methods and events', async stage => {
    const consumer = stage.kafka().consumer({ groupId: 'g' })
    stage.note('keys', Object.keys(consumer).sort())
    stage.note('events', consumer.events)
    stage.note('frozen', [Object.isExtensible(consumer), Object.isFrozen(consumer.events)])
  }),
  scenario('consumer: subscribe to a topic that there is not, and is not to be made', async stage => {
    const consumer = await stage.consumer({ groupId: stage.unique('group'), allowAutoTopicCreation: false })
    await stage.call('subscribed', () => consumer.subscribe({ topic: stage.unique('nowhere') }))
  }),
  scenario('consumer: subscribe while it runs', async stage => {
    const topic = await stage.topic()
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topic })
    await consumer.run({ eachMessage: async () => {} })
    await stage.call('subscribed', () => consumer.subscribe({ topic }))
    await stage.call('run again', () => consumer.run({ eachMessage: async () => {} }))
  }),
]
