import { backoffDelay } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import { isTemporary, messageOf } from '../../base/errors.ts'
import { sleep } from '../../base/signals.ts'
import { ErrorCode, hasCode } from '../../protocol/errors.ts'
import { isOutdated } from '../errors.ts'
import type { MemberParts } from './member.ts'

/**
 * Between two tries to get into a group that is full, at most: growing up to this from `joinGroupBackoff`, in
 * milliseconds.
 */
const longestOutside = 60_000

export interface RecoveryParts extends Pick<MemberParts, 'groupId' | 'clock' | 'logger' | 'membership'> {
  /** Whether the group is between two generations. */
  isDividing(options: { signal: AbortSignal }): Promise<boolean>
  /** It can't go on as a member: it gives back what it has, leaves, and tells why. */
  quit(error: unknown, reason: string): Promise<void>
}

/** The group is being divided, or was while this member looked elsewhere. */
export function hasMovedOn(error: unknown): boolean {
  return hasCode(error, ErrorCode.RebalanceInProgress) || isOutdated(error)
}

/** Waits before a member joins again, as the error asks for; rejects when closed meanwhile. */
export async function recover(
  parts: RecoveryParts,
  error: unknown,
  { failures, signal }: { failures: number; signal: AbortSignal },
): Promise<void> {
  const { groupId, clock, logger, membership, quit } = parts
  const { joinGroupBackoff } = membership
  const options = { signal, clock }
  logger.info(`group ${groupId}: joining failed: ${messageOf(error)}`)
  if (hasMovedOn(error)) {
    // Join the round that is under way, at once.
    if (failures > 1)
      await sleep(backoffDelay(failures, { min: 10, max: Math.max(10, joinGroupBackoff) }, clock), options)
  } else if (hasCode(error, ErrorCode.GroupMaxSizeReached)) {
    await quit(error, 'the group is full')
    await waitOutside(parts, failures, options)
  } else if (isTemporary(error)) {
    await sleep(backoffDelay(failures, { min: 100, max: Math.max(100, joinGroupBackoff) }, clock), options)
  } else {
    await quit(error, 'joining failed')
    await sleep(backoffDelay(1, { min: joinGroupBackoff, max: joinGroupBackoff }, clock), options)
  }
}

/**
 * Leaves a full group alone for a while, and for as long as it is being divided: whoever comes first then is in, and
 * this member would take the place of one that has its partitions.
 */
async function waitOutside(
  { membership, isDividing }: RecoveryParts,
  failures: number,
  options: { signal: AbortSignal; clock: Clock },
): Promise<void> {
  const { joinGroupBackoff } = membership
  const bounds = { min: joinGroupBackoff, max: Math.max(joinGroupBackoff, longestOutside) }
  for (let attempt = failures; ; attempt++) {
    await sleep(backoffDelay(attempt, bounds, options.clock), options)
    if (!(await isDividing(options))) return
  }
}
