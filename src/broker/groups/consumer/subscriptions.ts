import type { Topic } from '../../topics/topic.ts'
import { type MemberDetails, sameNames } from './details.ts'

/** Topics by name, and by id. */
export interface TopicsKnown {
  readonly topics: ReadonlyMap<string, Topic>
  topicById(id: string): Topic | undefined
}

type Subscription = Pick<MemberDetails, 'topics' | 'pattern'>

interface Subscribed {
  members: number
  /** Topics whose names the pattern matches; undefined until that was looked at. */
  topics: ReadonlySet<string> | undefined
}

/** What the members of a group read, by name and by pattern, and what there is of it. */
export class Subscriptions {
  readonly #known: TopicsKnown
  /** How many members name each topic. */
  readonly #names = new Map<string, number>()
  readonly #patterns = new Map<string, Subscribed>()
  /** Counts what was found of patterns. */
  resolutions = 0

  constructor(known: TopicsKnown) {
    this.#known = known
  }

  get patterns(): readonly string[] {
    return [...this.#patterns.keys()]
  }

  /** Whether a pattern has not been looked at yet. */
  get hasUnresolved(): boolean {
    for (const { topics } of this.#patterns.values()) if (topics === undefined) return true
    return false
  }

  /** Whether a pattern has been looked at. */
  get hasResolved(): boolean {
    for (const { topics } of this.#patterns.values()) if (topics !== undefined) return true
    return false
  }

  add({ topics, pattern }: Subscription): void {
    for (const name of topics) this.#names.set(name, (this.#names.get(name) ?? 0) + 1)
    if (pattern === '') return
    const known = this.#patterns.get(pattern)
    if (known === undefined) this.#patterns.set(pattern, { members: 1, topics: undefined })
    else known.members++
  }

  delete({ topics, pattern }: Subscription): void {
    for (const name of topics) {
      const left = this.#names.get(name)! - 1
      if (left > 0) this.#names.set(name, left)
      else this.#names.delete(name)
    }
    const known = this.#patterns.get(pattern)
    if (known !== undefined && --known.members === 0) this.#patterns.delete(pattern)
  }

  knowsPattern(pattern: string): boolean {
    return this.#patterns.has(pattern)
  }

  isResolved(pattern: string): boolean {
    return this.#patterns.get(pattern)?.topics !== undefined
  }

  /** Takes down which topics a pattern matches; whether they are others than before. */
  resolve(pattern: string, topics: ReadonlySet<string>): boolean {
    const known = this.#patterns.get(pattern)
    if (known === undefined) return false
    const before = known.topics
    known.topics = topics
    this.resolutions++
    return !sameNames(before ?? new Set(), topics)
  }

  /** Whether who subscribes to that reads the topic. */
  reads({ topics, pattern }: Subscription, topicId: string): boolean {
    const name = this.#known.topicById(topicId)?.name
    return name !== undefined && (topics.has(name) || this.#matched(pattern)?.has(name) === true)
  }

  /** Whether some member reads the topic of that name. */
  has(name: string): boolean {
    if (this.#names.has(name)) return true
    for (const { topics } of this.#patterns.values()) if (topics?.has(name)) return true
    return false
  }

  /** Ids of the topics that who subscribes to that reads. */
  topicsOf({ topics, pattern }: Subscription): string[] {
    const ids: string[] = []
    const matched = this.#matched(pattern) ?? []
    for (const names of [topics, matched])
      for (const name of names) {
        const topic = this.#known.topics.get(name)
        const isNamed = names === matched && topics.has(name)
        if (topic !== undefined && !isNamed) ids.push(topic.id)
      }
    return ids
  }

  /** The partitions there are of all that is read, by topic id. */
  layout(): Map<string, number> {
    const layout = new Map<string, number>()
    const add = (names: Iterable<string>): void => {
      for (const name of names) {
        const topic = this.#known.topics.get(name)
        if (topic !== undefined) layout.set(topic.id, topic.partitions.length)
      }
    }
    add(this.#names.keys())
    for (const { topics } of this.#patterns.values()) if (topics !== undefined) add(topics)
    return layout
  }

  /** How many partitions there are of what is read, and of what would be; what several patterns match counts for each. */
  partitionsWith({ topics }: Subscription): number {
    let count = 0
    const add = (names: Iterable<string>, unless?: ReadonlyMap<string, number>): void => {
      for (const name of names)
        if (unless?.has(name) !== true) count += this.#known.topics.get(name)?.partitions.length ?? 0
    }
    add(this.#names.keys())
    add(topics, this.#names)
    for (const { topics: matched } of this.#patterns.values()) if (matched !== undefined) add(matched, this.#names)
    return count
  }

  #matched(pattern: string): ReadonlySet<string> | undefined {
    return pattern === '' ? undefined : this.#patterns.get(pattern)?.topics
  }
}

export function sameLayout(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) if (b.get(topicId) !== partitions) return false
  return true
}
