import type { Division } from '../../../src/group/group-protocol.ts'
import { ErrorCode, hasCode } from '../../../src/protocol/errors.ts'
import type { Events } from '../events.ts'
import { kafkaJSError } from '../translate.ts'
import type { Logger, TopicPartition } from '../types/common.ts'
import type { ConsumerEvents } from '../types/consumer.ts'
import { byTopic } from './pauses.ts'
import type { Topics } from './settings.ts'

export interface GroupNewsParts {
  readonly topics: Topics
  /** The root. */
  readonly logger: Logger
  readonly events: Events<ConsumerEvents>
}

/** Who a member is. */
interface Identity {
  readonly groupId: string
  readonly memberId: string
}

const unsubscribedHelp = 'https://kafka.js.org/docs/faq#why-am-i-receiving-messages-for-topics-i-m-not-subscribed-to'

/** Tells by logs and events what happens to a member of a group. */
export class GroupNews {
  readonly #parts: GroupNewsParts
  readonly #group: Logger
  readonly #runner: Logger

  constructor(parts: GroupNewsParts) {
    this.#parts = parts
    this.#group = parts.logger.namespace('ConsumerGroup')
    this.#runner = parts.logger.namespace('Runner')
  }

  /** It has all these now, `duration` milliseconds after it had to join. */
  joined(
    { groupId, memberId }: Identity,
    { all, division, duration }: { all: readonly TopicPartition[]; division: Division; duration: number },
  ): void {
    const { leaderId, protocolName: groupProtocol } = division
    const isLeader = leaderId !== '' && leaderId === memberId
    const memberAssignment = Object.fromEntries(byTopic(all).map(({ topic, partitions }) => [topic, partitions]))
    const payload = { groupId, memberId, leaderId, isLeader, memberAssignment, groupProtocol, duration }
    this.#parts.events.emit('consumer.group_join', payload)
    this.#group.info('Consumer has joined the group', payload)
  }

  /** It was given topics that it did not ask for. */
  unsubscribed(
    { groupId, memberId, groupGenerationId: generationId }: Identity & { readonly groupGenerationId: number },
    added: readonly TopicPartition[],
  ): void {
    const { topics, events } = this.#parts
    const assignedTopics = [...new Set(added.map(({ topic }) => topic))]
    const topicsSubscribed = [...topics.keys()]
    const topicsNotSubscribed = assignedTopics.filter(topic => !topics.has(topic))
    const payload = { groupId, generationId, memberId, assignedTopics, topicsSubscribed, topicsNotSubscribed }
    events.emit('consumer.received_unsubscribed_topics', payload)
    this.#group.warn('Consumer group received unsubscribed topics', { ...payload, helpUrl: unsubscribedHelp })
  }

  /** It is to give partitions back. */
  rebalancing(identity: Identity, cause: unknown): void {
    const error = kafkaJSError(cause).message
    this.#runner.warn('The group is rebalancing, re-joining', { ...identity, error })
    this.#parts.events.emit('consumer.rebalancing', identity)
  }

  /** It has lost its place. */
  forgotten(identity: Identity, cause: unknown): void {
    const error = kafkaJSError(cause).message
    this.#runner.error('The coordinator is not aware of this member, re-joining the group', { ...identity, error })
  }

  /** A partition can't be read for now. What lasts is a failure of its own. */
  troubled(
    { groupId, memberId }: Identity,
    { topic, partition, error }: TopicPartition & { readonly error: unknown },
  ): void {
    if (hasCode(error, ErrorCode.OffsetOutOfRange))
      this.#group.error('Offset out of range, resetting to default offset', { topic, partition, groupId, memberId })
  }
}
