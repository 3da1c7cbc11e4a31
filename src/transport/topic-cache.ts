import type { Clock } from '../base/clock.ts'
import { ProtocolError } from '../base/errors.ts'
import { zeroUuid } from '../bytes/reader.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { errorFor } from '../protocol/errors.ts'
import type { Metadata } from '../protocol/metadata.ts'
import type { PartitionLayout, TopicLayout } from './layout.ts'

type WireTopic = ResponseOf<typeof Metadata>['topics'][number]

interface Entry {
  layout: TopicLayout
  refreshAt: number
  usedAt: number
}

/** Java's metadata.max.idle.ms: what no one used for so long is not asked for any more. */
const forgottenAfter = 5 * 60_000

/** Layouts of the topics in use. Holds no failed topics: those are asked for again at each use. */
export class TopicCache {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock
  readonly #ttl: number

  constructor(clock: Clock, ttl: number) {
    this.#clock = clock
    this.#ttl = ttl
  }

  /** The layout as last heard, however old, and whether it is time to ask anew. Marks the topic as used. */
  use(name: string): { readonly layout: TopicLayout; readonly stale: boolean } | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined) return undefined
    const now = this.#clock.monotonic()
    entry.usedAt = now
    return { layout: entry.layout, stale: now >= entry.refreshAt }
  }

  nameOf(id: string): string | undefined {
    if (id === zeroUuid) return undefined
    for (const { layout } of this.#entries.values()) if (layout.id === id) return layout.name
    return undefined
  }

  /** The topics worth asking for; forgets those that nobody used for long. */
  inUse(): string[] {
    const since = this.#clock.monotonic() - forgottenAfter
    for (const [name, entry] of this.#entries) if (entry.usedAt < since) this.#entries.delete(name)
    return [...this.#entries.keys()]
  }

  /** Takes in what a broker said of a topic; answers what to believe now. */
  hear(name: string, told: WireTopic): TopicLayout {
    const known = this.#entries.get(name)
    const layout = layoutOf(name, told, known?.layout)
    if (layout.error !== null) {
      this.#entries.delete(name)
      return layout
    }
    const now = this.#clock.monotonic()
    // Uniform, so that the clients of a cluster don't ask in step.
    this.#entries.set(name, { layout, refreshAt: now + Math.random() * this.#ttl, usedAt: known?.usedAt ?? now })
    return layout
  }

  /** KIP-951: a leader named by a response; whether that was news. Older epochs than ours are not. */
  learnLeader(name: string, index: number, leader: number, leaderEpoch: number): boolean {
    const entry = this.#entries.get(name)
    const partition = entry?.layout.partitions[index]
    if (entry === undefined || partition === undefined || leader < 0 || leaderEpoch <= partition.leaderEpoch) return false
    const partitions = entry.layout.partitions.with(index, { ...partition, leader, leaderEpoch, error: null })
    entry.layout = { ...entry.layout, partitions }
    return true
  }

  forget(name: string): void {
    this.#entries.delete(name)
  }
}

export function layoutOf(name: string, told: WireTopic, known?: TopicLayout): TopicLayout {
  const sameTopic = known !== undefined && known.id === told.topicId
  const count = told.partitions.length
  const partitions: PartitionLayout[] = new Array(count)
  for (const p of told.partitions) {
    const index = p.partitionIndex
    if (index < 0 || index >= count || partitions[index] !== undefined)
      throw new ProtocolError(`topic ${name}: partition ${index} in a list of ${count}`)
    const before = sameTopic ? known.partitions[index] : undefined
    // A broker that lags behind may answer with an older leader than we know (KIP-320). A topic made anew starts over.
    partitions[index] = before !== undefined && p.leaderEpoch >= 0 && p.leaderEpoch < before.leaderEpoch ? before : partitionOf(p)
  }
  return { name, id: told.topicId, internal: told.isInternal, partitions, error: errorFor(told.errorCode) }
}

function partitionOf(told: WireTopic['partitions'][number]): PartitionLayout {
  return {
    index: told.partitionIndex,
    leader: told.leaderId,
    leaderEpoch: told.leaderEpoch,
    replicas: told.replicaNodes,
    isr: told.isrNodes,
    offline: told.offlineReplicas,
    error: errorFor(told.errorCode),
  }
}
