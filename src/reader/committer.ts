import type { Clock } from '../base/clock.ts'
import { messageOf, TimeoutError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Generation } from '../group/generation.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { Message } from '../records/message.ts'
import type { Progress } from './progress.ts'

/** Between two automatic commits where no `commitInterval` is set. */
const automaticInterval = 100

export interface CommitterParts {
  readonly generation: Generation
  /** By topic and partition: all that this member may commit. */
  readonly progress: ReadonlyMap<string, ReadonlyMap<number, Progress>>
  readonly commitInterval: number
  /** Writes down what was read and is done with; whether more is to come without a `poke`. */
  settle(): boolean
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The commits of one generation: the highest offset of each partition, one request at a time, never backwards. What comes while a request is
 * under way rides in the next.
 */
export class Committer {
  private readonly parts: CommitterParts
  private sending: Promise<void> = Promise.resolve()
  private next: Promise<void> | undefined
  private cancelTimer: (() => void) | undefined
  private finished = false
  private readonly ending = new AbortController()

  constructor(parts: CommitterParts) {
    this.parts = parts
  }

  /**
   * Notes messages to be committed. Answers the error to reject with when some are of partitions this member no longer has: those are left
   * out, for their new reader begins where the group's commits left off.
   */
  note(messages: readonly Message[]): KafkaError | null {
    const strange = new Set<string>()
    for (const { topic, partition, offset } of messages) {
      const progress = this.parts.progress.get(topic)?.get(partition)
      if (progress === undefined) strange.add(`${topic}/${partition}`)
      else progress.done(offset + 1)
    }
    if (strange.size === 0) return null
    const { generation } = this.parts
    return new KafkaError(
      ErrorCode.IllegalGeneration,
      `not committed, for in generation ${generation.id} group ${generation.groupId} gave another member ${[...strange].join(', ')}; that one reads the messages again`,
    )
  }

  /** Something may have to be committed soon: sees to it in the background. */
  poke(): void {
    if (this.cancelTimer !== undefined || this.finished) return
    const { clock, commitInterval } = this.parts
    this.cancelTimer = clock.after(commitInterval > 0 ? commitInterval : automaticInterval, () => {
      this.cancelTimer = undefined
      const more = this.parts.settle()
      this.flush().catch(error => this.parts.logger.error(`group ${this.parts.generation.groupId}: committing failed: ${messageOf(error)}`))
      if (more) this.poke()
    })
  }

  /** Sends what is noted; resolves once the coordinator has it. */
  flush(): Promise<void> {
    this.next ??= this.sending.then(() => {
      this.next = undefined
      const sent = this.send()
      this.sending = sent.catch(() => {})
      return sent
    })
    return this.next
  }

  /** The last commit of the generation, at most `withinMs` long. */
  async finish(withinMs: number): Promise<void> {
    this.finished = true
    this.cancelTimer?.()
    const cancel = this.parts.clock.after(withinMs, () => this.ending.abort(new TimeoutError(`not answered within ${withinMs} ms`)))
    try {
      await this.flush()
    } catch (error) {
      this.parts.logger.error(`group ${this.parts.generation.groupId}: the last commit of a generation failed: ${messageOf(error)}`)
    }
    cancel()
  }

  private async send(): Promise<void> {
    const offsets: Record<string, Record<number, number>> = Object.create(null)
    const due: [progress: Progress, offset: number][] = []
    for (const [topic, partitions] of this.parts.progress) {
      for (const [partition, progress] of partitions) {
        if (progress.due <= progress.committed) continue
        offsets[topic] ??= {}
        offsets[topic][partition] = progress.due
        due.push([progress, progress.due])
      }
    }
    if (due.length === 0) return
    await this.parts.generation.commitOffsets(offsets, { signal: this.ending.signal })
    for (const [progress, offset] of due) progress.committed = Math.max(progress.committed, offset)
  }
}
