import type { CallOptions } from '../base/signals.ts'
import type { TransactionOffsets } from '../writer/transactions/transaction-offsets.ts'

/** A partition given to this member. */
export interface PartitionAssignment {
  /** The partition's index. */
  id: number
  /** Where to begin: the offset committed, else the group's `startOffset` (FirstOffset or LastOffset). */
  offset: number
}

/** Offsets by topic and partition: of the next message to read, that is, one past the last one done with. */
export type GroupOffsets = Readonly<Record<string, Readonly<Record<number, number>>>>

/** One generation of a consumer group: who has which partitions, from one rebalance to the next. */
export interface Generation {
  /** As the coordinator counts. */
  readonly id: number
  /** The group's id. */
  readonly groupId: string
  /** This member's id, as the coordinator gave it. */
  readonly memberId: string
  /** This member's partitions by topic; every topic of the group is there. */
  readonly assignments: Readonly<Record<string, readonly PartitionAssignment[]>>
  /**
   * The ids (KIP-516) of these topics when the generation began, the zero uuid where there is none: a topic made anew
   * has another, and offsets mean nothing in it.
   */
  readonly topicIds: Readonly<Record<string, string>>
  /**
   * Runs a function for as long as the generation lasts. Its signal is aborted with a GenerationEndedError when the
   * generation ends, and it must then return soon: the group can't join the next one before. When any started function
   * returns or throws, the generation ends. Started after the end, it still runs, with an aborted signal.
   */
  start(task: (signal: AbortSignal) => void | Promise<void>): void
  /**
   * Commits offsets, lower ones than before too. Rejects with a KafkaError (IllegalGeneration, UnknownMemberId …) once
   * another generation has begun.
   */
  commitOffsets(offsets: GroupOffsets, options?: CallOptions): Promise<void>
  /** What a transaction is to commit in place of `commitOffsets`: see `Transaction.sendOffsets`, which calls it. */
  offsetsOf(offsets: GroupOffsets): TransactionOffsets
}
