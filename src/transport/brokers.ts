import { type Address, formatAddress } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import { ConnectionError } from '../base/errors.ts'
import { shuffled } from '../base/shuffle.ts'
import type { ResponseOf } from '../protocol/api.ts'
import type { Metadata } from '../protocol/metadata.ts'
import type { Peer } from '../socket/peer.ts'
import type { BrokerInfo } from './layout.ts'
import type { ClusterRecall } from './recall.ts'
import type { Settings } from './settings.ts'

/**
 * Connections so soon after the cluster was first heard of are part of getting to know it, in milliseconds: they are to
 * be quick.
 */
const newsFor = 10_000

/**
 * The brokers of a cluster: those its metadata names, and the bootstrap list to begin with and to fall back upon
 * (KIP-899).
 */
export class Brokers {
  readonly seeds: readonly Address[]
  controllerId = -1
  readonly #clock: Clock
  #clusterId: string | null = null
  #metAt = 0
  #brokers: readonly BrokerInfo[] = []

  readonly #guard: Settings['guard']
  readonly recall: ClusterRecall | undefined
  /** What is known is what was remembered: nobody of this cluster was met yet. */
  isGuess = false
  /** The broker that is wanted anyway, of those remembered: asked first while nobody was met. */
  preferred = -1

  constructor(seeds: readonly Address[], { clock, guard, recall }: Pick<Settings, 'clock' | 'guard' | 'recall'>) {
    this.seeds = seeds
    this.#clock = clock
    this.#guard = guard
    this.recall = recall?.(seeds)
    const recalled = this.recall?.cluster
    if (recalled === undefined) return
    this.#brokers = recalled.brokers
    this.#clusterId = recalled.clusterId
    // Long ago.
    this.#metAt = Number.NEGATIVE_INFINITY
    this.isGuess = true
  }

  /** Nobody is known any more, for what was remembered is of another cluster; false where it was no guess. */
  forgetGuess(): boolean {
    if (!this.isGuess) return false
    this.isGuess = false
    this.recall?.forget()
    this.#clusterId = null
    this.forget()
    return true
  }

  /** null until known. Never another one: who answers with that is a stranger. */
  get clusterId(): string | null {
    return this.#clusterId
  }

  /** Whom a connection to this address is meant for; undefined until the cluster is known. */
  peerAt(address: Address | BrokerInfo): Peer | undefined {
    const clusterId = this.#clusterId
    if (clusterId === null) return undefined
    return {
      clusterId,
      nodeId: 'id' in address ? address.id : -1,
      isNews: this.#clock.monotonic() - this.#metAt < newsFor,
    }
  }

  /** Whether host:port is of the bootstrap list. */
  isSeed(broker: string): boolean {
    return this.seeds.some(seed => formatAddress(seed) === broker)
  }

  /** The bootstrap list as text: what a cluster is called in messages. */
  get seedNames(): string {
    return this.seeds.map(formatAddress).join(',')
  }

  /** As last heard of; a new list whenever anything changed. */
  get known(): readonly BrokerInfo[] {
    return this.#brokers
  }

  get(id: number): BrokerInfo | undefined {
    return this.#brokers.find(broker => broker.id === id)
  }

  /** Takes in a metadata response; answers the addresses at which no broker is any more, as host:port. */
  hear({ brokers, controllerId, clusterId }: ResponseOf<typeof Metadata>): string[] {
    const before = this.addresses()
    const told = brokers.map(({ nodeId, host, port, rack }) => this.#same({ id: nodeId, host, port, rack }))
    const changed = told.length !== this.#brokers.length || told.some(broker => !this.#brokers.includes(broker))
    if (changed) this.#brokers = told
    this.controllerId = controllerId
    this.meet(clusterId)
    this.recall?.keepBrokers(this.#clusterId, this.#brokers)
    const now = this.addresses()
    return [...before].filter(address => !now.has(address))
  }

  /** An answer names the cluster: from now on it is this one, and no other. */
  meet(clusterId: string | null): void {
    const isFirst = this.#clusterId === null || this.#metAt === Number.NEGATIVE_INFINITY
    if (isFirst) this.#metAt = this.#clock.monotonic()
    this.#clusterId ??= clusterId
    this.isGuess = false
  }

  /** Somebody of the cluster that is meant was met: what is remembered of it is no mere guess. */
  met(): void {
    this.isGuess = false
  }

  /** A broker named outside of metadata: a coordinator, a new leader (KIP-951). */
  add(broker: BrokerInfo): void {
    const { id, host, port } = broker
    const before = this.get(id)
    if ((before?.host === host && before.port === port) || this.#guard(host, this.seeds)) return
    const rack = broker.rack ?? before?.rack ?? null
    this.#brokers = [...this.#brokers.filter(other => other.id !== id), { id, host, port, rack }]
    this.recall?.keepBrokers(this.#clusterId, this.#brokers)
  }

  /** Forgets where a broker is: somebody else listens there. */
  drop(broker: Address): void {
    this.#brokers = this.#brokers.filter(other => other !== broker)
  }

  /** Forgets every broker: begin at the bootstrap list. */
  forget(): void {
    this.#brokers = []
    this.controllerId = -1
  }

  /** The same broker as before, unless anything about it is new. */
  #same(broker: BrokerInfo): BrokerInfo {
    const { id, host, port, rack } = broker
    const before = this.get(id)
    if (before?.host === host && before.port === port && before.rack === rack) return before
    const refused = this.#guard(host, this.seeds)
    if (refused) throw new ConnectionError(this.seedNames, refused)
    return broker
  }

  /** host:port of every known broker. */
  addresses(): Set<string> {
    return new Set(this.#brokers.map(formatAddress))
  }

  /**
   * Whom to ask when any broker will do, in the order to try: known brokers and the bootstrap list by turns, for all of
   * one may be dead.
   */
  candidates(): Address[] {
    const known = shuffled(this.#brokers, this.#clock)
    if (this.isGuess) known.sort((a, b) => Number(b.id === this.preferred) - Number(a.id === this.preferred))
    const addresses = this.addresses()
    const seeds = shuffled(
      this.seeds.filter(seed => !addresses.has(formatAddress(seed))),
      this.#clock,
    )
    const count = Math.max(known.length, seeds.length)
    return Array.from({ length: count }, (_, i) => [known[i], seeds[i]]).flatMap(pair =>
      pair.filter(address => address !== undefined),
    )
  }
}
