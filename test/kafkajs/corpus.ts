// What programs do with kafkajs's types, one way or another. It is compiled against both libraries' by corpus.test.ts, and never run.
import kafkajs, {
  type Acl,
  type AclEntry,
  type AclFilter,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  type AdminConfig,
  type Assigner,
  AssignerProtocol,
  type Assignment,
  type AuthenticationProviderArgs,
  type Batch,
  type Broker,
  type BrokersFunction,
  type Cluster,
  CompressionCodecs,
  CompressionTypes,
  type ConfigEntries,
  ConfigResourceTypes,
  ConfigSource,
  type Consumer,
  type ConsumerConfig,
  type ConsumerCrashEvent,
  type ConsumerEachBatchPayload,
  type ConsumerEachMessagePayload,
  type ConsumerGroupJoinEvent,
  type ConsumerRunConfig,
  type ConsumerSubscribeTopic,
  type ConsumerSubscribeTopics,
  type DescribeConfigResponse,
  type EachBatchHandler,
  type EachBatchPayload,
  type EachMessageHandler,
  type EachMessagePayload,
  type GroupDescription,
  type GroupMember,
  type GroupMemberAssignment,
  type GroupOverview,
  type GroupState,
  type ICustomPartitioner,
  type IHeaders,
  type InstrumentationEvent,
  type ISocketFactory,
  type ITopicConfig,
  type ITopicMetadata,
  Kafka,
  type KafkaConfig,
  KafkaJSAggregateError,
  KafkaJSConnectionError,
  KafkaJSDeleteGroupsError,
  KafkaJSDeleteTopicRecordsError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSOffsetOutOfRange,
  KafkaJSProtocolError,
  KafkaJSRequestTimeoutError,
  type KafkaMessage,
  type LogEntry,
  type Logger,
  type logCreator,
  logLevel,
  type Mechanism,
  type MemberAssignment,
  type MemberMetadata,
  type Message,
  type OauthbearerProviderResponse,
  type Offsets,
  type OffsetsByTopicPartition,
  type PartitionAssigner,
  PartitionAssigners,
  type PartitionerArgs,
  Partitioners,
  type PartitionMetadata,
  type PartitionOffset,
  type PartitionReassignment,
  type Producer,
  type ProducerBatch,
  type ProducerConfig,
  type ProducerRecord,
  type RecordMetadata,
  type RemoveInstrumentationEventListener,
  type RequestEvent,
  type RequestQueueSizeEvent,
  type RequestTimeoutEvent,
  type ResourceConfigQuery,
  ResourcePatternTypes,
  type RetryOptions,
  type SASLMechanism,
  type SASLOptions,
  type SeekEntry,
  type TopicMessages,
  type TopicOffsets,
  type TopicPartition,
  type TopicPartitionOffset,
  type TopicPartitionOffsetAndMetadata,
  type TopicPartitions,
  type Transaction,
} from '../../adapters/kafkajs/index.ts'

declare const process: { env: Record<string, string | undefined>; exit(code: number): never }
declare const readFileSync: (path: string) => Buffer

// Settings, as programs gather them.

const brokersOf: BrokersFunction = async () => (process.env['BROKERS'] ?? 'localhost:9092').split(',')

const retry: RetryOptions = {
  maxRetryTime: 30_000,
  initialRetryTime: 300,
  factor: 0.2,
  multiplier: 2,
  retries: 8,
  restartOnFailure: async error => error.message !== 'stop',
}

const credentials = (mechanism: SASLMechanism): SASLOptions => {
  switch (mechanism) {
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512':
      return { mechanism, username: 'user', password: 'secret' }
    case 'aws':
      return {
        mechanism,
        authorizationIdentity: 'id',
        accessKeyId: 'key',
        secretAccessKey: 'secret',
        sessionToken: 't',
      }
    case 'oauthbearer':
      return { mechanism, oauthBearerProvider: async (): Promise<OauthbearerProviderResponse> => ({ value: 'token' }) }
  }
}

const ownMechanism: Mechanism = {
  mechanism: 'MINE',
  authenticationProvider: ({ host, port, logger, saslAuthenticate }: AuthenticationProviderArgs) => ({
    authenticate: async () => {
      logger.debug('authenticating', { broker: `${host}:${port}` })
      const answer = await saslAuthenticate<number>({
        request: { encode: () => Buffer.from('hello') },
        response: { decode: raw => raw.subarray(4), parse: data => data.length },
      })
      if (answer !== undefined && answer > 10) throw new Error('too long')
    },
  }),
}

const toLog: logCreator = level => {
  const names = {
    [logLevel.ERROR]: 'error',
    [logLevel.WARN]: 'warn',
    [logLevel.INFO]: 'info',
    [logLevel.DEBUG]: 'debug',
  }
  return ({ namespace, level: at, label, log }: LogEntry) => {
    const { message, timestamp, ...extra } = log
    if (at <= level) console.log(names[at as keyof typeof names], label, `[${namespace}]`, timestamp, message, extra)
  }
}

const severity = (level: logLevel): string => {
  switch (level) {
    case logLevel.ERROR:
    case logLevel.NOTHING:
      return 'error'
    case logLevel.WARN:
      return 'warn'
    case logLevel.INFO:
      return 'info'
    case logLevel.DEBUG:
      return 'debug'
    default:
      return 'other'
  }
}

const throughProxy: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = null as unknown as ReturnType<ISocketFactory>
  socket.connect({ host, port }, onConnect)
  if (ssl?.servername) socket.setNoDelay(true)
  return socket
}

const fromEnvironment = (level: number): KafkaConfig => ({
  clientId: 'corpus',
  brokers: brokersOf,
  ssl: {
    rejectUnauthorized: true,
    ca: [readFileSync('ca.pem')],
    key: readFileSync('key.pem'),
    cert: 'a certificate',
    passphrase: 'secret',
    servername: 'kafka.example',
    checkServerIdentity: () => undefined,
  },
  sasl: credentials('scram-sha-512'),
  connectionTimeout: 3000,
  authenticationTimeout: 5000,
  reauthenticationThreshold: 10_000,
  requestTimeout: 25_000,
  enforceRequestTimeout: false,
  retry,
  socketFactory: throughProxy,
  // Many programs have a plain number here.
  logLevel: level,
  logCreator: toLog,
})

const kafka = new Kafka(fromEnvironment(4))
const second: Kafka = new kafkajs.Kafka({
  brokers: ['a:9092', 'b:9092'],
  ssl: true,
  sasl: ownMechanism,
  logLevel: logLevel.WARN,
})
const logger: Logger = kafka.logger()
logger.namespace('Mine', logLevel.DEBUG).info(severity(logLevel.INFO), { some: 'thing' })
logger.setLogLevel(logLevel.NOTHING)

// Partitioners.

const byTenant: ICustomPartitioner = () => {
  const fallback = Partitioners.DefaultPartitioner()
  return ({ topic, partitionMetadata, message }: PartitionerArgs): number => {
    const led: PartitionMetadata[] = partitionMetadata.filter(
      ({ leader, isr, replicas }) => leader >= 0 && isr.length <= replicas.length,
    )
    const tenant = message.headers?.['tenant']
    if (typeof tenant === 'string' && led.length > 0) return led[tenant.length % led.length]!.partitionId
    return fallback({ topic, partitionMetadata, message })
  }
}

// A producer.

const producerConfig: ProducerConfig = {
  createPartitioner: byTenant,
  retry,
  metadataMaxAge: 60_000,
  allowAutoTopicCreation: false,
  idempotent: true,
  transactionalId: 'corpus-id',
  transactionTimeout: 30_000,
  maxInFlightRequests: 5,
}

class Outbox {
  private readonly producer: Producer
  private readonly forget: RemoveInstrumentationEventListener<'producer.connect'>[] = []

  constructor(client: Kafka) {
    this.producer = client.producer(producerConfig)
    const { CONNECT, DISCONNECT, REQUEST, REQUEST_TIMEOUT, REQUEST_QUEUE_SIZE } = this.producer.events
    this.forget.push(this.producer.on(CONNECT, ({ timestamp }) => console.log('connected', timestamp)))
    this.producer.on(DISCONNECT, event => console.log(event.type, event.id))
    this.producer.on(REQUEST, ({ payload }: RequestEvent) =>
      console.log(payload.apiName, payload.duration, payload.size),
    )
    this.producer.on(REQUEST_TIMEOUT, ({ payload }: RequestTimeoutEvent) => console.log(payload.broker, payload.sentAt))
    this.producer.on(REQUEST_QUEUE_SIZE, ({ payload }: RequestQueueSizeEvent) => console.log(payload.queueSize))
  }

  async start(): Promise<void> {
    await this.producer.connect()
  }

  async put(topic: string, values: readonly object[]): Promise<RecordMetadata[]> {
    const headers: IHeaders = {
      at: `${Date.now()}`,
      raw: Buffer.from([1]),
      several: ['a', Buffer.from('b')],
      none: undefined,
    }
    const messages: Message[] = values.map((value, i) => ({
      key: i % 2 === 0 ? `key-${i}` : Buffer.from([i]),
      value: JSON.stringify(value),
      partition: 0,
      headers,
      timestamp: Date.now().toString(),
    }))
    messages.push({ key: null, value: null })
    const record: ProducerRecord = { topic, messages, acks: -1, timeout: 10_000, compression: CompressionTypes.GZIP }
    const sent = await this.producer.send(record)
    for (const {
      topicName,
      partition,
      errorCode,
      baseOffset,
      logAppendTime,
      logStartOffset,
      offset,
      timestamp,
    } of sent)
      console.log(topicName, partition, errorCode, baseOffset ?? offset, logAppendTime ?? timestamp, logStartOffset)
    return sent
  }

  async putAll(topicMessages: TopicMessages[]): Promise<number> {
    const batch: ProducerBatch = { topicMessages, acks: 1, compression: CompressionTypes.None }
    return (await this.producer.sendBatch(batch)).length
  }

  async atOnce(topic: string, done: Offsets & { consumerGroupId: string }): Promise<void> {
    const transaction: Transaction = await this.producer.transaction()
    try {
      await transaction.send({ topic, messages: [{ value: 'a' }] })
      await transaction.sendBatch({ topicMessages: [{ topic, messages: [{ key: 'k', value: Buffer.alloc(3) }] }] })
      await transaction.sendOffsets(done)
      await transaction.commit()
    } catch (error) {
      if (transaction.isActive()) await transaction.abort()
      throw error
    }
  }

  async stop(): Promise<void> {
    for (const forget of this.forget) forget()
    this.producer.logger().info('stopping', { idempotent: this.producer.isIdempotent() })
    await this.producer.disconnect()
  }
}

// Consumers.

const fewest: PartitionAssigner = ({ cluster, groupId, logger: log }): Assigner => ({
  name: 'Fewest',
  version: 1,
  async assign({ members, topics }: { members: GroupMember[]; topics: string[] }): Promise<GroupMemberAssignment[]> {
    const sorted = members.map(({ memberId }) => memberId).sort()
    const assignment: Record<string, Assignment> = {}
    for (const topic of topics) {
      const partitions: number[] = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
      partitions.forEach((partition, i) => {
        const assignee = sorted[i % sorted.length]!
        assignment[assignee] ??= {}
        assignment[assignee]![topic] ??= []
        assignment[assignee]![topic]!.push(partition)
      })
    }
    log.debug(`${groupId} divided`, { members: members.length })
    for (const { memberMetadata } of members) {
      const metadata: MemberMetadata | null = AssignerProtocol.MemberMetadata.decode(memberMetadata)
      console.log(metadata?.topics, metadata?.userData.length, metadata?.version)
    }
    return Object.keys(assignment).map(memberId => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: this.version,
        assignment: assignment[memberId]!,
        userData: Buffer.alloc(0),
      }),
    }))
  },
  protocol({ topics }: { topics: string[] }): GroupState {
    const metadata = AssignerProtocol.MemberMetadata.encode({
      version: this.version,
      topics,
      userData: Buffer.from('x'),
    })
    return { name: this.name, metadata }
  },
})

const consumerConfig: ConsumerConfig = {
  groupId: 'corpus',
  partitionAssigners: [fewest, PartitionAssigners.roundRobin],
  metadataMaxAge: 60_000,
  sessionTimeout: 30_000,
  rebalanceTimeout: 60_000,
  heartbeatInterval: 3000,
  maxBytesPerPartition: 1_048_576,
  minBytes: 1,
  maxBytes: 10_485_760,
  maxWaitTimeInMs: 5000,
  retry: { ...retry, restartOnFailure: async (error: Error) => !(error instanceof TypeError) },
  allowAutoTopicCreation: false,
  maxInFlightRequests: 1,
  readUncommitted: false,
  rackId: 'a',
}

const textOf = ({ key, value, headers, offset, timestamp, attributes }: KafkaMessage): string => {
  const trace = headers?.['traceparent']
  const parent = Array.isArray(trace) ? trace[0]?.toString() : trace?.toString()
  return [key?.toString(), value?.toString('utf8') ?? '', parent, offset, timestamp, attributes].join(' ')
}

const one: EachMessageHandler = async ({ topic, partition, message, heartbeat, pause }: EachMessagePayload) => {
  await heartbeat()
  if (message.value === null) {
    const resume = pause()
    setTimeout(resume, 1000)
    return
  }
  const { id } = JSON.parse(message.value.toString()) as { id: number }
  console.log(topic, partition, id, textOf(message), BigInt(message.offset) + 1n)
}

const many: EachBatchHandler = async (payload: EachBatchPayload) => {
  const { batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, uncommittedOffsets, isRunning, isStale, pause } =
    payload
  const { topic, partition, highWatermark }: Batch = batch
  console.log(topic, partition, highWatermark, batch.isEmpty(), batch.firstOffset(), batch.lastOffset())
  for (const message of batch.messages) {
    if (!isRunning() || isStale()) break
    resolveOffset(message.offset)
    await heartbeat()
  }
  const left: OffsetsByTopicPartition = uncommittedOffsets()
  if (left.topics.length > 0) await commitOffsetsIfNecessary(left)
  await commitOffsetsIfNecessary()
  if (Number(batch.offsetLag()) > 1000 || batch.offsetLagLow() === '0') pause()
}

const aliased = async (message: ConsumerEachMessagePayload, batch: ConsumerEachBatchPayload): Promise<void> => {
  await one(message)
  await many(batch)
}

class Inbox {
  readonly consumer: Consumer
  joined = 0

  constructor(client: Kafka, overrides: Partial<ConsumerConfig> = {}) {
    this.consumer = client.consumer({ ...consumerConfig, ...overrides })
    const { events } = this.consumer
    this.consumer.on(events.GROUP_JOIN, ({ payload }: ConsumerGroupJoinEvent) => {
      this.joined++
      const { duration, groupId, isLeader, leaderId, groupProtocol, memberId, memberAssignment } = payload
      console.log(duration, groupId, isLeader, leaderId, groupProtocol, memberId, Object.keys(memberAssignment))
    })
    this.consumer.on(events.CRASH, ({ payload: { error, groupId, restart } }: ConsumerCrashEvent) => {
      console.error(groupId, error.message)
      if (!restart) process.exit(1)
    })
    this.consumer.on(events.HEARTBEAT, ({ payload }) => console.log(payload.memberId, payload.groupGenerationId))
    this.consumer.on(events.COMMIT_OFFSETS, ({ payload }) => console.log(payload.topics[0]?.partitions[0]?.offset))
    this.consumer.on(events.FETCH_START, ({ payload }) => console.log(payload.nodeId))
    this.consumer.on(events.FETCH, ({ payload }) => console.log(payload.numberOfBatches, payload.duration))
    this.consumer.on(events.START_BATCH_PROCESS, ({ payload }) => console.log(payload.batchSize, payload.firstOffset))
    this.consumer.on(events.END_BATCH_PROCESS, ({ payload }) => console.log(payload.duration, payload.lastOffset))
    this.consumer.on(events.REBALANCING, ({ payload }) => console.log(payload.groupId))
    this.consumer.on(events.RECEIVED_UNSUBSCRIBED_TOPICS, ({ payload }) => console.log(payload.topicsNotSubscribed))
    this.consumer.on(events.STOP, event => console.log(event.timestamp))
    const all = [events.CONNECT, events.DISCONNECT, events.REQUEST, events.REQUEST_TIMEOUT, events.REQUEST_QUEUE_SIZE]
    for (const name of all) this.consumer.on(name, (event: InstrumentationEvent<unknown>) => console.log(event.type))
  }

  async start(run: ConsumerRunConfig): Promise<void> {
    await this.consumer.connect()
    const byName: ConsumerSubscribeTopics = { topics: ['a', /^b-.*/], fromBeginning: true }
    const single: ConsumerSubscribeTopic = { topic: 'c' }
    await this.consumer.subscribe(byName)
    await this.consumer.subscribe(single)
    await this.consumer.subscribe({ topic: /d/i, fromBeginning: false })
    await this.consumer.run(run)
  }

  async manage(at: TopicPartitionOffset): Promise<GroupDescription> {
    const next: TopicPartitionOffsetAndMetadata = {
      ...at,
      offset: (BigInt(at.offset) + 1n).toString(),
      metadata: 'by hand',
    }
    await this.consumer.commitOffsets([next, { topic: 'a', partition: 1, offset: '5', metadata: null }])
    this.consumer.seek(at)
    this.consumer.pause([{ topic: 'a' }, { topic: 'b', partitions: [0, 1] }])
    const paused: TopicPartitions[] = this.consumer.paused()
    this.consumer.resume(paused)
    const group = await this.consumer.describeGroup()
    for (const { memberId, clientId, clientHost, memberAssignment, memberMetadata } of group.members) {
      const assignment: MemberAssignment | null = AssignerProtocol.MemberAssignment.decode(memberAssignment)
      console.log(memberId, clientId, clientHost, assignment?.assignment, memberMetadata.length)
    }
    this.consumer.logger().warn(group.state, { protocol: group.protocol, type: group.protocolType, id: group.groupId })
    return group
  }

  async stop(): Promise<void> {
    await this.consumer.stop()
    await this.consumer.disconnect()
  }
}

const runs: ConsumerRunConfig[] = [
  { eachMessage: one, partitionsConsumedConcurrently: 3 },
  { eachBatch: many, eachBatchAutoResolve: false, autoCommit: false },
  { autoCommit: true, autoCommitInterval: 5000, autoCommitThreshold: null, eachMessage: async () => {} },
]

// An admin.

const adminConfig: AdminConfig = { retry: { retries: 2 } }

async function administer(admin: Admin): Promise<void> {
  await admin.connect()
  const forget = admin.on(admin.events.REQUEST, ({ payload }) => console.log(payload.apiName, payload.apiVersion))
  admin.on(admin.events.CONNECT, () => {})
  admin.on(admin.events.DISCONNECT, () => {})
  forget()

  const topics: string[] = await admin.listTopics()
  const wanted: ITopicConfig[] = [
    {
      topic: 'a',
      numPartitions: 3,
      replicationFactor: 1,
      configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
    },
    { topic: 'b', replicaAssignment: [{ partition: 0, replicas: [0, 1] }] },
  ]
  const made: boolean = await admin.createTopics({
    topics: wanted,
    validateOnly: false,
    waitForLeaders: true,
    timeout: 5000,
  })
  await admin.createPartitions({
    topicPartitions: [{ topic: 'a', count: 6, assignments: [[0], [1], [2]] }],
    validateOnly: !made,
  })
  const metadata: { topics: ITopicMetadata[] } = await admin.fetchTopicMetadata({ topics })
  for (const { name, partitions } of metadata.topics)
    for (const { partitionId, leader, isr, replicas, offlineReplicas, partitionErrorCode } of partitions)
      console.log(name, partitionId, leader, isr, replicas, offlineReplicas ?? [], partitionErrorCode)
  await admin.fetchTopicMetadata()

  const ends: (SeekEntry & { high: string; low: string })[] = await admin.fetchTopicOffsets('a')
  const since: SeekEntry[] = await admin.fetchTopicOffsetsByTimestamp('a', Date.now() - 60_000)
  const lag = ends.map(({ partition, high, low }) => ({ partition, size: BigInt(high) - BigInt(low) }))
  const committed = await admin.fetchOffsets({ groupId: 'corpus', topics: ['a'], resolveOffsets: true })
  for (const { topic, partitions } of committed)
    for (const { partition, offset, metadata: text } of partitions)
      console.log(topic, partition, offset, text ?? '', lag.length)
  await admin.setOffsets({ groupId: 'corpus', topic: 'a', partitions: since })
  await admin.resetOffsets({ groupId: 'corpus', topic: 'a', earliest: true })
  await admin.deleteTopicRecords({ topic: 'a', partitions: [{ partition: 0, offset: '-1' }] })

  const { brokers, controller, clusterId } = await admin.describeCluster()
  console.log(
    brokers.map(({ nodeId, host, port }) => `${nodeId}@${host}:${port}`),
    controller ?? -1,
    clusterId,
  )
  const query: ResourceConfigQuery = { type: ConfigResourceTypes.TOPIC, name: 'a', configNames: ['retention.ms'] }
  const { resources }: DescribeConfigResponse = await admin.describeConfigs({
    resources: [query],
    includeSynonyms: true,
  })
  const own = (entries: ConfigEntries[]): ConfigEntries[] =>
    entries.filter(({ configSource, isDefault }) => configSource === ConfigSource.TOPIC_CONFIG && !isDefault)
  for (const { configEntries, resourceName, resourceType } of resources)
    console.log(
      resourceName,
      resourceType === ConfigResourceTypes.BROKER,
      own(configEntries)[0]?.configSynonyms[0]?.configValue,
    )
  await admin.alterConfigs({
    validateOnly: true,
    resources: [
      { type: ConfigResourceTypes.TOPIC, name: 'a', configEntries: [{ name: 'retention.ms', value: '1000' }] },
    ],
  })

  const { groups } = await admin.listGroups()
  const idle = groups
    .filter(({ protocolType }: GroupOverview) => protocolType === 'consumer')
    .map(({ groupId }) => groupId)
  const described = await admin.describeGroups(idle)
  const empty = described.groups.filter(({ state, members }) => state === 'Empty' && members.length === 0)
  const deleted = await admin.deleteGroups(empty.map(({ groupId }) => groupId))
  console.log(deleted.map(({ groupId, errorCode, error }) => error?.type ?? `${groupId} ${errorCode ?? 0}`))

  const rule: Acl = {
    principal: 'User:a',
    host: '*',
    operation: AclOperationTypes.READ,
    permissionType: AclPermissionTypes.ALLOW,
  }
  const entry: AclEntry = {
    ...rule,
    resourceType: AclResourceTypes.TOPIC,
    resourceName: 'a',
    resourcePatternType: ResourcePatternTypes.LITERAL,
  }
  const filter: AclFilter = {
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.MATCH,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  }
  if (await admin.createAcls({ acl: [entry] })) {
    const { resources: allowed } = await admin.describeAcls(filter)
    const { filterResponses } = await admin.deleteAcls({ filters: [filter, { ...filter, principal: 'User:a' }] })
    console.log(allowed[0]?.acls[0]?.principal, filterResponses[0]?.matchingAcls.length)
  }

  const moves: PartitionReassignment[] = [{ topic: 'a', partitionAssignment: [{ partition: 0, replicas: [1, 2] }] }]
  await admin.alterPartitionReassignments({ topics: moves, timeout: 5000 })
  const { topics: moving } = await admin.listPartitionReassignments({ topics: [{ topic: 'a', partitions: [0] }] })
  console.log(moving[0]?.partitions[0]?.addingReplicas ?? [])
  await admin.deleteTopics({ topics: ['a', 'b'], timeout: 5000 })
  admin.logger().info('done')
  await admin.disconnect()
}

// Errors, as programs look at them.

function explain(error: unknown): string {
  if (error instanceof KafkaJSNumberOfRetriesExceeded) {
    const { cause, retryCount, retryTime } = error
    if (cause instanceof KafkaJSProtocolError) return `${cause.type} ${cause.code} ${retryCount} ${retryTime}`
    return error.stack
  }
  if (error instanceof KafkaJSOffsetOutOfRange) return `${error.topic} ${error.partition}`
  if (error instanceof KafkaJSProtocolError)
    return error.type === 'UNKNOWN_TOPIC_OR_PARTITION' ? 'no topic' : `${error.code}`
  if (error instanceof KafkaJSConnectionError) return error.broker
  if (error instanceof KafkaJSRequestTimeoutError)
    return `${error.broker} ${error.correlationId} ${error.pendingDuration}`
  if (error instanceof KafkaJSDeleteGroupsError)
    return error.groups.map(({ groupId, error: why }) => `${groupId} ${why?.name}`).join()
  if (error instanceof KafkaJSDeleteTopicRecordsError) return error.message
  if (error instanceof KafkaJSAggregateError)
    return error.errors.map(each => (typeof each === 'string' ? each : each.message)).join()
  if (error instanceof KafkaJSError)
    return `${error.name} ${error.retriable} ${error.helpUrl ?? ''} ${error.cause?.message ?? ''}`
  return String(error)
}

class TryAgain extends KafkaJSError {}
class NeverAgain extends KafkaJSNonRetriableError {}
const thrown: Error[] = [
  new TryAgain('later'),
  new NeverAgain(new Error('never')),
  new KafkaJSError('once more', { retriable: true, topic: 'a', partitionId: 1 }),
  new KafkaJSNumberOfRetriesExceeded(new Error('x'), { retryCount: 1, retryTime: 2 }),
  new KafkaJSAggregateError('several', ['a', new Error('b')]),
]

// Codecs, and what is handed from one to another.

CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: async (encoder: { buffer: Buffer }) => encoder.buffer,
  decompress: async (buffer: Buffer) => buffer,
})
CompressionCodecs[CompressionTypes.ZSTD] = CompressionCodecs[CompressionTypes.GZIP]

const offsetsOf = (topic: string, partitions: PartitionOffset[]): Offsets => ({ topics: [{ topic, partitions }] })
const places = (all: TopicPartition[]): TopicOffsets[] =>
  all.map(({ topic, partition }) => ({ topic, partitions: [{ partition, offset: '0' }] }))
const coordinatorOf = async (cluster: Cluster, groupId: string): Promise<Broker> =>
  cluster.findGroupCoordinator({ groupId })

export async function main(): Promise<void> {
  const outbox = new Outbox(second)
  const inboxes = runs.map((_, i) => new Inbox(kafka, { groupId: `corpus-${i}` }))
  try {
    await outbox.start()
    await administer(kafka.admin(adminConfig))
    await Promise.all(inboxes.map((inbox, i) => inbox.start(runs[i]!)))
    await outbox.put('a', [{ id: 1 }])
    await outbox.putAll([{ topic: 'a', messages: [{ value: 'v' }] }])
    await outbox.atOnce('a', { consumerGroupId: 'corpus', ...offsetsOf('a', [{ partition: 0, offset: '1' }]) })
    await inboxes[0]!.manage({ topic: 'a', partition: 0, offset: '1' })
    console.log(places([{ topic: 'a', partition: 0 }]), coordinatorOf, aliased, thrown)
  } catch (error) {
    console.error(explain(error))
  } finally {
    await Promise.allSettled([outbox.stop(), ...inboxes.map(inbox => inbox.stop())])
  }
}
