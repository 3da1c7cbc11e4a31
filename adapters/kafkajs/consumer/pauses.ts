import type { TopicPartitions } from '../types/common.ts'

interface TopicPauses {
  /** All of the topic, those included that come later; except for `resumed`. */
  all: boolean
  readonly paused: Set<number>
  readonly resumed: Set<number>
}

/** Partitions of a topic; without a list all of them. */
export type SomePartitions = { topic: string; partitions?: number[] }

/** What is paused, be it this member's or not: from `pause` to `resume`, whoever has the partitions in between. */
export class Pauses {
  readonly #topics = new Map<string, TopicPauses>()

  pause(list: readonly SomePartitions[]): void {
    for (const { topic, partitions } of list) {
      const pauses = this.#of(topic)
      if (partitions === undefined) {
        pauses.paused.clear()
        pauses.resumed.clear()
      }
      pauses.all = partitions === undefined
      for (const partition of partitions ?? []) {
        pauses.paused.add(partition)
        pauses.resumed.delete(partition)
      }
    }
  }

  resume(list: readonly SomePartitions[]): void {
    for (const { topic, partitions } of list) {
      const pauses = this.#of(topic)
      if (partitions === undefined) {
        pauses.paused.clear()
        pauses.resumed.clear()
        pauses.all = false
      }
      for (const partition of partitions ?? []) {
        pauses.paused.delete(partition)
        if (pauses.all) pauses.resumed.add(partition)
      }
    }
  }

  has(topic: string, partition: number): boolean {
    const pauses = this.#topics.get(topic)
    return pauses !== undefined && ((pauses.all && !pauses.resumed.has(partition)) || pauses.paused.has(partition))
  }

  #of(topic: string): TopicPauses {
    const pauses = this.#topics.get(topic) ?? { all: false, paused: new Set(), resumed: new Set() }
    this.#topics.set(topic, pauses)
    return pauses
  }
}

/** Sorted, by topic. */
export function byTopic(list: Iterable<{ readonly topic: string; readonly partition: number }>): TopicPartitions[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of list) {
    const partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, [partition])
    else partitions.push(partition)
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions: partitions.sort((a, b) => a - b) }))
}
