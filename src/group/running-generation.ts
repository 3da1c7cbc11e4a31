import { optionsOf, refuseMore } from '../base/call-options.ts'
import { traced } from '../base/call-site.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { byPartition } from '../writer/transactions/committed-offsets.ts'
import type { TransactionOffsets } from '../writer/transactions/transaction-offsets.ts'
import { GenerationEndedError } from './errors.ts'
import type { Generation, GroupOffsets, PartitionAssignment } from './generation.ts'
import type { CommitIdentity } from './group-protocol.ts'
import { checkOffsets } from './offsets.ts'

export interface GenerationParts {
  readonly id: number
  readonly groupId: string
  readonly memberId: string
  /** Of this member; as it was at its end for a generation that is over. */
  identity(): CommitIdentity
  readonly assignments: Readonly<Record<string, readonly PartitionAssignment[]>>
  readonly topicIds: Readonly<Record<string, string>>
  commit(offsets: GroupOffsets, options: CallOptions): Promise<void>
  /** Told of what a started function threw. */
  onError(error: unknown): void
  /** A function has returned, or thrown `cause`, and thereby ended the generation. */
  onReturn(cause: unknown): void
}

/** A generation with the handles of those who end it. */
export class RunningGeneration implements Generation {
  readonly id: number
  readonly groupId: string
  readonly memberId: string
  readonly assignments: Readonly<Record<string, readonly PartitionAssignment[]>>
  readonly topicIds: Readonly<Record<string, string>>
  /** Why it ended. */
  cause: unknown
  readonly #parts: GenerationParts
  readonly #controller = new AbortController()
  #running = 0
  readonly #finished: Deferred<void> = deferred()

  constructor(parts: GenerationParts) {
    this.#parts = parts
    this.id = parts.id
    this.groupId = parts.groupId
    this.memberId = parts.memberId
    this.assignments = parts.assignments
    this.topicIds = parts.topicIds
  }

  /** Aborted when it ends; functions may run on for a while. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Resolves once it has ended and its functions have returned. */
  get over(): Promise<void> {
    return this.#finished.promise
  }

  start(task: (signal: AbortSignal) => void | Promise<void>, ...extra: never[]): void {
    refuseMore('start', extra, 'it takes one function')
    if (typeof task !== 'function')
      throw new ConfigError(`start takes a function, as in start(async signal => { … }), not ${shown(task)}`)
    this.#running++
    void this.#run(task)
  }

  offsetsOf(offsets: GroupOffsets, ...extra: never[]): TransactionOffsets {
    refuseMore('offsetsOf', extra)
    const { groupId } = this
    const { memberId, generationIdOrMemberEpoch: generationId, groupInstanceId } = this.#parts.identity()
    return { groupId, generationId, memberId, groupInstanceId, offsets: byPartition(offsets, this.topicIds) }
  }

  async commitOffsets(offsets: GroupOffsets, options?: CallOptions, ...extra: never[]): Promise<void> {
    const checked = optionsOf('commitOffsets', options, extra)
    checkOffsets(offsets)
    await traced(this.#parts.commit(offsets, checked))
  }

  end(cause: unknown): void {
    if (this.signal.aborted) return
    this.cause = cause
    this.#controller.abort(
      new GenerationEndedError(`generation ${this.id} of group ${this.groupId} has ended`, { cause }),
    )
    if (this.#running === 0) this.#finished.resolve()
  }

  async #run(task: (signal: AbortSignal) => void | Promise<void>): Promise<void> {
    let cause: unknown
    try {
      await task(this.signal)
    } catch (error) {
      // Passing on the signal's own reason is the usual way to stop.
      if (error !== this.signal.reason) {
        cause = error
        this.#parts.onError(error)
      }
    }
    this.#running--
    if (!this.signal.aborted) {
      this.end(cause)
      this.#parts.onReturn(cause)
    }
    if (this.#running === 0) this.#finished.resolve()
  }
}
