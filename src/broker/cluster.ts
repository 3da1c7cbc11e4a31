import { type Clock, randomBytes16, systemClock } from '../base/clock.ts'
import { type Logger, silentLogger } from '../base/logger.ts'
import { given } from '../base/settings.ts'
import { uuidText } from '../bytes/reader.ts'
import { Codecs } from '../compression/codecs.ts'
import { decompressors } from '../compression/decompressors.ts'
import type { Natives } from '../socket/socket.ts'
import { deferOf } from '../transport/defer.ts'
import { Authorizer } from './access/authorizer.ts'
import { Credentials } from './access/credentials.ts'
import { type SaslSettings, saslOf } from './access/sasl-config.ts'
import { Tokens } from './access/tokens.ts'
import { Allowance } from './allowance.ts'
import { checkConfig } from './check-config.ts'
import type { BrokerConfig, BrokerTopic } from './config.ts'
import { ConfigSource, Configs } from './configs/configs.ts'
import { brokerDefinitions, topicConfigs } from './configs/definitions.ts'
import { NamedConfigs } from './configs/named-configs.ts'
import { groupConfigs, metricsConfigs } from './configs/other-definitions.ts'
import { Coordinators } from './coordinators.ts'
import { Groups } from './groups/groups.ts'
import { type BrokerLimits, defaultLimits, limitSettings } from './limits.ts'
import type { Partition } from './log/partition.ts'
import { forgetProducers, makeRoom } from './log/room.ts'
import { Upkeep } from './log/upkeep.ts'
import { Node } from './node.ts'
import { Quotas } from './quotas/quotas.ts'
import { Replication } from './replication.ts'
import { CollidingNames } from './topics/names.ts'
import { largestSegment } from './topics/settings.ts'
import { Topic } from './topics/topic.ts'
import { Transactions } from './transactions/transactions.ts'
import { Turns } from './turns.ts'

const mebibyte = 1024 * 1024

/** The system's clock, with the runtime's timers that keep no program alive. */
function clockOf({ background }: Natives): Clock {
  return background === undefined ? systemClock : { ...systemClock, background }
}

/** What all brokers share: topics, groups, transactions and who is responsible for which. */
export class Cluster {
  readonly id: string
  readonly clock: Clock
  readonly logger: Logger
  readonly codecs: Codecs
  /** Of all brokers: what requests set for all, over what they were started with. */
  readonly configs: Configs
  readonly groupConfigs: NamedConfigs
  readonly metricsConfigs: NamedConfigs
  /** How clients say who they are; undefined where nobody is asked. */
  readonly sasl: SaslSettings | undefined
  readonly credentials: Credentials
  /** Who decides what clients may do; undefined where they may do everything. */
  readonly authorizer: Authorizer | undefined
  readonly quotas = new Quotas()
  readonly tokens: Tokens
  /** Finalised levels. */
  readonly features: Map<string, number>
  /** Counts their changes. */
  featuresEpoch = 1
  /** The highest levels there can be. */
  readonly supported: ReadonlyMap<string, number>
  readonly maxBytes: number
  readonly limits: Required<BrokerLimits>
  /** Where long work gives the turn back. */
  readonly turns: Turns
  /** Bytes of requests that have come in part. */
  readonly pending: Allowance
  /** Partitions that waiting Fetches watch. */
  readonly watched: Allowance
  readonly nodes = new Map<number, Node>()
  readonly topics = new Map<string, Topic>()
  readonly #topicsById = new Map<string, Topic>()
  /** Counts topics and partitions made, and topics deleted. */
  layoutVersion = 0
  /** Counts topics made. */
  topicsMade = 0
  readonly #names = new CollidingNames()
  readonly coordinators: Coordinators
  readonly groups: Groups
  readonly transactions: Transactions
  readonly replication: Replication
  readonly upkeep: Upkeep
  #nextProducerId = 1n
  #partitions = 0
  /** Producers that partitions remember; those that were forgotten since it was last counted are still in it. */
  #producers = 0
  /** Where the leaders of the next topic begin. */
  #turn = 0
  /** Bytes stored since the bound was last looked at. */
  #unchecked = 0

  constructor(config: BrokerConfig) {
    checkConfig(config)
    this.limits = { ...defaultLimits, ...given('limits of a Broker', config.limits ?? {}, limitSettings) }
    this.clock = config.clock ?? clockOf(config.natives ?? {})
    this.turns = new Turns(deferOf(config.natives ?? {}))
    this.pending = new Allowance(this.limits.pendingBytes)
    this.watched = new Allowance(this.limits.watchedPartitions)
    this.id = this.randomUuid()
    this.logger = config.logger ?? silentLogger
    this.codecs = new Codecs(config.natives?.codecs)
    this.codecs.offer(decompressors)
    this.sasl = saslOf(config.users, config.sasl)
    this.credentials = new Credentials(this.sasl?.users ?? {}, this.clock)
    this.features = new Map(Object.entries(config.features ?? { 'group.version': 1, 'transaction.version': 2 }))
    this.supported = new Map(this.features)
    this.maxBytes = config.maxBytes ?? 256 * mebibyte
    const {
      brokers = 1,
      racks = [],
      numPartitions = 1,
      retentionBytes = 64 * mebibyte,
      autoCreateTopics = true,
    } = config
    this.configs = new Configs(brokerDefinitions(), [
      { values: new Map(), source: ConfigSource.brokerDefault },
      {
        source: ConfigSource.brokerStatic,
        values: new Map(
          Object.entries({
            'auto.create.topics.enable': String(autoCreateTopics),
            // Nobody waits for a division here unless told to.
            'group.consumer.assignment.interval.ms': '0',
            'default.replication.factor': String(Math.min(3, brokers)),
            'log.retention.bytes': String(retentionBytes),
            'num.partitions': String(numPartitions),
            ...config.configs,
          }),
        ),
      },
    ])
    this.groupConfigs = new NamedConfigs(groupConfigs, ConfigSource.group, this.limits.configResources, this.configs)
    this.metricsConfigs = new NamedConfigs(metricsConfigs, ConfigSource.clientMetrics, this.limits.configResources)
    this.tokens = new Tokens(this.clock)
    this.authorizer =
      config.authorizer === true || config.superUsers !== undefined
        ? new Authorizer(
            config.superUsers ?? [],
            () => this.configs.get('allow.everyone.if.no.acl.found') === 'true',
            this.turns,
          )
        : undefined
    for (let i = 0; i < brokers; i++) this.addNode(racks[i] ?? null)
    this.coordinators = new Coordinators(this.nodes, () => this.groups.coordinatorsChanged())
    this.groups = new Groups(this)
    this.transactions = new Transactions(this)
    this.replication = new Replication(this)
    this.upkeep = new Upkeep(this)
    for (const topic of config.topics ?? []) this.#declare(topic)
  }

  #declare({ name, partitions, replicationFactor, configs = {} }: BrokerTopic): void {
    this.createTopic(
      name,
      this.assign(partitions ?? this.configs.number('num.partitions'), replicationFactor ?? this.replicationFactor),
      Object.entries(configs),
    )
  }

  get replicationFactor(): number {
    return Math.min(this.configs.number('default.replication.factor'), this.nodes.size)
  }

  addNode(rack: string | null): Node {
    const node = new Node(this.nodes.size + 1, rack, this.configs, this.limits.sessionPartitions)
    this.nodes.set(node.id, node)
    return node
  }

  /** Whether there may be another connection, once those idle for too long were ended. */
  hasRoomForConnection(): boolean {
    if (this.#connections < this.limits.connections) return true
    for (const node of this.nodes.values()) node.endIdle()
    return this.#connections < this.limits.connections
  }

  get #connections(): number {
    let count = 0
    for (const { connections } of this.nodes.values()) count += connections.size
    return count
  }

  get running(): Node[] {
    return [...this.nodes.values()].filter(({ running }) => running)
  }

  /** The first broker that runs; −1 when none does. */
  get controllerId(): number {
    return this.running[0]?.id ?? -1
  }

  /** Why a partition can't have so many replicas now; undefined when it can. The text is Kafka's. */
  unableToReplicate(factor: number): string | undefined {
    const running = this.running.length
    if (factor <= running) return undefined
    return `Unable to replicate the partition ${factor} time(s): The target replication factor of ${factor} cannot be reached because only ${running} broker(s) are registered.`
  }

  /** Brokers for each partition of a new topic, in turn; the first of each leads. */
  assign(partitions: number, replicationFactor: number): number[][] {
    const ids = this.running.map(({ id }) => id)
    const turn = this.#turn++
    return Array.from({ length: partitions }, (_, index) =>
      Array.from({ length: replicationFactor }, (_, replica) => ids[(turn + index + replica) % ids.length]!),
    )
  }

  /** A topic's configs, over the brokers'. */
  topicConfigs(own: Iterable<readonly [string, string]>): Configs {
    return new Configs(topicConfigs, [{ values: new Map(own), source: ConfigSource.topic }], this.configs)
  }

  /** To be called when a topic's configs have changed, or what they fall back to. */
  configured(topic: Topic): void {
    topic.configured()
    // Partitions without a leader may have one now.
    if (topic.settings.uncleanElection) this.replication.electIn(topic)
  }

  createTopic(
    name: string,
    assignment: readonly (readonly number[])[],
    configs: Iterable<readonly [string, string]>,
  ): Topic {
    const topic = new Topic(name, this.randomUuid(), this.topicConfigs(configs), largestSegment(this.maxBytes))
    for (const replicas of assignment) this.addPartition(topic, replicas)
    this.topics.set(name, topic)
    this.#topicsById.set(topic.id, topic)
    this.#names.add(name)
    this.topicsMade++
    this.layoutVersion++
    return topic
  }

  addPartition(topic: Topic, replicas: readonly number[]): void {
    this.#partitions++
    this.layoutVersion++
    this.replication.added(topic.add(replicas))
  }

  /** Why there can't be so many more topics and partitions; undefined when there can. */
  unableToHold(topics: number, partitions: number): string | undefined {
    const { limits } = this
    if (this.topics.size + topics > limits.topics) return `This cluster holds at most ${limits.topics} topics.`
    if (this.#partitions + partitions > limits.partitions)
      return `This cluster holds at most ${limits.partitions} partitions.`
    return undefined
  }

  deleteTopic(topic: Topic): void {
    this.#partitions -= topic.partitions.length
    this.layoutVersion++
    this.topics.delete(topic.name)
    this.#names.delete(topic.name)
    this.#topicsById.delete(topic.id)
    this.groups.topicDeleted(topic.name)
    for (const partition of topic.partitions) {
      partition.leader = -1
      partition.changed()
    }
  }

  /** The topic whose name is the same but for `.` and `_`, which Kafka does not have beside one another. */
  collidingTopic(name: string): string | undefined {
    return this.#names.collidingWith(name)
  }

  topicById(id: string): Topic | undefined {
    return this.#topicsById.get(id)
  }

  partition(topic: string, index: number): Partition | undefined {
    return this.topics.get(topic)?.partitions[index]
  }

  newProducerId(): bigint {
    return this.#nextProducerId++
  }

  /** To be told of bytes stored: now and then all logs together are brought under the bound. */
  stored(bytes: number): void {
    this.#unchecked += bytes
    if (this.#unchecked < Math.min(mebibyte, this.maxBytes / 16)) return
    this.#unchecked = 0
    makeRoom(
      this.#allPartitions().map(({ log }) => log),
      this.maxBytes,
    )
  }

  /** To be told that a partition remembers one producer more: when all are too many, those longest silent go. */
  rememberedProducer(): void {
    if (++this.#producers <= this.limits.producers) return
    this.#producers = forgetProducers(this.#allPartitions(), this.limits.producers)
  }

  #allPartitions(): Partition[] {
    return [...this.topics.values()].flatMap(({ partitions }) => partitions)
  }

  /** To be called when brokers were started or stopped. */
  elect(): void {
    this.replication.elect()
    this.coordinators.changed()
  }

  isRegistered(brokerId: number): boolean {
    return this.nodes.get(brokerId)?.registered === true
  }

  /** Forgets a broker until it is started again; one that runs is shut out, and what it led goes to others. */
  unregister(brokerId: number): void {
    const node = this.nodes.get(brokerId)!
    node.registered = false
    node.running = false
    node.fetchSessions.clear()
    this.elect()
  }

  /** Stops all timers. */
  close(): void {
    this.groups.close()
    this.transactions.close()
    this.replication.close()
  }

  /** Sixteen random bytes as Kafka prints them. */
  randomUuid(): string {
    return uuidText(randomBytes16(this.clock), 0)
  }
}
