import type { GroupProtocol } from '../member.ts'
import type { HeartbeatRequest } from './heartbeat.ts'

/** What a member says besides that takes part by the classic protocol. */
export interface ClassicDetails {
  /** Milliseconds. */
  readonly sessionTimeoutMs: number
  /** At least one; the first is said to be the group's. */
  readonly protocols: readonly GroupProtocol[]
  /** Of its subscription, in which it is told of its assignment, too. */
  readonly version: number
}

/** What a member says of itself. */
export interface MemberDetails {
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Milliseconds; how long it may take to let go of partitions. */
  readonly rebalanceTimeoutMs: number
  readonly topics: ReadonlySet<string>
  /** In RE2's syntax; empty for none. */
  readonly pattern: string
  /** null: the group's choice. */
  readonly assignor: string | null
  /** null: it takes part by heartbeats. */
  readonly classic: ClassicDetails | null
}

// What a member, each topic it names and each character of its pattern take up besides their characters. Names are counted
// for more than their memory: each target that is made looks at them all.
const perMember = 1_000
const perTopic = 256
const perPatternCharacter = 64

/** Bytes that a member takes up that says this of itself, what it is assigned aside. */
export function sizeOf({ topics, pattern, clientId, instanceId, rackId, classic }: MemberDetails): number {
  let size = perMember + 4 * (clientId.length + (instanceId?.length ?? 0) + (rackId?.length ?? 0))
  for (const topic of topics) size += perTopic + 2 * topic.length
  for (const { name, metadata } of classic?.protocols ?? []) size += perTopic + 2 * name.length + metadata.length
  return size + perPatternCharacter * pattern.length
}

/** What is known of a member, and what it says of itself now; the same object when that is nothing new. */
export function detailsOf(request: HeartbeatRequest, before: MemberDetails | undefined): MemberDetails {
  const { rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, clientId, clientHost } = request
  const details: MemberDetails = {
    instanceId: request.instanceId ?? before?.instanceId ?? null,
    rackId: request.rackId ?? before?.rackId ?? null,
    clientId,
    clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? (before?.rebalanceTimeoutMs ?? -1) : rebalanceTimeoutMs,
    topics: subscribedTopicNames === null ? (before?.topics ?? new Set()) : new Set(subscribedTopicNames),
    pattern: subscribedTopicRegex ?? before?.pattern ?? '',
    assignor: request.serverAssignor ?? before?.assignor ?? null,
    classic: null,
  }
  if (before === undefined) return details
  const isSame =
    (details.topics === before.topics || sameNames(details.topics, before.topics)) &&
    (
      [
        'instanceId',
        'rackId',
        'clientId',
        'clientHost',
        'rebalanceTimeoutMs',
        'pattern',
        'assignor',
        'classic',
      ] as const
    ).every(name => details[name] === before[name])
  return isSame ? before : details
}

export function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size !== b.size) return false
  for (const name of a) if (!b.has(name)) return false
  return true
}
