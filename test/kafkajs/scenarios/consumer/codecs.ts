import type { ConsumerRunConfig } from '../../../../adapters/kafkajs/index.ts'
import { Writer } from '../../../../src/index.ts'
import { type Behaviour, codec } from '../codec.ts'
import { type Scenario, scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'
import { come, hasCommitted, next, shown } from './reading.ts'

interface Crash {
  error: Error
  restart: boolean
}

/** A consumer of a topic with three messages in two batches that the scenario's codec is asked for. */
async function reading(stage: Stage, behaviour: Behaviour, run: ConsumerRunConfig = {}, retry = {}) {
  const topic = await stage.topic()
  const mark = codec(stage, behaviour)
  await using writer = new Writer({ addr: [...stage.brokers], topic, compression: 'snappy' })
  for (const value of ['one '.repeat(30), 'two '.repeat(30)]) await writer.writeMessages([{ key: mark, value }])
  await writer.writeMessages([{ value: 'not compressed' }], { compression: 'none' })
  const groupId = stage.unique('group')
  const consumer = await stage.consumer({ groupId, retry: { retries: 2, initialRetryTime: 20, ...retry } })
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const seen: string[] = []
  const crash = next<Crash>(consumer, 'CRASH')
  await consumer.run({ eachMessage: async payload => void seen.push(shown(payload)), ...run })
  return { topic, groupId, seen, crash, consumer }
}

const no = { restartOnFailure: async () => false }

export const codecScenarios: readonly Scenario[] = [
  scenario('consumer: a codec of its own decompresses', async stage => {
    const given: object[] = []
    const { seen, topic, groupId } = await reading(stage, {
      async decompress(plain) {
        given.push({ isBuffer: Buffer.isBuffer(plain) })
        await new Promise(resolve => setTimeout(resolve, 20))
        return plain
      },
    })
    await come(() => seen.length === 3)
    await hasCommitted(stage, groupId, topic, '3')
    stage.note('seen', seen)
    stage.note('given', given)
  }),

  scenario('consumer: a codec of its own decompresses for eachBatch', async stage => {
    const seen: string[] = []
    let calls = 0
    await reading(
      stage,
      {
        decompress(plain) {
          calls++
          return plain
        },
      },
      {
        eachMessage: undefined as never,
        eachBatch: async ({ batch }) => {
          for (const { offset, value } of batch.messages) seen.push(`${offset} ${value}`)
        },
      },
    )
    await come(() => seen.length === 3)
    stage.note('seen', seen)
    stage.note('calls', calls)
  }),

  scenario('consumer: a codec of its own that fails once', async stage => {
    let calls = 0
    const { seen, topic, groupId } = await reading(stage, {
      decompress(plain) {
        if (++calls === 1) throw new Error('no memory')
        return plain
      },
    })
    await hasCommitted(stage, groupId, topic, '3')
    stage.note('seen', seen)
  }),

  ...(
    [
      ['an Error', () => new Error('no memory')],
      ['a TypeError', () => new TypeError('no function')],
      ['a KafkaJSNotImplemented', stage => new stage.library.KafkaJSNotImplemented('not here' as never)],
    ] as readonly [string, (stage: Stage) => Error][]
  ).map(([what, make]) =>
    scenario(`consumer: a codec of its own that always throws ${what}`, async stage => {
      const behaviour = {
        decompress(): never {
          throw make(stage)
        },
      }
      const { seen, crash } = await reading(stage, behaviour, {}, no)
      stage.note('crash', await crash)
      stage.note('seen', seen)
    }),
  ),

  scenario('consumer: a codec of its own that answers nothing', async stage => {
    const { seen, crash } = await reading(stage, { decompress: () => undefined }, {}, no)
    const { error, restart } = await crash
    stage.note('crash', { name: error.name, restart, cause: (error.cause as Error | undefined)?.name })
    stage.note('seen', seen)
    // What kafkajs says is Node's, of a variable of its own.
    stage.note('log', [])
  }),
]
