import type { ConsumerMember, Standing } from './member.ts'
import { type Assigned, hasSome, type Named, nothing, type Target } from './partitions.ts'

/** Where a member is to get to, and what is known of the way. */
export interface Course {
  readonly target: Target
  /** The epoch of that target. */
  readonly epoch: number
  /** What the member says it has; null when it does not say. */
  readonly owned: Named | null
  /** It reads other topics than before. */
  readonly subscriptionChanged: boolean
  /** Whether the member reads that topic: its target may be older than what it says it reads. */
  reads(topicId: string): boolean
  /** Whether no member has the partition. */
  isFree(topicId: string, partition: number): boolean
}

/**
 * The member's next standing, undefined when it stays. It first lets go of what it is to have no longer, in its present
 * epoch; when it says that it has, it comes to the target's epoch, with what is free of the target; the rest
 * follows as others let go.
 */
export function reconcile(member: ConsumerMember, course: Course): Standing | undefined {
  const { standing } = member
  if (!course.subscriptionChanged && member.hasReached(course.epoch)) return undefined
  if (standing.state === 'Unrevoked' && stillHas(course, standing.revoking)) return unsubscribed(standing, course)
  if (standing.state === 'Stable' && standing.epoch === course.epoch) return unsubscribed(standing, course)
  return next(standing, course)
}

function stillHas({ owned }: Course, revoking: Assigned): boolean {
  return owned === null || hasSome(owned, revoking)
}

function next(standing: Standing, course: Course): Standing {
  const { target, epoch, reads, isFree } = course
  const kept = new Map<string, Map<number, number>>()
  const revoking = new Map<string, Map<number, number>>()
  const added = new Map<string, Map<number, number>>()
  let waits = false
  for (const topicId of new Set([...target.keys(), ...standing.assigned.keys()])) {
    const wanted = (reads(topicId) ? target.get(topicId) : undefined) ?? new Set<number>()
    const present = standing.assigned.get(topicId) ?? new Map<number, number>()
    for (const [partition, since] of present) put(wanted.has(partition) ? kept : revoking, topicId, partition, since)
    for (const partition of wanted) {
      if (present.has(partition)) continue
      // What it has yet to let go of itself, it may keep after all.
      if (isFree(topicId, partition) || standing.revoking.get(topicId)?.has(partition))
        put(added, topicId, partition, epoch)
      else waits = true
    }
  }
  if (revoking.size > 0 && stillHas(course, revoking))
    return { state: 'Unrevoked', epoch: standing.epoch, previousEpoch: standing.epoch, assigned: kept, revoking }
  for (const [topicId, partitions] of added) {
    const before = kept.get(topicId)
    if (before === undefined) kept.set(topicId, partitions)
    else for (const [partition, since] of partitions) before.set(partition, since)
  }
  return {
    state: waits ? 'Unreleased' : 'Stable',
    epoch,
    previousEpoch: standing.epoch,
    assigned: kept,
    revoking: nothing,
  }
}

/** Has a member let go of topics it reads no longer, before there is a target that knows of it. */
function unsubscribed(standing: Standing, course: Course): Standing | undefined {
  if (!course.subscriptionChanged) return undefined
  const left = [...standing.assigned].filter(([topicId]) => !course.reads(topicId))
  if (left.length === 0) return undefined
  const assigned = new Map([...standing.assigned].filter(([topicId]) => course.reads(topicId)))
  const revoking = new Map([...standing.revoking].map(([topicId, partitions]) => [topicId, new Map(partitions)]))
  for (const [topicId, partitions] of left)
    for (const [partition, since] of partitions) put(revoking, topicId, partition, since)
  const { epoch, state } = standing
  const base = { epoch, previousEpoch: epoch, assigned }
  // What it has let go of already, it lets go of at once.
  return stillHas(course, revoking) ? { ...base, state: 'Unrevoked', revoking } : { ...base, state, revoking: nothing }
}

function put(into: Map<string, Map<number, number>>, topicId: string, partition: number, since: number): void {
  const partitions = into.get(topicId) ?? new Map<number, number>()
  into.set(topicId, partitions)
  partitions.set(partition, since)
}
