import type { Clock } from '../../base/clock.ts'
import { deferred } from '../../base/deferred.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { ClientConnection } from '../handler.ts'
import type { Partition } from './partition.ts'

/**
 * Waits until all replicas in sync have what is before `offset`, so many milliseconds at most, and answers the error
 * code: 0 when they have. The records stay in the leader's log whatever it is.
 */
export async function acknowledged(
  partition: Partition,
  offset: number,
  milliseconds: number,
  clock: Clock,
  connection: ClientConnection,
): Promise<number> {
  const { leader } = partition
  const outcome = deferred<number>()
  const check = (): void => {
    if (partition.leader !== leader) return outcome.resolve(ErrorCode.NotLeaderForPartition)
    if (partition.highWatermark < offset) return
    const enough = partition.replicas.isr.length >= partition.topic.settings.minInsyncReplicas
    outcome.resolve(enough ? 0 : ErrorCode.NotEnoughReplicasAfterAppend)
  }
  const late = (): void => outcome.resolve(ErrorCode.RequestTimedOut)
  const undo = [partition.watch(check), clock.after(milliseconds, late), connection.onEnd(late)]
  try {
    return await outcome.promise
  } finally {
    for (const each of undo) each()
  }
}
