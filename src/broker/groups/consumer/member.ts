import type { Clock } from '../../../base/clock.ts'
import type { MemberDetails } from './details.ts'
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

export const newcomer: Standing = {
  state: 'Stable',
  epoch: 0,
  previousEpoch: 0,
  assigned: nothing,
  revoking: nothing,
}

/** A member of a consumer group. */
export class ConsumerMember {
  readonly id: string
  details: MemberDetails
  standing: Standing
  target: Target = nothing
  #cancelSession: () => void = () => {}
  #cancelRebalance: () => void = () => {}
  #toldToJoin = false

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

  /** A classic member is told to join again: starts the time within which it must, unless that was started before. */
  expectJoin(clock: Clock, missed: () => void): void {
    if (this.#toldToJoin) return
    this.#toldToJoin = true
    this.expectRevocation(clock, missed)
  }

  revoked(): void {
    this.#toldToJoin = false
    this.#cancelRebalance()
  }

  /** Stops its timers. */
  forget(): void {
    this.#cancelSession()
    this.#cancelRebalance()
  }
}
