import { type Address, formatAddress } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { BrokerGuess } from '../socket/guess.ts'
import { isStrangerError, type Peer } from '../socket/peer.ts'
import type { BrokerInfo, TopicLayout } from './layout.ts'
import type { ClusterRecall, Recall } from './recall.ts'
import { brokersOf, type Fields, fieldsOf, integerOf, own, spokenOf, textOf, told, topicOf } from './recalled.ts'
import { RecalledBroker } from './recalled-broker.ts'
import type { Settings } from './settings.ts'

/**
 * What a Transport knows of clusters, as plain data: an object that begins as `{}`, is kept true while the Transport
 * lives, and can be kept as JSON (some 700 bytes for each broker that was talked to, and 3 for each partition of
 * the topics in use). What is in it may change from one version to the next, and what can't be used is passed over.
 */
export interface TransportMemory {
  /** What is known of the cluster at a bootstrap list. */
  [bootstrapList: string]: unknown
}

/** Of each kind so many are remembered, those heard of last. */
const most = 1_000
const mostClusters = 100
/** Who leads a topic's partitions is believed for so long, in milliseconds, as Java's clients do (metadata.max.age.ms). */
const believedFor = 5 * 60_000

type Writable = Record<string, unknown>

/** Reads and writes a memory, which may hold anything that JSON can say. */
export function recallOf(memory: TransportMemory, { clock, guard }: Pick<Settings, 'clock' | 'guard'>): Recall {
  return seeds => {
    const allowed = ({ host }: Address): boolean => guard(host, seeds) === undefined
    return new MemoryOfCluster(memory, seeds.map(formatAddress).sort().join(','), clock, allowed)
  }
}

class MemoryOfCluster implements ClusterRecall {
  readonly #data: Writable
  readonly #seeds: string
  readonly #clock: Clock
  /** Whom a topic may be led by. */
  readonly #ids: ReadonlySet<number>
  readonly cluster: ClusterRecall['cluster']
  /** Connections of whose brokers is remembered what they speak. */
  readonly #noted = new WeakSet<BrokerConnection>()

  constructor(data: Writable, seeds: string, clock: Clock, allowed: (address: Address) => boolean) {
    this.#data = data
    this.#seeds = seeds
    this.#clock = clock
    const clusterId = textOf(own(this.#mine, 'clusterId'))
    const brokers = brokersOf(own(this.#mine, 'brokers')).filter(allowed)
    this.cluster = clusterId === undefined || brokers.length === 0 ? undefined : { clusterId, brokers }
    this.#ids = new Set(brokers.map(({ id }) => id))
  }

  topic(name: string): { layout: TopicLayout; age: number } | undefined {
    const value = fieldsOf(own(this.#list('topics'), name))
    const age = this.#clock.now() - (integerOf(own(value, 'at'), 0, Number.MAX_SAFE_INTEGER) ?? 0)
    if (value === undefined || !(age >= 0 && age < believedFor)) return undefined
    const layout = topicOf(name, value, this.#ids)
    return layout && { layout, age }
  }

  coordinator(key: string): number | undefined {
    const id = integerOf(own(this.#list('coordinators'), key), 0)
    return id !== undefined && this.#ids.has(id) ? id : undefined
  }

  guess(broker: string, peer: Peer, timeoutMs: number): BrokerGuess | undefined {
    const spoken = spokenOf(own(this.#list('spoken'), broker))
    return spoken && new RecalledBroker(broker, peer, spoken, timeoutMs)
  }

  keepBrokers(clusterId: string | null, brokers: readonly BrokerInfo[]): void {
    if (clusterId === null) return
    const before = own(this.#mine, 'clusterId')
    if (before !== undefined && before !== clusterId) this.forget()
    this.#keep(undefined, 'clusterId', clusterId)
    const all = brokers.map(({ id, host, port, rack }) => ({ id, host, port, ...(rack !== null && { rack }) }))
    this.#keep(undefined, 'brokers', all)
  }

  keepTopic({ name, id, partitions }: TopicLayout): void {
    this.#keep('topics', name, { id, at: this.#clock.now(), leaders: partitions.map(({ leader }) => leader) })
  }

  dropTopic(name: string): void {
    this.#keep('topics', name, undefined)
  }

  keepCoordinator(key: string, broker: number | undefined): void {
    if (own(this.#list('coordinators'), key) !== broker) this.#keep('coordinators', key, broker)
  }

  note(connection: BrokerConnection, directory: { met(): void }, strange: () => void): void {
    if (this.#noted.has(connection)) return
    this.#noted.add(connection)
    connection.confirmed.then(
      () => {
        directory.met()
        this.#keep('spoken', connection.broker, told(connection.spoken))
      },
      error => {
        this.#keep('spoken', connection.broker, undefined)
        if (isStrangerError(error)) strange()
      },
    )
  }

  forget(): void {
    Reflect.deleteProperty(this.#data, this.#seeds)
  }

  get #mine(): Fields | undefined {
    return fieldsOf(own(this.#data, this.#seeds))
  }

  #list(name: string): Fields | undefined {
    return fieldsOf(own(this.#mine, name))
  }

  /** Sets a field of the cluster's, or of a list of its; the oldest leave one that is too long. */
  #keep(list: string | undefined, name: string, value: unknown): void {
    const mine = put(this.#data, this.#seeds, this.#mine ?? {}, mostClusters)
    if (list === undefined) put(mine, name, value, most)
    else put(put(mine, list, this.#list(list) ?? {}, most), name, value, most)
  }
}

/** Sets a field; undefined takes it away. Of too many the one that came first goes. */
function put<V>(fields: Fields, name: string, value: V, limit: number): V & Writable {
  if (value === undefined) Reflect.deleteProperty(fields, name)
  // This one, set, would be no field; and an object that is frozen stays as it is.
  else if (name !== '__proto__') {
    const isNew = !Object.hasOwn(fields, name)
    Reflect.set(fields, name, value)
    const names = isNew ? Object.keys(fields) : []
    if (names.length > limit) Reflect.deleteProperty(fields, names[0]!)
  }
  return value as V & Writable
}
