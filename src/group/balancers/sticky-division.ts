import type { Partition } from '../../transport/layout.ts'
import type { GroupMember, GroupMemberAssignments, OwnedPartitions } from './group-balancer.ts'
import { emptyAssignments, inJavaOrder, partitionIds, readersByTopic } from './members.ts'

/** A partition, who had it and who is to have it: places in the list of members, −1 for nobody. */
interface Item {
  readonly topic: string
  readonly id: number
  readonly readers: readonly number[]
  /** Who says to have it. */
  claimant: number
  /** The generation it has it from. */
  since: number
  owner: number
}

/**
 * Members have as many partitions as one another, where their topics allow it, and keep those they have where that allows
 * it. `claims`: what each says to have. Of two that say so the later generation counts; of the same one, neither.
 */
export function divideStickily(
  members: readonly GroupMember[],
  partitions: readonly Partition[],
  claims: (member: GroupMember) => OwnedPartitions | undefined,
): GroupMemberAssignments {
  const ordered = inJavaOrder(members)
  const items = itemsOf(ordered, partitions)
  claim(items, ordered, claims)
  const loads = ordered.map(() => 0)
  const isAlike = items.every(({ readers }) => readers.length === ordered.length)
  if (isAlike) divideAlike(items, loads)
  else divideEach(items, loads)
  const assignments = emptyAssignments(members)
  for (const { topic, id, owner } of items) {
    if (owner < 0) continue
    const share = assignments[ordered[owner]!.id]!
    const ids = share[topic]
    if (ids === undefined) share[topic] = [id]
    else ids.push(id)
  }
  return assignments
}

/** All partitions that somebody reads, topics in order. */
function itemsOf(members: readonly GroupMember[], partitions: readonly Partition[]): Item[] {
  const places = new Map(members.map((member, place) => [member, place]))
  const byTopic = readersByTopic(members)
  return partitionIds(partitions).flatMap(([topic, ids]) => {
    const readers = (byTopic.get(topic) ?? []).map(member => places.get(member)!)
    if (readers.length === 0) return []
    return ids.map((id): Item => ({ topic, id, readers, claimant: -1, since: -2, owner: -1 }))
  })
}

function claim(
  items: readonly Item[],
  members: readonly GroupMember[],
  claims: (member: GroupMember) => OwnedPartitions | undefined,
): void {
  const topics = new Map<string, Map<number, Item>>()
  for (const item of items) {
    const known = topics.get(item.topic) ?? new Map<number, Item>()
    topics.set(item.topic, known)
    known.set(item.id, item)
  }
  members.forEach((member, place) => {
    const owned = claims(member)
    if (owned === undefined) return
    const wanted = new Set(member.topics)
    for (const [topic, ids] of Object.entries(owned.partitions)) {
      if (!wanted.has(topic)) continue
      for (const id of new Set(ids)) {
        const item = topics.get(topic)?.get(id)
        if (item === undefined || item.since > owned.generationId) continue
        item.claimant = item.since === owned.generationId ? -1 : place
        item.since = owned.generationId
      }
    }
  })
}

/** All read the same: each gets so many, and keeps up to that. */
function divideAlike(items: readonly Item[], loads: number[]): void {
  const least = Math.floor(items.length / loads.length)
  let extras = items.length % loads.length
  const has = loads.map(() => 0)
  for (const { claimant } of items) if (claimant >= 0) has[claimant]!++
  // Who has more than the least may keep one more of it than others.
  const quotas = has.map(count => (count > least && extras-- > 0 ? least + 1 : least))
  extras = items.length - quotas.reduce((sum, quota) => sum + quota, 0)
  for (const item of items) {
    const { claimant } = item
    if (claimant < 0 || loads[claimant]! >= quotas[claimant]!) continue
    item.owner = claimant
    loads[claimant]!++
  }
  for (let place = 0; extras > 0; place++) {
    if (quotas[place]! > least) continue
    quotas[place]!++
    extras--
  }
  let turn = 0
  for (const item of items) {
    if (item.owner >= 0) continue
    while (loads[turn % loads.length]! >= quotas[turn % loads.length]!) turn++
    item.owner = turn++ % loads.length
    loads[item.owner]!++
  }
}

/** Members read different topics: all keep what they have, the rest goes to who has least, and then the full give. */
function divideEach(items: readonly Item[], loads: number[]): void {
  const leastOf = (readers: readonly number[]): number =>
    readers.reduce((best, place) => (loads[place]! < loads[best]! ? place : best))
  for (const item of items) {
    if (item.claimant < 0) continue
    item.owner = item.claimant
    loads[item.owner]!++
  }
  // Few readers first: the others can make up for them.
  const free = items.filter(({ owner }) => owner < 0).sort((a, b) => a.readers.length - b.readers.length)
  for (const item of free) {
    item.owner = leastOf(item.readers)
    loads[item.owner]!++
  }
  // What nobody had moves first. Each move makes loads more alike, so there is an end.
  const movable = [...free, ...items.filter(({ claimant }) => claimant >= 0)]
  for (let moved = true; moved; ) {
    moved = false
    for (const item of movable) {
      const taker = leastOf(item.readers)
      if (loads[item.owner]! <= loads[taker]! + 1) continue
      loads[item.owner]!--
      loads[taker]!++
      item.owner = taker
      moved = true
    }
  }
}
