import type { Clock } from '../base/clock.ts'
import { zeroUuid } from '../bytes/reader.ts'
import type { ResponseOf } from '../protocol/api.ts'
import type { Metadata } from '../protocol/metadata.ts'
import { isGuess, type TopicLayout } from './layout.ts'
import { layoutOf, withNewerLeaders } from './read-layout.ts'
import type { ClusterRecall } from './recall.ts'

export type WireTopic = ResponseOf<typeof Metadata>['topics'][number]

interface Entry {
  layout: TopicLayout
  usedAt: number
  /** Since when every answer denied what we know; undefined: the last one confirmed it. */
  deniedSince: number | undefined
  /** Since when every answer told older leaders than we know; undefined: the last one didn't. */
  behindSince: number | undefined
  /** Remembered, and so old that it is to be asked for. */
  readonly isOld?: boolean
  /** Ids that topics of this name had before: a broker that tells one lags behind. */
  readonly formerIds: readonly string[]
}

/** Java's metadata.max.idle.ms: what no one used for so long is not asked for any more. */
const forgottenAfter = 5 * 60_000
/**
 * A broker that just started may know of no topic for a while. One that is denied for longer than this, in
 * milliseconds, is gone.
 */
const deniedFor = 10_000
const rememberedIds = 8

/** Layouts of the topics in use. Holds no failed topics: those are asked for again at each use. */
export class TopicCache {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock
  readonly #recall: ClusterRecall | undefined
  readonly #ttl: number

  /** `ttl`: what is remembered and older than that is doubtful, in milliseconds. */
  constructor(clock: Clock, recall: ClusterRecall | undefined, ttl: number) {
    this.#clock = clock
    this.#recall = recall
    this.#ttl = ttl
  }

  /** The layout as last heard, however old, or as remembered. Marks the topic as used. */
  use(name: string): TopicLayout | undefined {
    const entry = this.#entries.get(name) ?? this.#recalled(name)
    if (entry !== undefined) entry.usedAt = this.#clock.monotonic()
    return entry?.layout
  }

  nameOf(id: string): string | undefined {
    if (id === zeroUuid) return undefined
    for (const { layout } of this.#entries.values()) if (layout.id === id) return layout.name
    return undefined
  }

  /** How many partitions all topics together have. */
  get partitions(): number {
    let count = 0
    for (const { layout } of this.#entries.values()) count += layout.partitions.length
    return count
  }

  /** The topics worth asking for; forgets those that nobody used for long. */
  inUse(): string[] {
    const since = this.#clock.monotonic() - forgottenAfter
    for (const [name, entry] of this.#entries) if (entry.usedAt < since) this.#entries.delete(name)
    return [...this.#entries.keys()]
  }

  /** The topics in use that the last answer denied, or that are remembered from long ago. */
  toAsk(): string[] {
    return this.inUse().filter(name => this.isToAsk(name))
  }

  isToAsk(name: string): boolean {
    return this.isDenied(name) || this.#entries.get(name)?.isOld === true
  }

  /** What is remembered is of another cluster. */
  forgetGuesses(): void {
    for (const [name, { layout }] of this.#entries) if (isGuess(layout)) this.#entries.delete(name)
  }

  /**
   * Takes in what a broker said of a topic; answers what to believe now. What denies a topic that we know (an error, no
   * partitions, fewer partitions, a hole in the list, an id it had before) is not believed before all answers have
   * denied it for a while, nor are older leaders.
   */
  hear(name: string, told: WireTopic): TopicLayout {
    const entry = this.#entries.get(name)
    // What was merely remembered denies nothing.
    const known = entry && (isGuess(entry.layout) ? undefined : entry)
    const heard = layoutOf(name, told)
    if (known !== undefined && denies(heard, known) && !this.deny(name)) return known.layout
    if (heard.error !== null) {
      this.forget(name)
      return heard
    }
    const now = this.#clock.monotonic()
    const newest = withNewerLeaders(heard, this.#entries.get(name)?.layout)
    const behindSince = newest === heard ? undefined : (known?.behindSince ?? now)
    // Brokers before 2.8 give a topic made anew no other id, and what one broker told may have been wrong.
    const layout = behindSince !== undefined && now - behindSince >= deniedFor ? heard : newest
    const formerIds = known === undefined || known.layout.id === layout.id ? [] : [known.layout.id]
    this.#entries.set(name, {
      layout,
      usedAt: entry?.usedAt ?? now,
      deniedSince: undefined,
      behindSince: layout === heard ? undefined : behindSince,
      formerIds: [...(known?.formerIds ?? []), ...formerIds].slice(-rememberedIds),
    })
    this.#recall?.keepTopic(layout)
    return layout
  }

  /**
   * An answer denied what we know of the topic, or left it out; whether that has gone on for so long that the topic is
   * forgotten.
   */
  deny(name: string): boolean {
    const known = this.#entries.get(name)
    if (known === undefined || isGuess(known.layout)) {
      this.forget(name)
      return true
    }
    const now = this.#clock.monotonic()
    known.deniedSince ??= now
    if (now - known.deniedSince < deniedFor) return false
    this.forget(name)
    return true
  }

  /** Whether the last answer denied a topic that we know. */
  isDenied(name: string): boolean {
    return this.#entries.get(name)?.deniedSince !== undefined
  }

  /** Whether the last answer denied the topic, or told older leaders than we know: another broker may know better. */
  isDoubtful(name: string): boolean {
    return this.isDenied(name) || this.#entries.get(name)?.behindSince !== undefined
  }

  /** KIP-951: a leader named by a response; whether that was news. Older epochs than ours are not. */
  learnLeader(name: string, index: number, leader: number, leaderEpoch: number): boolean {
    const entry = this.#entries.get(name)
    const partition = entry?.layout.partitions[index]
    if (entry === undefined || partition === undefined || leader < 0 || leaderEpoch <= partition.leaderEpoch)
      return false
    const partitions = entry.layout.partitions.with(index, { ...partition, leader, leaderEpoch, error: null })
    entry.layout = { ...entry.layout, partitions }
    if (!isGuess(entry.layout)) this.#recall?.keepTopic(entry.layout)
    return true
  }

  forget(name: string): void {
    this.#entries.delete(name)
    this.#recall?.dropTopic(name)
  }

  #recalled(name: string): Entry | undefined {
    const recalled = this.#recall?.topic(name)
    if (recalled === undefined) return undefined
    const entry = {
      layout: recalled.layout,
      usedAt: 0,
      deniedSince: undefined,
      behindSince: undefined,
      isOld: recalled.age >= this.#ttl,
      formerIds: [],
    }
    this.#entries.set(name, entry)
    return entry
  }
}

function denies(told: TopicLayout, { layout, formerIds }: Entry): boolean {
  if (told.error !== null || formerIds.includes(told.id)) return true
  return told.id === layout.id && told.partitions.length < layout.partitions.length
}
