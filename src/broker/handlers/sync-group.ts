import { ErrorCode } from '../../protocol/errors.ts'
import { SyncGroup } from '../../protocol/sync-group.ts'
import { deniedGroup } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notGroupCoordinator } from '../coordinator-checks.ts'
import { syncFailed } from '../groups/member.ts'
import { type Handler, handler } from '../handler.ts'

export const syncGroup: Handler = handler(SyncGroup, [0, 5], (request, context) => {
  const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName, assignments } = request
  // From version 5 on they must be named, before anything is looked at.
  if (context.apiVersion >= 5 && (protocolType === null || protocolName === null))
    return syncFailed(ErrorCode.InconsistentGroupProtocol)
  const misplaced = deniedGroup(context, Operation.read, groupId) || notGroupCoordinator(groupId, context)
  if (misplaced !== 0) return syncFailed(misplaced)
  const group = context.cluster.groups.get(groupId)
  if (group?.kind === 'consumer') return group.syncClassic(memberId, groupInstanceId, generationId)
  if (group === undefined) return syncFailed(ErrorCode.UnknownMemberId)
  const errorCode = group.roster.identify(memberId, groupInstanceId)
  if (errorCode !== 0) return syncFailed(errorCode)
  if (generationId !== group.generationId) return syncFailed(ErrorCode.IllegalGeneration)
  const differs = (said: string | null, is: string | null): boolean => said !== null && said !== is
  if (differs(protocolType, group.protocolType) || differs(protocolName, group.protocolName))
    return syncFailed(ErrorCode.InconsistentGroupProtocol)
  const bytes = assignments.reduce((sum, { assignment }) => sum + assignment.length, 0)
  if (!context.cluster.groups.hasRoomFor(bytes)) return syncFailed(ErrorCode.PolicyViolation)
  return group.sync(group.members.get(memberId)!, assignments)
})
