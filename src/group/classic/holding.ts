import { Condition } from '../../base/condition.ts'
import type { CallOptions } from '../../base/signals.ts'
import type { GroupChanges, TopicPartitions } from '../group-protocol.ts'
import { nothing, together, without } from '../partition-sets.ts'

/** What a member's user has, as it was told. */
export class Holding {
  #partitions: TopicPartitions = nothing
  /** Whether its user was told what it has since something was taken, be that nothing. */
  #told = false
  /** Rings when something was found out about what it has. */
  readonly #news = new Condition()

  get partitions(): TopicPartitions {
    return this.#partitions
  }

  get isEmpty(): boolean {
    return this.#partitions.size === 0
  }

  /** Until it is known whether it has these in another generation, or has lost them. */
  async settled(options: CallOptions): Promise<void> {
    await this.#news.wait(options)
  }

  confirmed(): void {
    this.#news.ring()
  }

  async assign(
    coming: TopicPartitions,
    { signal, unbroken }: { signal: AbortSignal; unbroken: boolean },
    changes: GroupChanges,
  ): Promise<void> {
    if ((this.#told && coming.size === 0) || signal.aborted) return
    try {
      await changes.assigned(coming, { signal, unbroken })
    } catch (error) {
      // They are gone again: the next round may give them anew.
      if (signal.aborted) return
      throw error
    }
    this.#partitions = together(this.#partitions, coming)
    this.#told = true
  }

  async revoke(leaving: TopicPartitions, cause: unknown, changes: GroupChanges): Promise<void> {
    await changes.revoked(leaving, cause)
    this.#partitions = without(this.#partitions, leaving)
    this.#told = false
  }

  async revokeAll(cause: unknown, changes: GroupChanges): Promise<void> {
    if (this.#told || !this.isEmpty) await this.revoke(this.#partitions, cause, changes)
  }

  /** All of it is another's. */
  async lose(cause: unknown, changes: GroupChanges): Promise<void> {
    const lost = this.#partitions
    const told = this.#told
    this.#partitions = nothing
    this.#told = false
    if (told || lost.size > 0) await changes.lost(lost, cause)
    this.#news.ring()
  }
}
