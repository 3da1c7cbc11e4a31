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
}

const lastEpoch = 0x7fffffff

/** The incremental fetch sessions of a broker (KIP-227), at most so many; the least recently used goes first. */
export class FetchSessions {
  readonly #slots: number
  readonly #sessions = new Map<number, FetchSession>()
  #nextId = 1

  constructor(slots: number) {
    this.#slots = slots
  }

  /** A new session; undefined when there is no room for any. */
  open(partitions: Map<string, SessionPartition>, byId: boolean): FetchSession | undefined {
    if (this.#slots < 1) return undefined
    if (this.#sessions.size >= this.#slots) this.#sessions.delete(this.#sessions.keys().next().value!)
    const session = { id: this.#nextId++, epoch: 1, byId, partitions }
    this.#sessions.set(session.id, session)
    return session
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
    this.#sessions.delete(id)
  }

  clear(): void {
    this.#sessions.clear()
  }
}
