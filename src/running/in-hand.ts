import { type Message, originOf } from '../records/message.ts'

/** A message that was taken from the reader. */
export interface Taken {
  readonly message: Message
  readonly of: PartitionInHand
  /** Dealt with. */
  isDone: boolean
}

/** The messages of one partition that were taken in one go, in their order, from the first that is not dealt with. */
export class PartitionInHand {
  readonly topic: string
  readonly partition: number
  /** Those that are neither dealt with nor dropped. */
  open = 0
  /** Those that somebody works on. */
  running = 0
  isPaused = false
  #taken: Taken[] = []
  #at = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  take(message: Message): Taken {
    const taken = { message, of: this, isDone: false }
    this.#taken.push(taken)
    this.open++
    return taken
  }

  /** The first that is not dealt with. */
  get first(): Message | undefined {
    return this.#taken.slice(this.#at).find(({ isDone }) => !isDone)?.message
  }

  /** The last of those that are dealt with along with all before them, if that is another now. */
  finished(): Message | undefined {
    let last: Message | undefined
    for (; this.#taken[this.#at]?.isDone; this.#at++) last = this.#taken[this.#at]!.message
    // So that the list doesn't grow for as long as the partition is read.
    if (this.#at > 64 && this.#at * 2 > this.#taken.length) {
      this.#taken = this.#taken.slice(this.#at)
      this.#at = 0
    }
    return last
  }
}

/** All that was taken and is not dealt with. */
export class InHand {
  readonly #partitions = new Map<object | string, PartitionInHand>()
  /** Of all partitions. */
  open = 0

  get partitions(): Iterable<PartitionInHand> {
    return this.#partitions.values()
  }

  take(message: Message): Taken {
    const { topic, partition } = message
    // What is read again, after the group was divided anew or a step back, is another go.
    const key = originOf(message) ?? `${topic}/${partition}`
    let of = this.#partitions.get(key)
    if (of === undefined) {
      of = new PartitionInHand(topic, partition)
      this.#partitions.set(key, of)
    }
    this.open++
    return of.take(message)
  }

  /** It is dealt with, or nobody will: of a partition without any left nothing is kept. */
  close({ message, of }: Taken): void {
    this.open--
    if (--of.open === 0) this.#partitions.delete(originOf(message) ?? `${of.topic}/${of.partition}`)
  }

  isBusyWith(topic: string, partition: number): boolean {
    for (const each of this.partitions)
      if (each.running > 0 && each.partition === partition && each.topic === topic) return true
    return false
  }
}
