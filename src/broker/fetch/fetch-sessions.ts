import { ErrorCode } from '../../protocol/errors.ts'

/** One partition of a fetch session: what the client asks for, and what it was told last. */
export interface SessionPartition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  currentLeaderEpoch: number
  fetchOffset: number
  lastFetchedEpoch: number
  partitionMaxBytes: number
  /** What was told last: an incremental answer leaves out a partition where nothing is new. */
  told: { highWatermark: number; logStartOffset: number } | undefined
}

export interface FetchSession {
  readonly id: number
  /** Which epoch the next request must have. */
  epoch: number
  /** Whether its topics are named by id (v13 and later). */
  readonly byId: boolean
  /** In the order of the client; those answered with records go to the end, so that all have their turn. */
  readonly partitions: Map<string, SessionPartition>
  /** How many of them its broker has counted. */
  counted: number
}

const lastEpoch = 0x7fffffff

/**
 * The incremental fetch sessions of a broker (KIP-227), at most so many, and so many partitions in all of them; the
 * least recently used goes first.
 */
export class FetchSessions {
  readonly #slots: number
  readonly #mostPartitions: number
  #partitions = 0
  readonly #sessions = new Map<number, FetchSession>()
  #nextId = 1

  constructor(slots: number, mostPartitions: number) {
    this.#slots = slots
    this.#mostPartitions = mostPartitions
  }

  /** A new session; undefined when there is no room for any. */
  open(partitions: Map<string, SessionPartition>, byId: boolean): FetchSession | undefined {
    if (this.#slots < 1 || partitions.size > this.#mostPartitions) return undefined
    if (this.#sessions.size >= this.#slots) this.close(this.#sessions.keys().next().value!)
    const session = { id: this.#nextId++, epoch: 1, byId, partitions, counted: 0 }
    this.#sessions.set(session.id, session)
    this.changed(session)
    return session
  }

  /** To be called when a session's partitions are others: where that makes too many, the oldest sessions go. */
  changed(session: FetchSession): void {
    if (!this.#sessions.has(session.id)) return
    this.#partitions += session.partitions.size - session.counted
    session.counted = session.partitions.size
    for (const id of this.#sessions.keys()) {
      if (this.#partitions <= this.#mostPartitions) return
      this.close(id)
    }
  }

  /** The session of an incremental request, moved on to its next epoch; or an error code. */
  resume(id: number, epoch: number, byId: boolean): FetchSession | number {
    const session = this.#sessions.get(id)
    if (session === undefined) return ErrorCode.FetchSessionIDNotFound
    if (session.epoch !== epoch) return ErrorCode.InvalidFetchSessionEpoch
    if (session.byId !== byId) return ErrorCode.FetchSessionTopicIDError
    session.epoch = epoch === lastEpoch ? 1 : epoch + 1
    this.#sessions.delete(id)
    this.#sessions.set(id, session)
    return session
  }

  close(id: number): void {
    this.#partitions -= this.#sessions.get(id)?.counted ?? 0
    this.#sessions.delete(id)
  }

  clear(): void {
    this.#sessions.clear()
    this.#partitions = 0
  }
}
