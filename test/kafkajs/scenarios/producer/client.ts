import { scenario } from '../scenario.ts'

// biome-ignore lint/suspicious/noExplicitAny: what no type allows is the point.
type Anything = any

export const clientScenarios = [
  scenario('producer: sends before it is connected and after it is disconnected', async stage => {
    const topic = await stage.topic()
    const producer = stage.kafka().producer()
    const send = () => producer.send({ topic, messages: [{ value: 'v' }] })
    await stage.call('before', send)
    await stage.call('connect', () => producer.connect())
    await stage.call('between', send)
    await stage.call('disconnect', () => producer.disconnect())
    await stage.call('after', send)
    await stage.call('connect again', () => producer.connect())
    await stage.call('again', send)
    await stage.call('disconnect again', () => producer.disconnect())
  }),

  scenario('producer: connects twice and disconnects twice', async stage => {
    const producer = stage.kafka().producer()
    const events = stage.watch(producer, 'CONNECT', 'DISCONNECT')
    for (const step of ['one', 'two']) await stage.call(`connect ${step}`, () => producer.connect())
    for (const step of ['one', 'two']) await stage.call(`disconnect ${step}`, () => producer.disconnect())
    stage.note('events', events)
  }),

  scenario('producer: what it is made of', async stage => {
    const producer = stage.kafka().producer()
    stage.note('keys', Object.keys(producer).sort())
    stage.note('events', producer.events)
    stage.note('idempotent', producer.isIdempotent())
    stage.note('logger', Object.keys(producer.logger()).sort())
  }),

  scenario('producer: its methods work by themselves and can be replaced', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    const { send } = producer
    producer.send = record => send({ ...record, messages: record.messages.map(each => ({ ...each, value: 'other' })) })
    await stage.call('sent', () => producer.send({ topic, messages: [{ value: 'v' }] }))
  }),

  scenario('producer: events by a name that there is not', async stage => {
    const producer = stage.kafka().producer()
    await stage.call('on', () => producer.on('producer.connected' as Anything, () => {}))
  }),

  scenario('producer: listeners can be taken away, and what they throw is logged', async stage => {
    const producer = stage.kafka().producer()
    stage.finally(() => producer.disconnect())
    const heard: string[] = []
    const forget = producer.on(producer.events.CONNECT, () => void heard.push('forgotten'))
    producer.on(producer.events.CONNECT, async () => {
      throw new Error('a listener at fault')
    })
    producer.on(producer.events.CONNECT, ({ type, payload }) => void heard.push(`${type} ${payload}`))
    stage.note('forget', forget)
    forget()
    await producer.connect()
    stage.note('heard', heard)
  }),

  scenario('producer: tells of the request that wrote', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer()
    await producer.send({ topic, messages: [{ value: 'v' }] })
    const events = stage.watch(producer, 'REQUEST')
    await producer.send({ topic, messages: [{ value: 'v' }] })
    const wrote = events.filter(({ payload }) => (payload as { apiName: string }).apiName === 'Produce')
    stage.note(
      'requests',
      wrote.map(({ type, payload }) => {
        const { apiVersion, broker, ...rest } = payload as { apiVersion: number; broker: string }
        return { type, rest, apiVersion: typeof apiVersion, broker: stage.brokers.includes(broker) }
      }),
    )
  }),

  scenario('producer: an idempotent one', async stage => {
    const topic = await stage.topic()
    const producer = await stage.producer({ idempotent: true })
    stage.note('idempotent', producer.isIdempotent())
    await stage.call('sent', () => producer.send({ topic, messages: [{ value: 'v' }, { value: 'w' }] }))
    await stage.call('acks 1', () => producer.send({ topic, acks: 1, messages: [{ value: 'v' }] }))
    await stage.call('acks 0', () => producer.sendBatch({ topicMessages: [{ topic, messages: [] }], acks: 0 }))
  }),

  scenario('producer: an idempotent one that must not try again', async stage => {
    await stage.call('retries 0', () => stage.kafka().producer({ idempotent: true, retry: { retries: 0 } }))
    await stage.call('retries 3', () => {
      const producer = stage.kafka().producer({ idempotent: true, retry: { retries: 3 } })
      return producer.isIdempotent()
    })
  }),

  scenario('producer: brokers that can not be', async stage => {
    for (const brokers of [undefined, null, [], [undefined], [''], [5]] as Anything[]) {
      const producer = stage.kafka({ brokers, retry: { retries: 0 } }).producer()
      await stage.call(JSON.stringify(brokers) ?? 'undefined', () => producer.connect())
    }
  }),

  scenario('producer: brokers by a function', async stage => {
    const given = [() => [...stage.brokers], async () => [...stage.brokers]]
    for (const [i, brokers] of given.entries()) {
      const producer = stage.kafka({ brokers }).producer()
      stage.finally(() => producer.disconnect())
      await stage.call(`connect ${i}`, () => producer.connect())
    }
  }),

  scenario('producer: brokers by a function that fails', async stage => {
    const brokers = async (): Promise<string[]> => {
      throw new Error('no list today')
    }
    const producer = stage.kafka({ brokers, retry: { retries: 0 } }).producer()
    await stage.call('connect', () => producer.connect())
  }),

  scenario('producer: brokers where nothing listens', async stage => {
    const producer = stage
      .kafka({ brokers: ['127.0.0.1:1'], retry: { retries: 1, initialRetryTime: 10, maxRetryTime: 10 } })
      .producer()
    await stage.call('connect', () => producer.connect())
    stage.note('log', stage.logged('Producer'))
  }),

  scenario('producer: the first of the brokers is not there', async stage => {
    const topic = await stage.topic()
    const producer = stage.kafka({ brokers: ['127.0.0.1:1', ...stage.brokers] }).producer()
    stage.finally(() => producer.disconnect())
    await stage.call('connect', () => producer.connect())
    await stage.call('sent', () => producer.send({ topic, messages: [{ value: 'v' }] }))
  }),
]
