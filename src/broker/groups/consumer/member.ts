import type { Clock } from '../../../base/clock.ts'
import { type Assigned, nothing, type Target } from './partitions.ts'

/**
 * Stable: it has what it is to have. Unrevoked: it has not let go yet of what others are to have. Unreleased: it waits for
 * what others have not let go of.
 */
export type MemberState = 'Stable' | 'Unrevoked' | 'Unreleased'

/** Where a member stands on its way to its target. */
export interface Standing {
  readonly state: MemberState
  /** -2: a static member that has left for a while. */
  readonly epoch: number
  /** The one before, which the member goes on to name if the answer with the newer was lost. */
  readonly previousEpoch: number
  readonly assigned: Assigned
  /** What it is to let go of. */
  readonly revoking: Assigned
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
}

export const newcomer: Standing = {
  state: 'Stable',
  epoch: 0,
  previousEpoch: 0,
  assigned: nothing,
  revoking: nothing,
}

/** Left for a while (KIP-345): the epoch of a static member that is expected back. */
export const awayEpoch = -2

// What a member, each topic it names and each character of its pattern take up besides their characters.
const perMember = 1_000
const perTopic = 64
const perPatternCharacter = 64

/** Bytes that a member takes up that says this of itself, what it is assigned aside. */
export function sizeOf({ topics, pattern, clientId, instanceId, rackId }: MemberDetails): number {
  let size = perMember + 4 * (clientId.length + (instanceId?.length ?? 0) + (rackId?.length ?? 0))
  for (const topic of topics) size += perTopic + 2 * topic.length
  return size + perPatternCharacter * pattern.length
}

/** A member of a consumer group. */
export class ConsumerMember {
  readonly id: string
  details: MemberDetails
  standing: Standing
  target: Target = nothing
  #cancelSession: () => void = () => {}
  #cancelRebalance: () => void = () => {}

  constructor(id: string, details: MemberDetails, standing = newcomer) {
    this.id = id
    this.details = details
    this.standing = standing
  }

  get epoch(): number {
    return this.standing.epoch
  }

  /** Whether it has all that it was to have as of this epoch. */
  hasReached(assignmentEpoch: number): boolean {
    return this.standing.state === 'Stable' && this.epoch === assignmentEpoch
  }

  /** Starts the time anew within which it must be heard of. */
  expect(clock: Clock, milliseconds: number, missed: () => void): void {
    this.#cancelSession()
    this.#cancelSession = clock.after(milliseconds, missed)
  }

  /** Starts the time within which it must let go of what it is to let go of. */
  expectRevocation(clock: Clock, missed: () => void): void {
    this.#cancelRebalance()
    this.#cancelRebalance = clock.after(Math.max(0, this.details.rebalanceTimeoutMs), missed)
  }

  revoked(): void {
    this.#cancelRebalance()
  }

  /** Stops its timers. */
  forget(): void {
    this.#cancelSession()
    this.#cancelRebalance()
  }
}
