import type { CallOptions } from '../base/signals.ts'

/** Partition ids by topic. */
export type TopicPartitions = ReadonlyMap<string, readonly number[]>

/** What a commit carries, so that the coordinator refuses those of a member that has lost its place. */
export interface CommitIdentity {
  readonly memberId: string
  /** The generation of a classic group; the member's epoch with KIP-848. */
  readonly generationIdOrMemberEpoch: number
  readonly groupInstanceId: string | null
}

/** Who divided the group as it is now, and how. */
export interface Division {
  /** '' where the coordinator divides, and before there is one. */
  readonly leaderId: string
  /** The balancer's, or the coordinator's way where one is asked for; '' where it is not known. */
  readonly protocolName: string
}

export interface AssignedOptions {
  /** Aborted when these partitions are to be given back: what is still done to begin with them is in vain. */
  readonly signal: AbortSignal
  /** What of them this member gave back last, nobody else has had since. */
  readonly unbroken: boolean
}

/**
 * What a protocol tells of. Each promise is awaited before the protocol goes on; one call is over before the next
 * begins.
 */
export interface GroupChanges {
  /** These are this member's, too, from now on. A rejection says that it can't begin with them: they are gone again. */
  assigned(added: TopicPartitions, options: AssignedOptions): Promise<void>
  /** These are to be given back: what was done with them can still be committed, until the promise resolves. */
  revoked(removed: TopicPartitions, cause: unknown): Promise<void>
  /** These are another's already: commits of them are refused. */
  lost(removed: TopicPartitions, cause: unknown): Promise<void>
  /** What keeps the member from its group, in a way that is worth telling. It goes on trying. */
  failed(error: unknown): void
}

export interface LeaveOptions extends CallOptions {
  /** Whether it gives up its place at once. Default: unless it is a static member. */
  leave?: boolean | undefined
}

/** How a member lives in its group: the classic protocol, eager or cooperative, or the consumer protocol (KIP-848). */
export interface GroupProtocol {
  /**
   * Joins, and stays until the signal aborts; all partitions are given back then. Rejects with what ends the membership
   * for good.
   */
  run(changes: GroupChanges, options: { signal: AbortSignal }): Promise<void>
  /** As of now; kept by whoever commits in the name of what is over. */
  identity(): CommitIdentity
  /** As of now. */
  division(): Division
  /** Has the group divided anew, for this reason. */
  rejoin(cause: unknown): void
  /** Time may have passed that no timer told of, as in a hidden page: sends a heartbeat if one is due. */
  pulse(): void
  /** Resolves once the coordinator has been heard of again, or the membership is over: the identity may be another. */
  renewed(options: CallOptions): Promise<void>
  /**
   * Gives up its place, once it has given back its partitions, or leaves that to the end of its session (KIP-1092).
   */
  leave(reason: string, options?: LeaveOptions): Promise<void>
}
