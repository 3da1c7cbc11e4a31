import { memory } from '../../adapters/memory/index.ts'
import type { ClientEvent } from '../../src/base/events.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import { Client, Transport, type TransportConfig } from '../../src/index.ts'
import { Chance } from '../../test/simulation/chance.ts'
import { SimulatedClock } from '../../test/simulation/clock.ts'

/** What clients did between two looks. Bytes and requests are those that crossed the wire. */
export interface Effort {
  /** Requests to each broker, by its address. */
  readonly requests: ReadonlyMap<string, number>
  readonly requestsByApi: ReadonlyMap<string, number>
  readonly bytesByApi: ReadonlyMap<string, number>
  /** Simulated milliseconds. */
  readonly took: number
  /** Processor time of clients and brokers together, in milliseconds. */
  readonly cpu: number
}

/** A broker makes no more partitions in one request. */
const mostAtOnce = 10_000

/** Far above what a program has: it is the client that is measured. */
const limits = {
  topics: 100_000,
  partitions: 100_000,
  members: 100_000,
  memberBytes: 2 ** 31,
  offsets: 10_000_000,
  sessionPartitions: 10_000_000,
  requestElements: 1_000_000,
  answerElements: 10_000_000,
  connections: 1_000_000,
  watchedPartitions: 10_000_000,
}

/** An embedded cluster and its clients in one process, whose time passes only when nobody has anything to do. */
export class World {
  readonly clock = new SimulatedClock(new Chance(1))
  readonly broker: Broker
  #requests = new Map<string, number>()
  #requestsByApi = new Map<string, number>()
  #bytesByApi = new Map<string, number>()
  #since = 0
  #cpuSince = process.cpuUsage()

  constructor(config: BrokerConfig) {
    const { clock } = this
    this.broker = new Broker({ ...config, limits, clock, natives: { defer: clock.defer }, logger: null })
    this.look()
  }

  /** A program of its own on some machine: its transport. */
  transport(config: TransportConfig = {}): Transport {
    const natives = { defer: this.clock.defer }
    const onEvent = (event: ClientEvent): void => this.#count(event)
    const adapter = memory(this.broker, natives)
    return new Transport({ ...config, adapter, natives, clock: this.clock, logger: null, onEvent })
  }

  get addr(): readonly string[] {
    return this.broker.addresses.slice(0, 3)
  }

  /** Lets time pass until the task is done. */
  async drive<T>(task: Promise<T>): Promise<T> {
    let isDone = false
    const end = (): void => {
      isDone = true
    }
    task.then(end, end)
    await this.clock.run(() => isDone)
    return task
  }

  /** Lets so many simulated milliseconds pass. */
  pass(milliseconds: number): Promise<void> {
    return this.drive(this.clock.sleep(milliseconds))
  }

  /** Makes topics, a bounded number at a time. */
  async createTopics(topics: readonly { name: string; partitions: number }[], replicationFactor = 3): Promise<void> {
    const transport = this.transport()
    const client = new Client({ addr: this.addr, transport })
    for (let at = 0; at < topics.length; at += 500) {
      const some = topics.slice(at, at + 500).map(({ name, partitions }) => ({
        topic: name,
        numPartitions: Math.min(partitions, mostAtOnce),
        replicationFactor,
      }))
      const { errors } = await this.drive(client.createTopics({ topics: some }))
      for (const error of Object.values(errors)) if (error) throw error
    }
    for (const { name, partitions } of topics)
      for (let count = 2 * mostAtOnce; count <= partitions; count += mostAtOnce) {
        const { errors } = await this.drive(client.createPartitions({ topics: [{ name, count }] }))
        for (const error of Object.values(errors)) if (error) throw error
      }
    await this.drive(transport.close())
    this.look()
  }

  /** What was done since the last look. */
  look(): Effort {
    const { user, system } = process.cpuUsage(this.#cpuSince)
    const effort = {
      requests: this.#requests,
      requestsByApi: this.#requestsByApi,
      bytesByApi: this.#bytesByApi,
      took: this.clock.monotonic() - this.#since,
      cpu: (user + system) / 1000,
    }
    this.#requests = new Map()
    this.#requestsByApi = new Map()
    this.#bytesByApi = new Map()
    this.#since = this.clock.monotonic()
    this.#cpuSince = process.cpuUsage()
    return effort
  }

  async close(): Promise<void> {
    await this.drive(this.broker.close())
  }

  #count(event: ClientEvent): void {
    if (event.type !== 'request') return
    const { broker, api, sentBytes, receivedBytes } = event
    add(this.#requests, broker, 1)
    add(this.#requestsByApi, api, 1)
    add(this.#bytesByApi, api, sentBytes + receivedBytes)
  }
}

function add(map: Map<string, number>, name: string, count: number): void {
  map.set(name, (map.get(name) ?? 0) + count)
}

/** Live bytes of the heap and of buffers. Wants --expose-gc. */
export function liveBytes(): number {
  for (let times = 0; times < 3; times++) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
