import type { Clock } from '../base/clock.ts'
import { ConfigError, messageOf, TimeoutError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { GroupMembership } from '../group/group-membership.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { type Message, originOf } from '../records/message.ts'
import type { TransactionOffsets } from '../writer/transactions/transaction-offsets.ts'
import type { Position } from './position.ts'
import type { Progress, Reading } from './progress.ts'
import type { ReadTo } from './read-to.ts'

/** Between two automatic commits where no `commitInterval` is set. */
const automaticInterval = 100

/** A partition that a member has, from when it was given it until it is taken away. */
export interface Holding {
  readonly topic: string
  readonly partition: number
  /** KIP-516; the zero uuid where it is not known. */
  readonly topicId: string
  /** How far it is committed. */
  readonly progress: Progress
  readonly position: Position
  /** Where it began: an offset, or FirstOffset or LastOffset while it is not known where that is. */
  began(): number
}

/** Which partitions that are held something was read of, and how far. */
class Look {
  readonly ends = new Map<Progress, number>()
  /** Partitions, by name, that are held no more, or anew. */
  readonly strange = new Set<string>()
  readonly #held: ReadonlyMap<string, Holding>

  constructor(held: ReadonlyMap<string, Holding>) {
    this.#held = held
  }

  /**
   * The progress of a partition that was read up to `end`; undefined for a strange one. `strict`: what may have been
   * read again since is strange, too.
   */
  at(topic: string, partition: number, end: number, origin: object | null, strict = false): Progress | undefined {
    const name = `${topic}/${partition}`
    const holding = this.#held.get(name)
    // One put together by the user has no origin.
    const reading = (origin as Reading | null) ?? holding?.position.reading
    if (
      holding === undefined ||
      reading?.progress !== holding.progress ||
      (strict && reading !== holding.position.reading)
    ) {
      this.strange.add(name)
      return undefined
    }
    const { progress } = holding
    this.ends.set(progress, Math.max(end, this.ends.get(progress) ?? 0))
    return progress
  }
}

/** How far each partition is to be committed. */
type Ends = ReadonlyMap<Progress, number>

/** What came of noting messages. */
export interface Noted {
  readonly ends: Ends
  readonly refused: KafkaError | null
}

export interface CommitterParts {
  readonly membership: GroupMembership
  /** All that this member may commit, by name of the partition. */
  readonly held: ReadonlyMap<string, Holding>
  readonly commitInterval: number
  /** Writes down what was read and is done with; whether more is to come without a `poke`. */
  settle(): boolean
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The commits of one member: the highest offset of each partition, one request at a time, never backwards. What comes
 * while a request is under way rides in the next.
 */
export class Committer {
  readonly #parts: CommitterParts
  #sending: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #cancelTimer: (() => void) | undefined
  #closed = false
  /** Transactions commit, and nothing else does. Settles once what was noted before them is sent. */
  #byTransaction: Promise<void> | undefined
  /** Given back as soon as they are committed. */
  #leaving: readonly Holding[] = []
  /** Ends commits under way when partitions must go. */
  #ending = new AbortController()

  constructor(parts: CommitterParts) {
    this.#parts = parts
  }

  /**
   * Notes messages to be committed. `refused`: the error to reject with when some are of partitions this member no
   * longer has, or has anew, or of a topic that was deleted and made anew: those are left out, for their new reader
   * begins where the group's commits left off. Throws a ConfigError once transactions commit.
   */
  note(messages: readonly Message[]): Noted {
    if (this.#byTransaction !== undefined)
      throw new ConfigError(
        'transactions commit what this reader reads: give them these messages (sendOffsets), for a commit beside them could set the group back, or pass over what is aborted',
      )
    const look = new Look(this.#parts.held)
    for (const message of messages) {
      const end = message.offset + 1
      look.at(message.topic, message.partition, end, originOf(message))?.done(end)
    }
    return this.#noted(look)
  }

  /**
   * How far these partitions are, to be committed with a transaction: nothing of it is noted here. From now on
   * transactions alone commit: anything else could overtake one, and set the group back. What was noted before goes first.
   */
  async inTransaction(read: readonly ReadTo[]): Promise<TransactionOffsets> {
    const { membership, held } = this.#parts
    this.#cancelTimer?.()
    this.#byTransaction ??= this.#flushInBackground()
    await this.#byTransaction
    const look = new Look(held)
    for (const { topic, partition, end, origin } of read) look.at(topic, partition, end, origin, true)
    const { refused } = this.#noted(look)
    if (refused !== null) throw refused
    const due = [...held.values()].flatMap(({ topic, topicId, partition, position, progress }) => {
      const end = look.ends.get(progress)
      const offset = progress.reachedBy(end ?? -1)
      return end === undefined
        ? []
        : [
            {
              topic,
              topicId,
              partition,
              offset,
              leaderEpoch: position.epochBefore(offset),
              metadata: membership.note(topic),
              progress,
              rewinds: progress.rewinds,
            },
          ]
    })
    const { memberId, generationIdOrMemberEpoch: generationId, groupInstanceId } = membership.identity()
    const committed = (): void => {
      for (const { progress, rewinds, offset } of due) if (progress.rewinds === rewinds) progress.storedBy(offset)
    }
    return { groupId: membership.id, generationId, memberId, groupInstanceId, offsets: due, committed }
  }

  #noted({ ends, strange }: Look): Noted {
    if (strange.size === 0) return { ends, refused: null }
    const { membership } = this.#parts
    const refused = new KafkaError(
      ErrorCode.IllegalGeneration,
      `not committed, for since these messages were read group ${membership.id} took ${[...strange].join(', ')} away, or the topic was made anew; who reads there now reads what is not committed again`,
    )
    return { ends, refused }
  }

  /** Sends what is noted; resolves once the coordinator has these, whatever becomes of other partitions. */
  async store({ ends }: Noted): Promise<void> {
    try {
      await this.flush()
    } catch (error) {
      for (const [{ committed }, end] of ends) if (committed < end) throw error
    }
  }

  /** Something may have to be committed soon: sees to it in the background. */
  poke(): void {
    if (this.#cancelTimer !== undefined || this.#closed || this.#byTransaction !== undefined) return
    const { clock, commitInterval } = this.#parts
    this.#cancelTimer = clock.after(commitInterval > 0 ? commitInterval : automaticInterval, () => {
      this.#cancelTimer = undefined
      const more = this.#parts.settle()
      void this.#flushInBackground()
      if (more) this.poke()
    })
  }

  async #flushInBackground(): Promise<void> {
    const { membership, logger } = this.#parts
    await this.flush().catch(error => logger.error(`group ${membership.id}: committing failed: ${messageOf(error)}`))
  }

  /** Sends what is noted; resolves once the coordinator has it. */
  flush(): Promise<void> {
    this.#next ??= this.#sending.then(() => {
      this.#next = undefined
      const sent = this.#send()
      this.#sending = sent.catch(() => {})
      return sent
    })
    return this.#next
  }

  /**
   * The last commit of partitions that are taken away, and are not among those held any more: at most `withinMs` long.
   */
  async finish(holdings: readonly Holding[], withinMs: number): Promise<void> {
    if (this.#byTransaction !== undefined) return
    const { clock, logger, membership } = this.#parts
    const cancel = clock.after(withinMs, () =>
      this.#ending.abort(new TimeoutError(`not answered within ${withinMs} ms`)),
    )
    this.#leaving = holdings
    try {
      await this.flush()
    } catch (error) {
      logger.error(`group ${membership.id}: the last commit before partitions go failed: ${messageOf(error)}`)
    }
    cancel()
    this.#leaving = []
    this.#ending = new AbortController()
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer?.()
  }

  async #send(): Promise<void> {
    const offsets: Record<string, Record<number, number>> = Object.create(null)
    const topicIds: Record<string, string> = Object.create(null)
    const due = new Map<string, { progress: Progress; offset: number; leaderEpoch: number; rewinds: number }>()
    for (const { topic, partition, topicId, position, progress } of [...this.#parts.held.values(), ...this.#leaving]) {
      if (progress.due <= progress.committed) continue
      offsets[topic] ??= {}
      offsets[topic][partition] = progress.due
      topicIds[topic] = topicId
      const { due: offset, rewinds } = progress
      due.set(`${topic}/${partition}`, { progress, offset, leaderEpoch: position.epochBefore(offset), rewinds })
    }
    if (due.size === 0) return
    const stored = (topic: string, partition: number): void => {
      const { progress, offset, rewinds } = due.get(`${topic}/${partition}`)!
      progress.stored = offset
      if (progress.rewinds === rewinds) progress.committed = Math.max(progress.committed, offset)
    }
    const leaderEpoch = (topic: string, partition: number): number => due.get(`${topic}/${partition}`)!.leaderEpoch
    await this.#parts.membership.commit(offsets, { topicIds, leaderEpoch, stored, signal: this.#ending.signal })
  }
}
