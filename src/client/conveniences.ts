import type { CallsOf, Options } from './call.ts'
import { type GroupLagRequest, type GroupLagResponse, groupLag, groupLagSettings } from './group-lag.ts'
import type { Topic } from './metadata.ts'
import {
  type ResetOffsetsRequest,
  type ResetOffsetsResponse,
  resetOffsets,
  resetOffsetsSettings,
} from './reset-offsets.ts'
import {
  type TopicOffsetsRequest,
  type TopicOffsetsResponse,
  topicOffsets,
  topicOffsetsSettings,
} from './topic-offsets.ts'
import { type WaitForTopicRequest, waitForTopic, waitForTopicSettings } from './wait-for-topic.ts'

/** What takes several of Kafka's calls, in one. */
export interface ConvenienceCalls {
  /** The first and the last offsets of topics. */
  topicOffsets(request?: TopicOffsetsRequest, ...options: Options): Promise<TopicOffsetsResponse>
  /** How far behind groups are, partition by partition. */
  groupLag(request?: GroupLagRequest, ...options: Options): Promise<GroupLagResponse>
  /** Sets where a group without members goes on; says what it would do unless told to `execute`. */
  resetOffsets(request: ResetOffsetsRequest, ...options: Options): Promise<ResetOffsetsResponse>
  /** Waits until every broker knows a topic and its leaders. */
  waitForTopic(request: WaitForTopicRequest, ...options: Options): Promise<Topic>
}

export const convenienceCalls: CallsOf<ConvenienceCalls> = {
  topicOffsets: { fields: topicOffsetsSettings, run: topicOffsets },
  groupLag: { fields: groupLagSettings, run: groupLag },
  resetOffsets: { fields: resetOffsetsSettings, run: resetOffsets },
  waitForTopic: { fields: waitForTopicSettings, run: waitForTopic },
}
