import type { Partition } from '../../transport/layout.ts'
import type { GroupMember } from './group-balancer.ts'

/** A topic while it is divided: who has got what, and what is left. Nobody gets more than one beyond another. */
export class TopicShares {
  readonly topic: string
  readonly count: number
  readonly readers: readonly GroupMember[]
  readonly dealt = new Map<GroupMember, number[]>()
  /** Where each partition has replicas. */
  readonly racks: ReadonlyMap<number, ReadonlySet<string>>
  readonly #ids: readonly number[]
  readonly #gone = new Set<number>()
  readonly #each: number
  #extras: number

  constructor(topic: string, readers: readonly GroupMember[], partitions: readonly Partition[]) {
    this.topic = topic
    this.readers = readers
    this.count = partitions.length
    this.#ids = partitions.map(({ id }) => id).sort((a, b) => a - b)
    this.racks = new Map(
      partitions.map(({ id, replicas }) => [id, new Set(replicas.flatMap(({ rack }) => rack || []))]),
    )
    this.#each = Math.floor(partitions.length / readers.length)
    this.#extras = partitions.length % readers.length
    for (const member of readers) this.dealt.set(member, [])
  }

  /** Nobody's yet, in order. */
  get left(): number[] {
    return this.#ids.filter(id => !this.#gone.has(id))
  }

  /** How many more it may be given. */
  most(member: GroupMember): number {
    return Math.max(0, this.#each + (this.#extras > 0 ? 1 : 0) - this.dealt.get(member)!.length)
  }

  give(member: GroupMember, ids: readonly number[]): void {
    if (ids.length === 0) return
    const share = this.dealt.get(member)!
    share.push(...ids)
    if (share.length > this.#each) this.#extras--
    for (const id of ids) this.#gone.add(id)
  }

  /** Whether the partition has a replica where the member runs. */
  isNear(member: GroupMember, id: number): boolean {
    return member.rack == null || this.racks.get(id)?.has(member.rack) === true
  }
}
