import { type Clock, randomBytes16 } from '../../base/clock.ts'
import type { CallOptions } from '../../base/signals.ts'
import { uuidText } from '../../bytes/reader.ts'
import type { RequestInput, ResponseOf } from '../../protocol/api.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/consumer-group-heartbeat.ts'
import type { MembershipSettings } from '../config.ts'
import type { Coordinator, GroupLane } from '../coordinator.ts'
import { type Assignment, fromWire, toWire } from './assignment.ts'

export interface ConsumerMemberParts {
  readonly groupId: string
  /** A new list whenever there are others. */
  readonly visible: { readonly topics: readonly string[] }
  /** In place of them, in RE2's syntax, for the broker to match; null: none. */
  readonly pattern: string | null
  readonly membership: MembershipSettings
  readonly coordinator: Coordinator
  readonly clock: Clock
}

/** Its epochs by which a member says that it goes, for good or for a while (static members). */
const leaves = -1
const leavesForAWhile = -2

/**
 * One member of a consumer group, as its coordinator knows it: what was said to it, and what it said. What has not changed
 * since is not said again; after an error, all of it.
 */
export class ConsumerMember {
  /** The member's own choice, for as long as it lives (KIP-1082). */
  readonly id: string
  /** 0: it is no member. */
  epoch = 0
  /** Between two heartbeats, in milliseconds; the coordinator's choice once it has told. */
  interval: number
  /** How many heartbeats were answered since it joined. */
  beats = 0
  readonly #parts: ConsumerMemberParts
  /** It has asked to join, and may be a member for all it knows. */
  #asked = false
  /** What the coordinator knows of us; undefined: nothing that counts. */
  #told: { readonly topics: readonly string[]; readonly owned: Assignment } | undefined

  constructor(parts: ConsumerMemberParts) {
    this.#parts = parts
    this.interval = parts.membership.heartbeatInterval
    this.id = uuidText(randomBytes16(parts.clock), 0)
  }

  /** Joins, or stays; answers what the member is to have, null for no change. */
  async heartbeat(owned: Assignment, { signal }: { signal: AbortSignal }): Promise<Assignment | null> {
    const { membership, visible, pattern } = this.#parts
    const { topics } = visible
    const known = this.epoch === 0 ? undefined : this.#told
    this.#told = undefined
    this.#asked = true
    const response = await this.#send(
      'member',
      {
        memberEpoch: this.epoch,
        ...(known === undefined && {
          rackId: membership.rack,
          rebalanceTimeoutMs: membership.rebalanceTimeout,
          serverAssignor: membership.serverAssignor,
          subscribedTopicRegex: pattern,
        }),
        subscribedTopicNames: known?.topics === topics ? null : topics,
        topicPartitions: known?.owned === owned ? null : toWire(owned),
      },
      { signal },
    )
    this.epoch = response.memberEpoch
    this.beats++
    if (response.heartbeatIntervalMs > 0) this.interval = response.heartbeatIntervalMs
    this.#told = { topics, owned }
    return response.assignment === null ? null : fromWire(response.assignment.topicPartitions)
  }

  /** `keeping`: a static member's place is kept for as long as its session lasts. */
  async leave({ keeping, ...options }: CallOptions & { keeping: boolean }): Promise<void> {
    if (!this.#asked) return
    this.forget()
    await this.#send('control', { memberEpoch: keeping ? leavesForAWhile : leaves }, options)
  }

  /** The coordinator knows it no more. */
  forget(): void {
    this.epoch = this.beats = 0
    this.#told = undefined
    this.#asked = false
  }

  async #send(
    lane: GroupLane,
    request: Omit<RequestInput<typeof ConsumerGroupHeartbeat>, 'groupId' | 'memberId' | 'instanceId'>,
    options: CallOptions,
  ): Promise<ResponseOf<typeof ConsumerGroupHeartbeat>> {
    const { coordinator, groupId, membership } = this.#parts
    const response = await coordinator.request(
      lane,
      ConsumerGroupHeartbeat,
      { groupId, memberId: this.id, instanceId: membership.groupInstanceId, ...request },
      options,
    )
    const { errorCode, errorMessage } = response
    coordinator.check(errorCode, `group ${groupId}${errorMessage === null ? '' : `: ${errorMessage}`}`)
    return response
  }
}
