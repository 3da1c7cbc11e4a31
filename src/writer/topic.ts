import type { Balancer } from '../balancer/balancer.ts'
import { RoundRobin } from '../balancer/round-robin.ts'
import type { TopicLayout } from '../transport/layout.ts'
import { PartitionQueue, type QueueHost } from './partition-queue.ts'

/** A topic as the writer sees it: its layout and a queue for each partition. */
export class Topic {
  readonly name: string
  readonly balancer: Balancer
  /** 0 … n-1, as balancers take them; empty until the layout is known. */
  partitions: readonly number[] = []
  readonly queues: PartitionQueue[] = []
  layout: TopicLayout | null = null
  /** In which of the accumulator's turns the layout was last looked up. */
  seenInTurn = -1
  /** The last of the calls that wait for this topic, done when it is: those after it keep behind it. */
  tail: Promise<void> | null = null

  /** A batch is closed before it has more bytes than this. Lowered when the broker refused a batch as too large. */
  batchBytes: number
  /** The largest batch the broker has taken: a message smaller than this is surely taken by itself. */
  provenBytes = 0
  readonly #host: QueueHost
  /** The balancer is ours. */
  readonly #trusted: boolean

  /** Without a balancer of the user's each topic has its own: two topics written in turn would each get every other partition of one. */
  constructor(name: string, given: Balancer | undefined, host: QueueHost) {
    this.name = name
    this.balancer = given ?? new RoundRobin()
    this.#trusted = given === undefined
    this.#host = host
    this.batchBytes = host.settings.batchBytes
  }

  /** Takes over what metadata says now. Partitions are only ever added; those of a smaller topic made anew wait for metadata to tell. */
  learn(layout: TopicLayout): void {
    if (this.layout === layout) return
    this.layout = layout
    const count = layout.partitions.length
    if (this.partitions.length !== count) this.partitions = this.#numbers(count)
    for (let index = this.queues.length; index < count; index++) this.queues.push(new PartitionQueue(this, index, this.#host))
  }

  leaderOf(index: number): number {
    return this.layout?.partitions[index]?.leader ?? -1
  }

  /** Frozen where someone else's code gets them; not else, because engines read frozen lists more slowly. */
  #numbers(count: number): readonly number[] {
    const list = Array.from({ length: count }, (_, index) => index)
    return this.#trusted ? list : Object.freeze(list)
  }
}
