/** A group's position in a partition: the offset of the next message to read. */
export interface OffsetToCommit {
  readonly topic: string
  /** KIP-516; the zero uuid where it is not known. */
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  /** Of the message before it (KIP-320). Default: unknown. */
  readonly leaderEpoch?: number
  /** Text kept with it. */
  readonly metadata: string | null
}

/** Positions to be committed with a transaction, and in whose name. */
export interface TransactionOffsets {
  /** The group's id. */
  readonly groupId: string
  /** −1: outside of group membership. */
  readonly generationId: number
  /** The member's id; '' outside of group membership. */
  readonly memberId: string
  /** Of a static member (KIP-345). */
  readonly groupInstanceId: string | null
  /** What to store. */
  readonly offsets: readonly OffsetToCommit[]
  /** The transaction with them was committed. */
  committed?(): void
}

/** Who reads for a group, and can be sent back to what the group has committed: a Reader. */
export interface OffsetSource<Done> {
  /** What is done with, to be committed with a transaction. Rejects when another member has its partitions by now. */
  offsetsOf(done: Done): TransactionOffsets | Promise<TransactionOffsets>
  /** The transaction was aborted: what was read since the last commit is to be read again. */
  rewind?(): Promise<void>
}
