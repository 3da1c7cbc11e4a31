import { scenario } from '../scenario.ts'

const nobody = ['127.0.0.1:1']
const quick = { retry: { retries: 1, initialRetryTime: 10 } }

export const clientScenarios = [
  scenario('admin: its methods', async stage => {
    const admin = stage.kafka().admin()
    stage.note('methods', Object.fromEntries(Object.entries(admin).sort(([a], [b]) => a.localeCompare(b))))
    stage.note('events', admin.events)
  }),

  scenario('admin: connects and disconnects, and tells so', async stage => {
    const admin = stage.kafka().admin()
    const events = stage.watch(admin, 'CONNECT', 'DISCONNECT')
    await stage.call('connect', () => admin.connect())
    await stage.call('disconnect', () => admin.disconnect())
    stage.note('events', events)
  }),

  scenario('admin: connects twice and disconnects twice', async stage => {
    const admin = stage.kafka().admin()
    const events = stage.watch(admin, 'CONNECT', 'DISCONNECT')
    await stage.call('first', () => admin.connect())
    await stage.call('second', () => admin.connect())
    await stage.call('off', () => admin.disconnect())
    await stage.call('off again', () => admin.disconnect())
    stage.note('events', events)
  }),

  scenario('admin: disconnects before it was connected', async stage => {
    const admin = stage.kafka().admin()
    await stage.call('disconnect', () => admin.disconnect())
  }),

  scenario('admin: works before it is connected', async stage => {
    const topic = await stage.topic()
    const admin = stage.kafka().admin()
    stage.finally(() => admin.disconnect())
    stage.note('listed', (await admin.listTopics()).includes(topic))
    await stage.call('offsets', () => admin.fetchTopicOffsets(topic))
  }),

  scenario('admin: works after it was disconnected', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    await admin.disconnect()
    await stage.call('listed', async () => (await admin.listTopics()).includes(topic))
    await admin.connect()
    await stage.call('listed again', async () => (await admin.listTopics()).includes(topic))
  }),

  scenario('admin: several calls at once', async stage => {
    const [one, two] = [await stage.topic('one'), await stage.topic('two')]
    const admin = await stage.admin()
    const answers = await Promise.all([
      admin.fetchTopicOffsets(one),
      admin.fetchTopicOffsets(two),
      admin.fetchTopicMetadata({ topics: [one] }),
      admin.describeCluster(),
    ])
    stage.note('answers', answers)
  }),

  scenario('admin: nobody is there', async stage => {
    const admin = stage.kafka({ brokers: nobody, ...quick }).admin()
    await stage.call('connect', () => admin.connect())
    stage.note('lines', stage.logged('BrokerPool', 'Connection'))
  }),

  scenario('admin: nobody is there, with retries of its own', async stage => {
    const admin = stage.kafka({ brokers: nobody, retry: { retries: 2, initialRetryTime: 5 } }).admin({
      retry: { retries: 0 },
    })
    await stage.call('connect', () => admin.connect())
    await stage.call('topics', () => admin.listTopics())
  }),

  scenario('admin: the first of its brokers is not there', async stage => {
    const admin = stage.kafka({ brokers: [...nobody, ...stage.brokers], ...quick }).admin()
    stage.finally(() => admin.disconnect())
    await stage.call('connect', () => admin.connect())
    stage.note('answers', Array.isArray(await admin.listTopics()))
  }),

  scenario('admin: brokers that are no brokers', async stage => {
    const connected = async (step: string, brokers: unknown): Promise<void> => {
      await stage.call(step, () =>
        stage
          .kafka({ brokers, ...quick } as never)
          .admin()
          .connect(),
      )
    }
    await connected('null', null)
    await connected('none', [])
    await connected('number', [5])
    await connected('empty', [''])
    await connected('function', () => null)
    await connected('function of none', () => [])
    await connected('throws', () => {
      throw new Error('no list today')
    })
    await connected('rejects', async () => {
      throw new Error('no list today')
    })
  }),

  scenario('admin: brokers told by a function', async stage => {
    const admin = stage.kafka({ brokers: async () => [...stage.brokers] }).admin()
    stage.finally(() => admin.disconnect())
    await stage.call('connect', () => admin.connect())
    stage.note('answers', Array.isArray(await admin.listTopics()))
  }),

  scenario('admin: listeners to what there is not', async stage => {
    const admin = stage.kafka().admin()
    for (const name of ['crash', 'consumer.crash', '', undefined])
      await stage.call(`${name}`, () => admin.on(name as never, () => {}))
  }),

  scenario('admin: listeners that are taken away', async stage => {
    const admin = stage.kafka().admin()
    const heard: string[] = []
    const first = admin.on(admin.events.CONNECT, () => void heard.push('first'))
    admin.on(admin.events.CONNECT, () => void heard.push('second'))
    first()
    await admin.connect()
    await admin.disconnect()
    stage.note('heard', heard)
  }),

  scenario('admin: listeners that reject are logged', async stage => {
    const admin = stage.kafka().admin()
    admin.on(admin.events.CONNECT, async () => {
      throw new Error('not today')
    })
    await stage.call('connect', () => admin.connect())
    await admin.disconnect()
    stage.note('lines', stage.logged('Admin'))
  }),

  scenario('admin: tells of its requests', async stage => {
    const topic = await stage.topic()
    const admin = await stage.admin()
    const events = stage.watch(admin, 'REQUEST')
    await admin.fetchTopicMetadata({ topics: [topic] })
    await admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] })
    const told = events.map(({ type, payload }) => ({ type, payload: payload as Record<string, unknown> }))
    const created = told.find(({ payload }) => payload['apiName'] === 'CreatePartitions')
    stage.note('type', created?.type)
    // Versions are what either library speaks.
    const { apiVersion, ...payload } = created?.payload ?? {}
    stage.note('payload', payload)
    stage.note('version', typeof apiVersion)
    stage.note(
      'metadata',
      told.some(({ payload }) => payload['apiName'] === 'Metadata'),
    )
  }),

  scenario('admin: its logger', async stage => {
    const admin = stage.kafka().admin()
    const logger = admin.logger()
    stage.note('methods', Object.keys(logger).sort())
    logger.info('a line of the user’s', { extra: true })
    logger.namespace('Part').warn('another')
    logger.debug('not seen')
    stage.note('lines', stage.logged('Admin', 'Part', 'Admin:Part'))
  }),

  scenario('admin: levels of logs', async stage => {
    const { logLevel } = stage.library
    const lines: unknown[] = []
    const logCreator = (at: unknown) => (entry: object) => {
      lines.push({ at, entry })
    }
    const kafka = new stage.library.Kafka({ brokers: [...stage.brokers], logLevel: logLevel.WARN, logCreator })
    kafka.logger().info('too quiet')
    kafka.logger().error('loud', { more: { a: 1 } })
    const named = kafka.logger().namespace('Named', logLevel.DEBUG)
    named.debug('heard')
    kafka.logger().setLogLevel(logLevel.NOTHING)
    kafka.logger().error('not heard')
    named.error('heard still')
    stage.note('lines', lines)
  }),

  scenario('admin: a client id that brokers know', async stage => {
    const admin = stage.kafka({ clientId: 'somebody' }).admin()
    stage.finally(() => admin.disconnect())
    const events = stage.watch(admin, 'REQUEST')
    await admin.connect()
    await admin.listTopics()
    stage.note('clientIds', [...new Set(events.map(({ payload }) => (payload as { clientId: string }).clientId))])
  }),
]
