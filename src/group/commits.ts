import type { Clock } from '../base/clock.ts'
import { Deadline } from '../base/deadline.ts'
import type { EventSink } from '../base/events.ts'
import type { CallOptions } from '../base/signals.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { ErrorCode, hasCode } from '../protocol/errors.ts'
import type { Beginnings } from './beginnings.ts'
import type { MembershipSettings } from './config.ts'
import { isOutdated } from './errors.ts'
import type { GroupOffsets } from './generation.ts'
import type { CommitIdentity, GroupProtocol } from './group-protocol.ts'
import { type GroupPlace, storeOffsets, type TopicIds } from './offsets.ts'
import type { OwnPartitions } from './own-partitions.ts'

export interface CommitOptions extends CallOptions {
  /** Default: as of now. */
  identity?: CommitIdentity
  topicIds: TopicIds
  /** How long failures that pass are tried again, in milliseconds. Default: for the session. */
  withinMs?: number
  /** What is committed with each offset. Default: what later members are to know of where the group began. */
  metadata?(topic: string, partition: number): string | null
  /** Of the message before what is committed (KIP-320). Default: −1, unknown. */
  leaderEpoch?(topic: string, partition: number): number
  /** Told of each partition that is stored, be it that others are not. */
  stored?(topic: string, partition: number): void
}

export interface CommitsParts extends GroupPlace {
  readonly settings: MembershipSettings
  readonly protocol: GroupProtocol
  readonly beginnings: Beginnings
  readonly own: OwnPartitions
  readonly clock: Clock
  readonly onEvent: EventSink | undefined
}

/** A member's commits, in the name of the generation or epoch that it is in. */
export class Commits {
  readonly #parts: CommitsParts

  constructor(parts: CommitsParts) {
    this.#parts = parts
  }

  /**
   * Commits; failures that pass are tried again for as long as the member's place would be kept without a heartbeat.
   */
  async store(offsets: GroupOffsets, { identity, ...options }: CommitOptions): Promise<void> {
    const { groupId, settings, protocol, own, clock, onEvent } = this.#parts
    const partitions = Object.values(offsets).reduce((sum, topic) => sum + Object.keys(topic).length, 0)
    const until = new Deadline(settings.sessionTimeout, clock)
    const keeps = own.keeping(offsets)
    for (;;) {
      const used = identity ?? protocol.identity()
      try {
        await this.#tryFor(until.remaining, offsets, used, options)
        onEvent?.({ type: 'commit', groupId, partitions })
        return
      } catch (error) {
        if (isOfAnotherEpoch(error) && identity === undefined && !until.passed && keeps()) {
          // It went on since, or goes on now, while these partitions stay: that is known soon.
          await until.bound(protocol.renewed(options), () => error)
          if (protocol.identity().generationIdOrMemberEpoch !== used.generationIdOrMemberEpoch && keeps()) continue
        }
        onEvent?.({ type: 'commit', groupId, partitions, error })
        const now = protocol.identity()
        const current =
          used.memberId === now.memberId && used.generationIdOrMemberEpoch === now.generationIdOrMemberEpoch
        if (current && isOutdated(error)) protocol.rejoin(error)
        throw error
      }
    }
  }

  async #tryFor(
    withinMs: number,
    offsets: GroupOffsets,
    identity: CommitIdentity,
    { topicIds, metadata, leaderEpoch = () => -1, ...options }: CommitOptions,
  ): Promise<void> {
    const { settings, beginnings } = this.#parts
    const terms = {
      identity,
      topicIds,
      retentionTime: settings.retentionTime,
      metadata: metadata ?? (topic => beginnings.note(topic)),
      leaderEpoch,
    }
    const stored = (topic: string, partition: number): void => {
      beginnings.stored(topic, topicIds[topic] ?? zeroUuid, partition, offsets[topic]![partition]!)
      options.stored?.(topic, partition)
    }
    await storeOffsets(this.#parts, terms, offsets, { withinMs, ...options, stored })
  }
}

/** What is committed may count, as of another epoch. */
function isOfAnotherEpoch(error: unknown): boolean {
  return hasCode(error, ErrorCode.StaleMemberEpoch, ErrorCode.IllegalGeneration, ErrorCode.RebalanceInProgress)
}
