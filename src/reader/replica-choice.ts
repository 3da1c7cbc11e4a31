import type { TopicLayout } from '../transport/layout.ts'

/** A replica that a leader sent its reader to, for it is nearer (KIP-392). */
export interface ReplicaChoice {
  readonly id: number
  readonly leader: number
  /** By the monotonic clock: then the leader is asked again. */
  readonly until: number
}

/** How long a choice holds, in milliseconds: as long as Java's clients keep metadata (`metadata.max.age.ms`). */
export const choiceAge = 300_000
/** A replica that failed is let alone for so long, in milliseconds: its leader may not have noticed yet. */
export const replicaRest = 10_000

/** The broker to fetch from: the replica that was chosen, as long as that holds, else the leader. −1: none is known. */
export function sourceOf(
  { replica, partition }: { readonly replica: ReplicaChoice | undefined; readonly partition: number },
  layout: TopicLayout | undefined,
  now: number,
): number {
  const { leader = -1, isr = [] } = layout?.partitions[partition] ?? {}
  const holds = replica !== undefined && replica.leader === leader && replica.until > now && isr.includes(replica.id)
  return holds ? replica.id : leader
}
