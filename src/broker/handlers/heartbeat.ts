import { ErrorCode } from '../../protocol/errors.ts'
import { Heartbeat } from '../../protocol/heartbeat.ts'
import { deniedGroup } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notGroupCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'

export const heartbeat: Handler = handler(
  Heartbeat,
  [0, 4],
  ({ groupId, memberId, generationId, groupInstanceId }, context) => ({
    errorCode: beat(groupId, memberId, generationId, groupInstanceId, context),
  }),
)

function beat(
  groupId: string,
  memberId: string,
  generationId: number,
  instanceId: string | null,
  context: RequestContext,
): number {
  const misplaced = deniedGroup(context, Operation.read, groupId) || notGroupCoordinator(groupId, context)
  if (misplaced !== 0) return misplaced
  const group = context.cluster.groups.get(groupId)
  if (group?.kind === 'consumer') return group.beatClassic(memberId, instanceId, generationId)
  if (group === undefined) return ErrorCode.UnknownMemberId
  const errorCode = group.roster.identify(memberId, instanceId)
  if (errorCode !== 0) return errorCode
  if (generationId !== group.generationId) return ErrorCode.IllegalGeneration
  group.heard(group.members.get(memberId)!)
  return group.state === 'PreparingRebalance' ? ErrorCode.RebalanceInProgress : 0
}
