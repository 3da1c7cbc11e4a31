import { codec, snappyType as compression } from '../codec.ts'
import { type Scenario, scenario } from '../scenario.ts'
import { written } from './written.ts'

const failures: readonly [
  what: string,
  make: (errors: { [name: string]: new (...args: never[]) => Error }) => unknown,
][] = [
  ['an Error', () => new Error('no memory')],
  ['a TypeError', () => new TypeError('no function')],
  ['an error that says that trying again is no use', () => Object.assign(new Error('never'), { retriable: false })],
  ['an error that says that trying again may help', () => Object.assign(new Error('soon'), { retriable: true })],
  ['a KafkaJSNotImplemented', ({ KafkaJSNotImplemented }) => new KafkaJSNotImplemented!('not here' as never)],
  ['a KafkaJSNonRetriableError', ({ KafkaJSNonRetriableError }) => new KafkaJSNonRetriableError!('never' as never)],
]

const garbage: readonly [what: string, answer: unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'text'],
  ['a number', 7],
]

const quick = { retry: { retries: 2, initialRetryTime: 20, maxRetryTime: 20 } }

export const codecScenarios: readonly Scenario[] = [
  scenario('producer: a codec of its own compresses', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const given: object[] = []
    const mark = codec(stage, {
      compress(plain, snap) {
        given.push({ isBuffer: Buffer.isBuffer(plain), length: plain.length })
        return snap()
      },
    })
    const messages = ['a', 'b', 'c'].map(value => ({ key: mark, value, timestamp: '1700000000000' }))
    await stage.call('sent', () => producer.send({ topic, compression, messages }))
    stage.note('given', given)
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: a codec of its own that takes its time', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const mark = codec(stage, {
      async compress(_, snap) {
        await new Promise(resolve => setTimeout(resolve, 50))
        return snap()
      },
    })
    const timestamp = '1700000000000'
    await stage.call('sent', () =>
      producer.send({ topic, compression, messages: [{ key: mark, value: 'v', timestamp }] }),
    )
    stage.note('there', await written(stage, topic))
  }),

  ...failures.map(([what, make]) =>
    scenario(`producer: a codec of its own that throws ${what}`, async stage => {
      const topic = await stage.topic()
      const producer = await stage.producer(quick)
      let calls = 0
      const mark = codec(stage, {
        compress() {
          calls++
          throw make(stage.library as never)
        },
      })
      await stage.call('sent', () => producer.send({ topic, compression, messages: [{ key: mark, value: 'v' }] }))
      stage.note('calls', calls)
      await stage.call('then', () => producer.send({ topic, messages: [{ value: 'w' }] }))
      stage.note('there', await written(stage, topic))
    }),
  ),

  scenario('producer: a codec of its own that fails once, and says that trying again may help', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer(quick)
    let calls = 0
    const mark = codec(stage, {
      compress(_, snap) {
        if (++calls === 1) throw Object.assign(new Error('soon'), { retriable: true })
        return snap()
      },
    })
    await stage.call('sent', () => producer.send({ topic, compression, messages: [{ key: mark, value: 'v' }] }))
    stage.note('calls', calls)
    stage.note('there', await written(stage, topic))
  }),

  ...garbage.map(([what, answer]) =>
    scenario(`producer: a codec of its own that answers ${what}`, async stage => {
      const topic = await stage.topic()
      const producer = await stage.producer(quick)
      const mark = codec(stage, { compress: () => answer })
      const sending = producer.send({ topic, compression, messages: [{ key: mark, value: 'v' }] })
      stage.note('error', await sending.catch((error: Error) => error.name))
      stage.note('there', await written(stage, topic))
      // What kafkajs says is Node's, of a variable of its own.
      stage.note('log', stage.logged('Producer').length)
    }),
  ),

  scenario('producer: a codec of its own that answers bytes that are no Snappy', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer(quick)
    const mark = codec(stage, { compress: () => Buffer.from([255, 255, 255, 255, 255, 255, 1, 2, 3]) })
    await stage.call('sent', () => producer.send({ topic, compression, messages: [{ key: mark, value: 'v' }] }))
    stage.note('there', await written(stage, topic))
  }),

  scenario('producer: each send of a transaction is compressed as it says', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer({ transactionalId: stage.unique('id'), maxInFlightRequests: 1 })
    const given: string[] = []
    const mark = codec(stage, {
      compress(plain, snap) {
        given.push(...['first', 'second', 'third'].filter(each => plain.includes(each)))
        return snap()
      },
    })
    const transaction = await producer.transaction()
    for (const [value, type] of [
      ['first', compression],
      ['second', 0],
      ['third', compression],
    ] as const)
      await stage.call(value, () => transaction.send({ topic, compression: type, messages: [{ key: mark, value }] }))
    await transaction.commit()
    stage.note('given', given)
    stage.note('there', await written(stage, topic))
  }),
]
