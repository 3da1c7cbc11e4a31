import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import type { Chance } from './chance.ts'
import type { WorldClock } from './clock.ts'
import { History, type Logged } from './history.ts'
import { Host } from './host.ts'
import { Network } from './network.ts'
import type { Balancing, Protocol } from './plan.ts'
import { type Release, releases } from './releases.ts'

export interface Dimensions {
  readonly brokers: number
  readonly partitions: number
  readonly release: Release
  readonly protocol: Protocol
  readonly balancing: Balancing
  /** Of brokers, beside those that all worlds have. */
  readonly configs: Readonly<Record<string, string>>
  readonly copies: boolean
}

export const topic = 'orders'
/** What is copied of it goes there: one partition, in worlds that need it. */
export const copies = 'copies'

/** Members of either protocol are heard of each second, and missed after `sessionTimeout`. */
const groupConfigs = {
  'group.min.session.timeout.ms': '1000',
  'group.initial.rebalance.delay.ms': '500',
  'group.consumer.min.heartbeat.interval.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '1000',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': '6000',
}

/** A cluster, a network and hosts, all on one clock. */
export class World {
  readonly chance: Chance
  readonly clock: WorldClock
  readonly broker: Broker
  readonly network: Network
  readonly history: History
  readonly hosts: Host[] = []
  readonly release: Release
  readonly protocol: Protocol
  readonly balancing: Balancing
  /** Of the topic, now; 0 while there is none. */
  partitions: number
  #audits = 0
  /** Replicas that are kept from copying. */
  #held = 0
  readonly #anyLeads: boolean
  /** Hosts whose program works; those that crashed are none of them. */
  get living(): Host[] {
    return this.hosts.filter(({ isDead }) => !isDead)
  }

  constructor(
    chance: Chance,
    clock: WorldClock,
    { brokers, partitions, release, protocol, balancing, configs, copies: withCopies }: Dimensions,
  ) {
    this.chance = chance
    this.release = release
    this.protocol = protocol
    this.balancing = balancing
    this.partitions = partitions
    this.clock = clock
    this.#anyLeads = configs['unclean.leader.election.enable'] === 'true'
    this.history = new History(() => this.clock.monotonic())
    this.broker = new Broker({
      clock: this.clock,
      natives: { defer: this.clock.defer },
      brokers,
      topics: [{ name: topic, partitions }, ...(withCopies ? [{ name: copies, partitions: 1 }] : [])],
      autoCreateTopics: false,
      configs: { ...groupConfigs, ...configs },
      versions: releases[release],
      // The second protocol of transactions and consumer groups came with 4.0.
      features: release === '4.4' ? { 'group.version': 1, 'transaction.version': 2 } : {},
    })
    this.network = new Network(this.clock, this.broker, chance.of('network'))
  }

  /** Keeps a broker's replicas from copying; the answer lets them. */
  hold(id: number): () => void {
    const release = this.broker.holdReplica(id)
    this.#held++
    let held = true
    return () => {
      if (held) this.#held--
      held = false
      release()
    }
  }

  /** Ends a broker, by whichever fault: one that lacks records may lead from now on. */
  end(id: number, how: 'stopped' | 'crashed'): void {
    if (this.#anyLeads && this.#held > 0) this.history.loss = 'a replica that was not in sync led'
    if (how === 'crashed') this.broker.crashBroker(id)
    else this.broker.stopBroker(id)
  }

  get addresses(): readonly string[] {
    return this.broker.brokerIds.map(id => this.broker.address(id))
  }

  host(name: string): Host {
    const host = new Host(name, this.clock, this.network, this.chance.of(name))
    this.hosts.push(host)
    return host
  }

  /** The answer wakes it. */
  putToSleep(host: Host): () => void {
    const since = this.clock.monotonic()
    host.fallAsleep()
    return () => {
      this.history.slept(host.name, this.clock.monotonic() - since)
      host.wake()
    }
  }

  crash(host: Host, heard: boolean): void {
    host.crash(heard)
    this.history.forget(host.name)
    this.history.note(`${host.name} crashed`)
  }

  /** A host that faults of the network spare. */
  auditor(): Host {
    const host = this.host(`auditor ${++this.#audits}`)
    this.network.sound.add(host.name)
    for (const id of this.broker.brokerIds) {
      const link = this.network.link(host.name, id)
      link.latency = 0.1
      link.jitter = 0
      link.bandwidth = 100_000
    }
    return host
  }

  /** What the logs of a topic hold, or of that what is committed. Rejects when a transaction stays open. */
  async contents(
    of = topic,
    isolationLevel: 'read_uncommitted' | 'read_committed' = 'read_uncommitted',
  ): Promise<Logged[]> {
    const host = this.auditor()
    const transport = host.transport()
    const client = new Client({ addr: [...this.addresses], transport })
    const { topics } = await client.metadata({ topics: [of] })
    // A broker may tell it of fewer.
    const count = of === topic ? Math.max(this.partitions, topics[0]!.partitions.length) : 1
    const life = of === topic ? this.history.formerLogs.length : 0
    const logged: Logged[] = []
    const until = this.clock.monotonic() + longestTransaction
    for (let partition = 0; partition < count; partition++) {
      for (let offset = 0; ; ) {
        const answer = await client.fetch({ topic: of, partition, offset, maxWait: 100, isolationLevel })
        if (answer.error !== null) throw answer.error
        for (const message of answer.records)
          logged.push({ topic: of, life, partition, offset: message.offset, value: message.text() })
        offset = answer.nextOffset
        if (offset >= answer.highWatermark) break
        if (this.clock.monotonic() > until) throw new Error(`a transaction is open for ever in ${of}/${partition}`)
      }
    }
    await transport.close()
    return logged
  }
}

/** What was begun is aborted by then, in milliseconds. */
const longestTransaction = 60_000
