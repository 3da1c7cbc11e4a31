import type { Balancer } from '../balancer/balancer.ts'
import { javaPartition } from '../balancer/murmur2-balancer.ts'
import { randomOf } from '../base/clock.ts'
import { ConfigError, kindOf, messageOf } from '../base/errors.ts'
import type { MessageInput } from '../records/message-input.ts'
import { isGuess, type TopicLayout } from '../transport/layout.ts'
import { PartitionQueue, type QueueHost } from './partition-queue.ts'
import { Topic } from './topic.ts'

/**
 * So many bytes of messages without a key ride together before the next partition has its turn, as in KIP-794. In a
 * transaction each partition costs a marker at its end, which the next transaction waits for.
 */
const stickyBytes = (inTransactions: boolean): number => (inTransactions ? 65_536 : 16_384)

/** A topic's queues, and which of them a message goes to. */
export class Partitioner {
  readonly topic: Topic
  /** In which of the sender's turns the layout was last looked up. */
  seenInTurn = -1
  readonly #queues: PartitionQueue[] = []
  readonly #host: QueueHost
  /** The user's own. */
  readonly #balancer: Balancer | undefined
  /** Whether a broker is in the writer's rack; undefined for a writer that names none. */
  readonly #isNear: ((broker: number) => boolean) | undefined
  /** 0 … n-1, as balancers take them, and frozen: someone else's code gets them. */
  #partitions: readonly number[] = []
  /** Those that have a leader; all where none has. */
  #led: readonly number[] = []
  #learned: TopicLayout | null = null

  /** Where messages without a key go in this turn, until it was given so many bytes. */
  #sticky: PartitionQueue | undefined
  #stickyTurn = -1
  #stickyUntil = 0

  constructor(
    name: string,
    balancer: Balancer | undefined,
    host: QueueHost,
    isNear: ((broker: number) => boolean) | undefined,
  ) {
    this.topic = new Topic(name, host.settings.batchBytes)
    this.#balancer = balancer
    this.#isNear = isNear
    this.#host = host
  }

  /** Whether it knows how many partitions there are. */
  get known(): boolean {
    return this.#queues.length > 0
  }

  /**
   * Takes over what metadata says now. Queues are only ever added; those of a smaller topic made anew wait for metadata
   * to tell.
   */
  learn(layout: TopicLayout): void {
    if (this.#learned === layout) return
    this.#learned = this.topic.layout = layout
    const count = layout.partitions.length
    for (let index = this.#queues.length; index < count; index++)
      this.#queues.push(new PartitionQueue(this.topic, index, this.#host, isGuess(layout) ? this.#another : undefined))
    if (this.#partitions.length !== count)
      this.#partitions = Object.freeze(Array.from({ length: count }, (_, index) => index))
    if (this.#balancer === undefined) return
    const led = this.#partitions.filter(index => this.topic.leaderOf(index) >= 0)
    this.#led = led.length > 0 && led.length < count ? Object.freeze(led) : this.#partitions
  }

  readonly #another = (): PartitionQueue => {
    this.learn(this.topic.layout!)
    return this.#next(-1)
  }

  /** The queue of the message. Throws a ConfigError for a partition that the topic has not. */
  choose(message: MessageInput, turn: number): PartitionQueue {
    const { partition } = message
    if (partition !== undefined && partition !== null && isWish(message))
      return this.#queueOf(partition, 'a message names partition')
    if (this.#balancer !== undefined) return this.#ask(this.#balancer, message)
    const { key } = message
    if (key !== null && key !== undefined) return this.#queues[javaPartition(key, this.#partitions.length)]!
    const sticky = this.#sticky
    return sticky !== undefined && turn === this.#stickyTurn && sticky.bytesGiven < this.#stickyUntil
      ? sticky
      : this.#next(turn)
  }

  /** The queue of a partition that somebody chose, who may answer anything. */
  #queueOf(partition: unknown, who: string, advice = ''): PartitionQueue {
    const isNumber = typeof partition === 'number'
    const queue = isNumber && partition < this.#partitions.length ? this.#queues[partition] : undefined
    if (queue !== undefined) return queue
    // A balancer's promise that rejects must not end the process.
    if (partition instanceof Promise) partition.catch(() => {})
    const what = isNumber ? partition : kindOf(partition)
    throw new ConfigError(`${who} ${what} of ${this.topic.name}, which has ${this.#partitions.length}${advice}`)
  }

  /**
   * The next partition whose leader is in the writer's rack (KIP-1123); where none is, or no rack was named, the next
   * that has a leader; the next of all where none has.
   */
  #next(turn: number): PartitionQueue {
    const count = this.#partitions.length
    // Writers that start together don't all begin at the same one.
    const from = this.#sticky === undefined ? Math.floor(randomOf(this.#host.clock) * count) : this.#sticky.index + 1
    let chosen = from % count
    let led = false
    for (let i = 0; i < count; i++) {
      const leader = this.topic.leaderOf((from + i) % count)
      if (leader < 0) continue
      const isBest = this.#isNear?.(leader) ?? true
      if (led && !isBest) continue
      chosen = (from + i) % count
      led = true
      if (isBest) break
    }
    this.#sticky = this.#queues[chosen]!
    this.#stickyTurn = turn
    this.#stickyUntil = this.#sticky.bytesGiven + stickyBytes(this.#host.settings.transactionalId !== null)
    return this.#sticky
  }

  #ask(balancer: Balancer, message: MessageInput): PartitionQueue {
    let partition: unknown
    try {
      partition = balancer.balance(message, this.#partitions, this.#led)
    } catch (error) {
      throw new ConfigError(`the balancer failed for ${this.topic.name}: ${messageOf(error)}`, { cause: error })
    }
    const chose = `the balancer chose${typeof partition === 'number' ? ' partition' : ''}`
    return this.#queueOf(partition, chose, ': it must answer one of those it is given')
  }
}

/** A message that was read (it has an offset) says where it was, not where it is to go. */
function isWish(message: MessageInput): boolean {
  return (message as { offset?: unknown }).offset === undefined
}
