import { type Scenario, scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'
import { come, committed, hasCommitted, next, numbered, reading, shown } from './reading.ts'

interface Crash {
  error: Error
  restart: boolean
}

/** Without how long was waited, and how a new connection failed. */
function noteLog(stage: Stage): void {
  const lines = stage.logged('Consumer', 'ConsumerGroup', 'Runner').filter(line => !line.includes('KafkaJSConnection'))
  stage.note('log', [...new Set(lines.map(line => line.replace(/[\d.]+ms/, '<n>ms')))])
}

const mistakes: readonly [name: string, make: () => unknown][] = [
  ['a TypeError', () => new TypeError('no function')],
  ['a RangeError', () => new RangeError('too much')],
  ['an error that says that trying again is no use', () => Object.assign(new Error('never'), { retriable: false })],
]

export const failureScenarios: readonly Scenario[] = [
  scenario('consumer: eachMessage that throws once', async stage => {
    const seen: string[] = []
    const { topic, groupId } = await reading(stage, {
      run: {
        eachMessage: async payload => {
          seen.push(shown(payload))
          if (seen.length === 3) throw new Error('once')
        },
      },
    })
    await hasCommitted(stage, groupId, topic, '5')
    stage.note('seen', seen)
  }),

  scenario('consumer: eachBatch that throws once', async stage => {
    const seen: string[][] = []
    const { topic, groupId } = await reading(stage, {
      run: {
        eachMessage: undefined as never,
        eachBatch: async ({ batch, resolveOffset }) => {
          seen.push(batch.messages.map(({ offset }) => offset))
          resolveOffset('1')
          if (seen.length === 1) throw new Error('once')
        },
      },
    })
    await hasCommitted(stage, groupId, topic, '5')
    stage.note('seen', seen)
  }),

  scenario('consumer: eachMessage that throws commits what was done before', async stage => {
    let before: object[] | undefined
    let calls = 0
    const { topic, groupId } = await reading(stage, {
      run: {
        eachMessage: async ({ message }) => {
          if (message.offset !== '2') return
          if (++calls === 1) throw new Error('once')
          before ??= await committed(stage, groupId, topic)
        },
      },
    })
    await come(() => before !== undefined)
    stage.note('committed', before)
  }),

  scenario('consumer: eachMessage that throws commits nothing without autoCommit', async stage => {
    let calls = 0
    const { topic, groupId } = await reading(stage, {
      run: {
        autoCommit: false,
        eachMessage: async ({ message }) => {
          if (message.offset === '2' && ++calls === 1) throw new Error('once')
        },
      },
    })
    await come(() => calls === 2)
    stage.note('committed', await committed(stage, groupId, topic))
  }),

  scenario('consumer: eachMessage that throws always crashes it, and it starts again', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, numbered(1))
    const consumer = await stage.consumer({
      groupId: stage.unique('group'),
      retry: { retries: 2, initialRetryTime: 20 },
    })
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const events = stage.watch(consumer, 'CONNECT', 'STOP', 'DISCONNECT', 'CRASH')
    const crash = next<Crash>(consumer, 'CRASH')
    let calls = 0
    await consumer.run({
      eachMessage: async () => {
        if (++calls <= 3) throw new Error('always')
      },
    })
    stage.note('crash', await crash)
    await come(() => calls === 4)
    // Who starts again may crash again, in kafkajs: its old connections are ending.
    stage.note('events', events.slice(0, 5))
    noteLog(stage)
  }),

  ...mistakes.map(([name, make]) =>
    scenario(`consumer: eachMessage that throws ${name} stops it`, async stage => {
      const topic = await stage.topic()
      await stage.fill(topic, numbered(1))
      const consumer = await stage.consumer({ groupId: stage.unique('group') })
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      const crash = next<Crash>(consumer, 'CRASH')
      await consumer.run({
        eachMessage: async () => {
          throw make()
        },
      })
      stage.note('crash', await crash)
    }),
  ),

  ...(
    [
      ['says no', async () => false],
      ['says yes', async () => true],
      ['fails', () => Promise.reject(new Error('how should I know'))],
    ] as const
  ).map(([what, restartOnFailure]) =>
    scenario(`consumer: restartOnFailure that ${what}`, async stage => {
      const topic = await stage.topic()
      await stage.fill(topic, numbered(1))
      const retry = { retries: 0, initialRetryTime: 20, restartOnFailure }
      const consumer = await stage.consumer({ groupId: stage.unique('group'), retry })
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      const crash = next<Crash>(consumer, 'CRASH')
      let calls = 0
      await consumer.run({
        eachMessage: async () => {
          if (++calls === 1) throw new Error('once')
        },
      })
      const { restart, error } = await crash
      stage.note('restart', restart)
      stage.note('error', error)
      // Whether kafkajs gets as far as to begin again is chance: its old connections are ending.
      noteLog(stage)
    }),
  ),

  scenario('consumer: stop waits for the handler', async stage => {
    let finish: () => void = () => {}
    const finished = new Promise<void>(resolve => {
      finish = resolve
    })
    const seen: string[] = []
    const { consumer, topic, groupId } = await reading(stage, {
      run: {
        eachMessage: async payload => {
          seen.push(shown(payload))
          await finished
        },
      },
    })
    const events = stage.watch(consumer, 'STOP', 'DISCONNECT')
    await come(() => seen.length === 1)
    const stopped = consumer.stop()
    stage.note('stopped early', events)
    finish()
    await stage.call('stopped', () => stopped)
    stage.note('seen', seen)
    stage.note('committed', await committed(stage, groupId, topic))
    await stage.call('stopped again', () => consumer.stop())
    await stage.call('disconnected', () => consumer.disconnect())
    stage.note('events', events)
  }),

  scenario('consumer: stop in the middle of a batch', async stage => {
    const running: boolean[] = []
    const { consumer, topic, groupId } = await reading(stage, {
      run: {
        eachBatchAutoResolve: false,
        eachMessage: undefined as never,
        eachBatch: async ({ batch, resolveOffset, isRunning }) => {
          for (const { offset } of batch.messages) {
            running.push(isRunning())
            if (!isRunning()) break
            resolveOffset(offset)
            if (offset === '2') void consumer.stop()
          }
        },
      },
    })
    await come(() => running.length === 4)
    await consumer.stop()
    stage.note('running', running)
    stage.note('committed', await committed(stage, groupId, topic))
  }),

  scenario('consumer: disconnected and connected again', async stage => {
    const { consumer, topic, seen } = await reading(stage, {})
    await come(() => seen.length === 5)
    await consumer.disconnect()
    await stage.fill(topic, numbered(1, 5))
    await stage.call('connected', () => consumer.connect())
    await consumer.run({ eachMessage: async payload => void seen.push(shown(payload)) })
    await come(() => seen.length === 6)
    stage.note('seen', seen)
  }),

  scenario('consumer: run without connect', async stage => {
    const topic = await stage.topic()
    await stage.fill(topic, numbered(2))
    const consumer = stage.kafka().consumer({ groupId: stage.unique('group'), maxWaitTimeInMs: 100 })
    stage.finally(() => consumer.disconnect())
    await stage.call('subscribed', () => consumer.subscribe({ topics: [topic], fromBeginning: true }))
    const events = stage.watch(consumer, 'CONNECT')
    const seen: string[] = []
    await stage.call('run', () => consumer.run({ eachMessage: async payload => void seen.push(shown(payload)) }))
    await come(() => seen.length === 2)
    stage.note('events', events)
    stage.note('seen', seen)
  }),

  scenario('consumer: connect where nobody listens', async stage => {
    const kafka = stage.kafka({ brokers: ['localhost:1'], retry: { retries: 1, initialRetryTime: 10 } })
    const consumer = kafka.consumer({ groupId: stage.unique('group') })
    await stage.call('connected', () => consumer.connect())
    await stage.call('stopped', () => consumer.stop())
    await stage.call('disconnected', () => consumer.disconnect())
  }),

  scenario('consumer: listeners that fail are told of in the log', async stage => {
    const topic = await stage.topic()
    const consumer = await stage.consumer({ groupId: stage.unique('group') })
    await consumer.subscribe({ topics: [topic] })
    consumer.on(consumer.events.GROUP_JOIN, async () => {
      throw new Error('deaf')
    })
    const joined = next(consumer, 'GROUP_JOIN')
    await consumer.run({ eachMessage: async () => {} })
    await joined
    await come(() => stage.logged('Consumer').length > 1)
  }),
]
