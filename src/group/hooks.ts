import type { Clock } from '../base/clock.ts'
import { messageOf, TimeoutError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { onAbort } from '../base/signals.ts'
import type { TopicPartition } from '../transport/layout.ts'

/** What a hook is given beside the partitions. */
export interface PartitionsHookOptions {
  /**
   * Aborted when these partitions are to be given back (`onAssigned`), and when a hook has taken as long as it may: what
   * is done from then on is too late.
   */
  readonly signal: AbortSignal
}

/** A function that is told of partitions that come or go, and waited for. */
export type PartitionsHook = (
  partitions: readonly TopicPartition[],
  options: PartitionsHookOptions,
) => void | Promise<void>

/** Told of what changes, partition by partition: of what stays nothing is said. Each is waited for. */
export interface PartitionsHooks {
  /**
   * These partitions are this member's, too, from now on; nothing of them is handed out before it is done. It may `seek` and
   * `pause` them, and take its time: heartbeats go on. Once they are to be given back it has half the
   * `rebalanceTimeout` left.
   */
  onAssigned?: PartitionsHook
  /**
   * These are given back once it is done: what was done with them can be committed until then. It has three quarters of
   * the `rebalanceTimeout`, less what was waited for messages in hand; of `timeout` when the reader is closed.
   */
  onRevoked?: PartitionsHook
  /** These are another's by now, perhaps: commits of them are refused. It has half the `rebalanceTimeout`. */
  onLost?: PartitionsHook
}

export interface HooksParts extends PartitionsHooks {
  readonly groupId: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Calls a user's hooks. What they throw is told of, and one that takes too long is not waited for any more: neither keeps
 * the others of the group waiting.
 */
export class Hooks {
  readonly #parts: HooksParts

  constructor(parts: HooksParts) {
    this.#parts = parts
  }

  /** Whether somebody wants to know of partitions before they are read. */
  get delaysAssigned(): boolean {
    return this.#parts.onAssigned !== undefined
  }

  /** `patience`: how long it may take once `signal` aborts, in milliseconds. */
  assigned(partitions: readonly TopicPartition[], signal: AbortSignal, patience: number): Promise<void> {
    return this.#call('onAssigned', partitions, patience, signal)
  }

  revoked(partitions: readonly TopicPartition[], patience: number): Promise<void> {
    return this.#call('onRevoked', partitions, patience)
  }

  lost(partitions: readonly TopicPartition[], patience: number): Promise<void> {
    return this.#call('onLost', partitions, patience)
  }

  async #call(
    name: keyof PartitionsHooks,
    partitions: readonly TopicPartition[],
    patience: number,
    until?: AbortSignal,
  ): Promise<void> {
    const hook = this.#parts[name]
    if (hook === undefined || partitions.length === 0) return
    const { groupId, clock, logger } = this.#parts
    const ending = new AbortController()
    let cancel: () => void = () => {}
    let forget: () => void = () => {}
    try {
      const list = partitions.map(({ topic, partition }) => ({ topic, partition }))
      const work = Promise.resolve(hook(list, { signal: ending.signal }))
      await new Promise<void>((resolve, reject) => {
        work.then(resolve, reject)
        const hurry = (): void => {
          cancel = clock.after(patience, () => {
            const late = new TimeoutError(`not done within ${Math.round(patience)} ms`)
            reject(late)
            ending.abort(late)
          })
        }
        if (until === undefined || until.aborted) hurry()
        else
          forget = onAbort(until, () => {
            ending.abort(until.reason)
            hurry()
          })
      })
    } catch (error) {
      logger.error(`group ${groupId}: ${name} failed: ${messageOf(error)}`)
    }
    cancel()
    forget()
  }
}
