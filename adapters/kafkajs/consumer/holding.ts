import { Condition } from '../../../src/base/condition.ts'
import type { AssignedPartition } from '../../../src/group/beginnings.ts'
import type { GroupMembership } from '../../../src/group/group-membership.ts'
import { FirstOffset, LastOffset } from '../../../src/protocol/offsets.ts'
import type { CommittedOffsets } from '../committed-offsets.ts'
import type { Connection } from '../context.ts'
import type { TopicPartition } from '../types/common.ts'
import type { Commits } from './commits.ts'
import { OwnPartition } from './own-partition.ts'
import type { ConsumerSettings, Topics } from './settings.ts'
import type { Stay } from './stay.ts'

export interface HoldingParts {
  readonly settings: ConsumerSettings
  readonly topics: Topics
  readonly offsets: CommittedOffsets
  readonly autoCommit: boolean
  /** Whether the consumer is not being stopped. */
  isRunning(): boolean
}

/** The partitions that a member has: how it takes them over, and what it does before it gives them back. */
export class Holding {
  /** By name. */
  readonly own = new Map<string, OwnPartition>()
  readonly #parts: HoldingParts
  /** Where partitions that are not this member's yet are to be read from. */
  readonly #seeks = new Map<string, number>()
  /** Rings when a handler has done what it was at. */
  readonly #idle = new Condition()

  constructor(parts: HoldingParts) {
    this.#parts = parts
  }

  /** A handler has done what it was at, or is not waited for any longer. */
  rest(): void {
    this.#idle.ring()
  }

  seek({ topic, partition }: TopicPartition, offset: number, stay: Stay | undefined): void {
    const own = this.own.get(`${topic}/${partition}`)
    if (stay === undefined || own === undefined || own.isLeaving) {
      this.#seeks.set(`${topic}/${partition}`, offset)
      return
    }
    stay.stock.seek(own, offset)
    if (this.#parts.autoCommit && offset >= 0) void stay.commits.sought(own, offset)
  }

  /** These are the member's now: read from where the group is, or where they were sought. */
  take(added: readonly AssignedPartition[], { stock, commits }: Stay): void {
    stock.add(added.map(given => this.#take(given, commits)))
  }

  #take({ topic, partition, topicId, committed }: AssignedPartition, commits: Commits): OwnPartition {
    const { topics, settings, offsets, autoCommit } = this.#parts
    const { fromBeginning = false } = topics.get(topic) ?? {}
    const sought = this.#seeks.get(`${topic}/${partition}`)
    this.#seeks.delete(`${topic}/${partition}`)
    offsets.forget(settings.groupId, topic, partition)
    const usual = committed >= 0 ? committed : fromBeginning ? FirstOffset : LastOffset
    const own = new OwnPartition({ topic, partition, topicId, offset: sought ?? usual, fromBeginning })
    this.own.set(own.name, own)
    if (sought !== undefined && sought >= 0 && autoCommit) void commits.sought(own, sought)
    return own
  }

  /** Gives these back, once their handlers have done what they were at and all that is done with is committed. */
  async giveBack(removed: readonly AssignedPartition[], { connection, membership, commits }: Stay): Promise<void> {
    const { autoCommit } = this.#parts
    const { hooks, patience } = membership
    const own = this.#those(removed)
    await this.#untilIdle(own, patience * 0.6, connection, membership)
    await hooks.revoked(removed, patience / 4)
    // Who stops has committed what its handlers did.
    if (autoCommit && this.#parts.isRunning()) await commits.handOver(own)
    else await commits.settled()
    this.#release(own)
  }

  /** Nothing more of these is handed out. */
  leave(removed: readonly AssignedPartition[], { stock }: Stay): void {
    const own = this.#those(removed)
    for (const each of own) each.isLeaving = true
    stock.remove(own)
  }

  /** They are another's already. */
  lose(removed: readonly AssignedPartition[], { stock }: Stay): void {
    const own = this.#those(removed)
    stock.remove(own)
    this.#release(own)
  }

  #those(partitions: readonly AssignedPartition[]): OwnPartition[] {
    return partitions.flatMap(({ topic, partition }) => this.own.get(`${topic}/${partition}`) ?? [])
  }

  #release(own: readonly OwnPartition[]): void {
    for (const each of own) {
      each.isGone = true
      this.own.delete(each.name)
    }
  }

  /** Until no handler works on these, or for so many milliseconds. */
  async #untilIdle(
    own: readonly OwnPartition[],
    withinMs: number,
    { transport }: Connection,
    membership: GroupMembership,
  ): Promise<void> {
    let late = false
    const cancel = transport.clock.after(withinMs, () => {
      late = true
      this.#idle.ring()
    })
    while (own.some(({ isBusy }) => isBusy) && !late && !membership.isAside) await this.#idle.wait()
    cancel()
  }
}
