import type { RequestOf } from '../../../protocol/api.ts'
import type { ConsumerGroupHeartbeat } from '../../../protocol/consumer-group-heartbeat.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { assignors } from './assignors.ts'
import { awayEpoch, joinEpoch, leaveEpoch } from './epochs.ts'
import type { Assigned, Named } from './partitions.ts'
import { toNamed } from './partitions.ts'

type Request = RequestOf<typeof ConsumerGroupHeartbeat>

/** What a ConsumerGroupHeartbeat asks. */
export interface HeartbeatRequest extends Omit<Request, 'topicPartitions'> {
  readonly topicPartitions: Named | null
  readonly clientId: string
  readonly clientHost: string
}

export interface HeartbeatAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  readonly assignment: { topicPartitions: { topicId: string; partitions: number[] }[] } | null
}

export function refused(errorCode: number, errorMessage: string | null): HeartbeatAnswer {
  return { errorCode, errorMessage, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null }
}

/** A member that has left. */
export function left(memberId: string, memberEpoch: number): HeartbeatAnswer {
  return { ...refused(0, null), memberId, memberEpoch }
}

export function beaten(
  memberId: string,
  memberEpoch: number,
  heartbeatIntervalMs: number,
  assigned: Assigned | null,
): HeartbeatAnswer {
  const assignment = assigned === null ? null : { topicPartitions: toNamed(assigned) }
  return { errorCode: 0, errorMessage: null, memberId, memberEpoch, heartbeatIntervalMs, assignment }
}

/** Whether the member says all there is to say, as it does after errors: it is told its whole assignment. */
export function isFull(request: HeartbeatRequest): boolean {
  return (
    request.rebalanceTimeoutMs !== -1 &&
    (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
    request.topicPartitions !== null
  )
}

/** What is wrong with a request, whatever the group; in Kafka's order. `assignorNames` are those that may be asked for. */
export function wrongRequest(
  request: HeartbeatRequest,
  apiVersion: number,
  assignorNames: readonly string[],
): HeartbeatAnswer | undefined {
  const { memberEpoch, memberId, serverAssignor, instanceId } = request
  const wrong = wrongFields(request, apiVersion)
  if (wrong !== undefined) return refused(ErrorCode.InvalidRequest, wrong)
  if (memberEpoch === awayEpoch && instanceId === null)
    return refused(ErrorCode.InvalidRequest, "InstanceId can't be null.")
  if (memberEpoch < awayEpoch) return refused(ErrorCode.InvalidRequest, `There is no member epoch ${memberEpoch}.`)
  if (memberId.length > longestId || (instanceId?.length ?? 0) > longestId)
    return refused(ErrorCode.InvalidRequest, `Ids longer than ${longestId} characters are not taken.`)
  if (serverAssignor === null || (assignorNames.includes(serverAssignor) && serverAssignor in assignors))
    return undefined
  const message = `There is no assignor ${serverAssignor.slice(0, 100)}. There are: ${assignorNames.join(', ')}.`
  return refused(ErrorCode.UnsupportedAssignor, message)
}

// Longer ids would be kept in many places.
const longestId = 4096

function wrongFields(request: HeartbeatRequest, apiVersion: number): string | undefined {
  const { memberEpoch, memberId, groupId, instanceId, rackId } = request
  const isBlank = (text: string | null): boolean => text !== null && text.trim() === ''
  // Before version 1 the broker chose a new member's id (KIP-1082).
  if ((apiVersion >= 1 || memberEpoch > 0 || memberEpoch === leaveEpoch) && isBlank(memberId))
    return "MemberId can't be empty."
  if (isBlank(groupId)) return "GroupId can't be empty."
  if (isBlank(instanceId)) return "InstanceId can't be empty."
  if (isBlank(rackId)) return "RackId can't be empty."
  if (memberEpoch !== joinEpoch) return undefined
  if (request.rebalanceTimeoutMs === -1) return 'Who joins must tell its RebalanceTimeoutMs.'
  if (request.topicPartitions === null || request.topicPartitions.length > 0)
    return 'Who joins must have no TopicPartitions.'
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null)
    return 'Who joins must tell its SubscribedTopicNames or its SubscribedTopicRegex.'
  return undefined
}
