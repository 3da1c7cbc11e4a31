import { ErrorCode } from '../../../protocol/errors.ts'
import { awayEpoch, joinEpoch } from './epochs.ts'
import { type HeartbeatAnswer, type HeartbeatRequest, refused } from './heartbeat.ts'
import type { ConsumerMember } from './member.ts'
import { hasAll } from './partitions.ts'
import type { ConsumerRoster } from './roster.ts'

/** Who sends a heartbeat: a member there is, or a new one; and whether it comes back in the place of a static one. */
export interface Identified {
  readonly member: ConsumerMember | undefined
  readonly replaces: boolean
}

/** Finds out who sends a heartbeat; else what to answer. */
export function identify(roster: ConsumerRoster, request: HeartbeatRequest): Identified | HeartbeatAnswer {
  const { memberId, memberEpoch, instanceId } = request
  const joins = memberEpoch === joinEpoch
  const owner = roster.staticMember(instanceId)
  if (instanceId !== null && joins) {
    if (owner === undefined) return { member: roster.members.get(memberId), replaces: false }
    if (owner.epoch === awayEpoch) return { member: owner, replaces: true }
    return refused(ErrorCode.UnreleasedInstanceID, `${instanceId} is owned by the member ${owner.id}.`)
  }
  if (instanceId !== null && owner === undefined)
    return refused(ErrorCode.UnknownMemberId, `There is no instance ${instanceId}.`)
  if (owner !== undefined && owner.id !== memberId)
    return refused(ErrorCode.FencedInstanceID, `${instanceId} is another member, ${owner.id}.`)
  const member = owner ?? roster.members.get(memberId)
  if (joins) return { member, replaces: false }
  if (member === undefined) return refused(ErrorCode.UnknownMemberId, `There is no member ${memberId}.`)
  return isOf(member, request)
    ? { member, replaces: false }
    : refused(
        ErrorCode.FencedMemberEpoch,
        `The member's epoch is ${member.epoch}, not ${memberEpoch}: it must give up its partitions and join again.`,
      )
}

/** Whether the member names its epoch; or the one before, since the answer with the newer may have been lost. */
function isOf({ standing }: ConsumerMember, { memberEpoch, topicPartitions }: HeartbeatRequest): boolean {
  if (memberEpoch === standing.epoch) return true
  if (memberEpoch > standing.epoch || memberEpoch !== standing.previousEpoch) return false
  return topicPartitions !== null && hasAll(topicPartitions, standing.assigned)
}
