import { ErrorCode } from '../../protocol/errors.ts'
import { LeaveGroup } from '../../protocol/leave-group.ts'
import { deniedGroup } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notGroupCoordinator } from '../coordinator-checks.ts'
import type { Group } from '../groups/group.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { andThen } from '../turns.ts'

export const leaveGroup: Handler = handler(LeaveGroup, [0, 5], ({ groupId, memberId, members }, context) => {
  const misplaced = deniedGroup(context, Operation.read, groupId) || notGroupCoordinator(groupId, context)
  if (misplaced !== 0) return { errorCode: misplaced, members: [] }
  const asked = context.apiVersion < 3 ? [{ memberId, groupInstanceId: null }] : members
  const consumers = context.cluster.groups.consumer(groupId)
  const left = consumers === undefined ? leaveAll(asked, groupId, context) : consumers.dismiss(asked)
  return andThen(left, each =>
    context.apiVersion < 3 ? { errorCode: each[0]!.errorCode, members: [] } : { errorCode: 0, members: each },
  )
})

interface Leaving {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

function leaveAll(members: readonly Leaving[], groupId: string, context: RequestContext) {
  const group = context.cluster.groups.classic(groupId)
  return context.cluster.turns.map(
    members,
    ({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: leave(group, memberId, groupInstanceId),
    }),
    // Each that goes has the others looked at.
    1 + (group?.size ?? 0) / 100,
  )
}

/** Static members may be named by instance alone: so an administrator removes them (KIP-345). */
function leave(group: Group | undefined, memberId: string, instanceId: string | null): number {
  if (group === undefined) return ErrorCode.UnknownMemberId
  if (instanceId === null && group.isPending(memberId)) {
    group.removePending(memberId)
    return 0
  }
  const id = memberId === '' && instanceId !== null ? (group.roster.staticMember(instanceId) ?? '') : memberId
  const errorCode = group.roster.identify(id, instanceId)
  if (errorCode === 0) group.remove(group.members.get(id)!)
  return errorCode
}
