import { DeleteGroups } from '../../protocol/delete-groups.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'

export const deleteGroups: Handler = handler(DeleteGroups, [0, 3], ({ groupsNames }, context) => ({
  results: [...new Set(groupsNames)].map(groupId => ({ groupId, errorCode: remove(groupId, context) })),
}))

function remove(groupId: string, context: RequestContext): number {
  const misplaced = notCoordinator('group', groupId, context)
  if (misplaced !== 0) return misplaced
  const { groups } = context.cluster
  const group = groups.get(groupId)
  if (group === undefined) return ErrorCode.GroupIdNotFound
  if (group.size > 0) return ErrorCode.NonEmptyGroup
  groups.delete(group)
  return 0
}
