import type { CallOptions } from '../base/signals.ts'
import type { Cluster } from '../transport/cluster.ts'
import { listTopics } from '../transport/list-topics.ts'
import type { TopicPattern } from './topic-pattern.ts'

/** A broker that just started tells of fewer topics: who is left out for so long, in milliseconds, is gone. */
const goneAfter = 10_000

/** What a member reads: topics by their names, or all that match a pattern, as far as they were heard of. */
export class Subscription {
  readonly pattern: TopicPattern | null
  #topics: readonly string[]
  /** When each was seen last, by the monotonic clock. */
  readonly #seenAt = new Map<string, number>()
  /** All topics there were at first. */
  #first: ReadonlySet<string> | undefined

  constructor(topics: readonly string[], pattern: TopicPattern | null) {
    this.#topics = topics
    this.pattern = pattern
  }

  /** Another list whenever they change. */
  get topics(): readonly string[] {
    return this.#topics
  }

  /** Looks for topics that match; whether there are others than before. One request. */
  async look(cluster: Cluster, now: number, options: CallOptions): Promise<boolean> {
    const { pattern } = this
    if (pattern === null) return false
    const listed = await listTopics(cluster, options)
    this.#first ??= new Set(listed.map(({ name }) => name))
    for (const { name, internal } of listed) if (!internal && pattern.matches(name)) this.#seenAt.set(name, now)
    for (const [name, at] of this.#seenAt) if (now - at >= goneAfter) this.#seenAt.delete(name)
    const topics = [...this.#seenAt.keys()].sort()
    if (topics.length === this.#topics.length && topics.every((name, i) => name === this.#topics[i])) return false
    this.#topics = topics
    return true
  }

  /** Of topics by pattern those are known that the coordinator has given. */
  learned(names: readonly string[]): void {
    const known = new Set(this.#topics)
    const others = names.filter(name => !known.has(name))
    if (this.pattern !== null && others.length > 0) this.#topics = [...this.#topics, ...others]
  }

  /** Finds out what there is before anything is read; for who must know what comes later. */
  async begin(cluster: Cluster, options: CallOptions): Promise<void> {
    if (this.pattern === null || this.#first !== undefined) return
    const listed = await listTopics(cluster, options)
    this.#first ??= new Set(listed.map(({ name }) => name))
  }

  /** Whether a topic was made after this member had begun. */
  isLate(name: string): boolean {
    return this.#first !== undefined && !this.#first.has(name)
  }
}
