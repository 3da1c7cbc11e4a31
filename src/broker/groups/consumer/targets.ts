import type { Clock } from '../../../base/clock.ts'
import type { Holdings } from '../holdings.ts'
import { assignors } from './assignors.ts'
import type { MemberDetails } from './details.ts'
import type { ConsumerMember } from './member.ts'
import { nothing } from './partitions.ts'
import type { ConsumerRoster } from './roster.ts'
import { sameLayout, type TopicsKnown } from './subscriptions.ts'

/** What is needed of a cluster to divide its partitions. */
export interface TargetSurroundings {
  readonly clock: Clock
  readonly known: TopicsKnown
  /** Counts topics made, grown and gone. */
  readonly layoutVersion: () => number
  readonly holdings: Holdings
}

// What a partition takes up in a target, an assignment and what is known to be owned.
const perPartition = 128

/** What each member of a group is to have, and which epoch that is of. */
export class Targets {
  /** Counts what changes of members, subscriptions and topics. */
  epoch = 1
  /** That of the last target. */
  assignmentEpoch = 1
  /** Bytes the partitions take up. */
  bytes = 0
  readonly #cluster: TargetSurroundings
  readonly #roster: ConsumerRoster
  /** When the target was last made; undefined when the next one may be made at once. */
  #madeAt: number | undefined
  /** The partitions there were of what is read, when last looked at; undefined when that is to be found out anew. */
  #layout: ReadonlyMap<string, number> | undefined = new Map()
  #seenLayout = -1
  readonly #topics = new WeakMap<
    ConsumerMember,
    { readonly details: MemberDetails; readonly version: number; readonly topics: readonly string[] }
  >()

  constructor(roster: ConsumerRoster, cluster: TargetSurroundings) {
    this.#roster = roster
    this.#cluster = cluster
  }

  /** Bytes that will be taken up besides those that are, once somebody reads as `details` say, which are new. */
  bytesFor(details: MemberDetails, isNew: boolean): number {
    if (!isNew && this.#isCurrent) return 0
    return this.#roster.subscriptions.partitionsWith(details) * perPartition - this.bytes
  }

  /** Whether what there is of what is read is known. */
  get #isCurrent(): boolean {
    return this.#layout !== undefined && this.#cluster.layoutVersion() === this.#seenLayout
  }

  /** Looks at what there is of what is read, where that may have changed; a change is a new epoch, as is `changed`. */
  refresh(changed: boolean): void {
    if (!changed && this.#isCurrent) return
    const layout = this.#roster.subscriptions.layout()
    const isOther = this.#layout !== undefined && !sameLayout(this.#layout, layout)
    this.#hold(bytesOf(layout))
    this.#layout = layout
    this.#seenLayout = this.#cluster.layoutVersion()
    if (changed || isOther) this.epoch++
  }

  /** Members, or what patterns match, have changed: that is a new epoch, once. */
  changed(): void {
    this.epoch++
    this.#layout = undefined
  }

  /** Goes on from the generation of a classic group. */
  begin(generationId: number): void {
    this.epoch = this.assignmentEpoch = Math.max(1, generationId)
  }

  /** There are no members: nobody waits for the next target. */
  emptied(): void {
    this.assignmentEpoch = this.epoch
    this.#madeAt = undefined
    this.#hold(0)
  }

  /** Makes a target of the present epoch, unless there is one, or the last was made less than `interval` ms ago. */
  make(assignor: string, interval: number): void {
    if (this.assignmentEpoch >= this.epoch) return
    const now = this.#cluster.clock.monotonic()
    if (this.#madeAt !== undefined && interval > 0 && now - this.#madeAt < interval) return
    const { members, subscriptions } = this.#roster
    const readers = [...members.values()].map(member => ({
      id: member.id,
      instanceId: member.details.instanceId,
      target: member.target,
      topics: this.#topicsOf(member),
    }))
    const shares = assignors[assignor]!(readers, this.#layout ?? subscriptions.layout())
    for (const member of members.values()) member.target = shares.get(member.id) ?? nothing
    this.assignmentEpoch = this.epoch
    this.#madeAt = now
  }

  /** Ids of the topics a member reads: looked up once, as long as nothing changes. */
  #topicsOf(member: ConsumerMember): readonly string[] {
    const { subscriptions } = this.#roster
    const known = this.#topics.get(member)
    const version = this.#cluster.layoutVersion() + subscriptions.resolutions
    if (known?.details === member.details && known.version === version) return known.topics
    const topics = subscriptions.topicsOf(member.details)
    this.#topics.set(member, { details: member.details, version, topics })
    return topics
  }

  #hold(bytes: number): void {
    this.#cluster.holdings.bytes += bytes - this.bytes
    this.bytes = bytes
  }
}

function bytesOf(layout: ReadonlyMap<string, number>): number {
  let partitions = 0
  for (const count of layout.values()) partitions += count
  return partitions * perPartition
}
