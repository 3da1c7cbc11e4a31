import { backoffDelay } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import { isTemporary } from '../../base/errors.ts'
import { sleep } from '../../base/signals.ts'
import { ErrorCode, hasCode } from '../../protocol/errors.ts'
import type { Membership } from '../config.ts'
import type { RunningGeneration } from '../running-generation.ts'
import type { Member } from './member.ts'

/**
 * Heartbeats until `signal`, that is, until the generation's functions have returned: while they finish after a rebalance was called, the
 * member must not lose its place. Ends the generation when the coordinator says so, or has not been heard of for a session.
 */
export async function keepAlive(
  generation: RunningGeneration,
  member: Member,
  { membership, clock, signal }: { membership: Membership; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const { heartbeatInterval, sessionTimeout } = membership
  let heard = clock.monotonic()
  let failures = 0
  for (;;) {
    const delay = failures === 0 ? heartbeatInterval : Math.min(heartbeatInterval, backoffDelay(failures, { min: 100, max: 1_000 }))
    try {
      await sleep(delay, { signal, clock })
      await member.heartbeat(generation.id, { signal })
      heard = clock.monotonic()
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      const rebalancing = hasCode(error, ErrorCode.RebalanceInProgress)
      if (rebalancing) heard = clock.monotonic()
      // A coordinator that moves keeps the group: nothing is lost as long as one is found within the session.
      if (isTemporary(error) && clock.monotonic() - heard < sessionTimeout) {
        failures++
        continue
      }
      generation.end(error)
      if (!rebalancing) return
    }
  }
}
