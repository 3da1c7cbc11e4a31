import { DeleteGroups } from '../../protocol/delete-groups.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedGroup } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { andThen } from '../turns.ts'

export const deleteGroups: Handler = handler(DeleteGroups, [0, 3], ({ groupsNames }, context) =>
  andThen(
    context.cluster.turns.map([...new Set(groupsNames)], groupId => ({ groupId, errorCode: remove(groupId, context) })),
    results => ({ results }),
  ),
)

function remove(groupId: string, context: RequestContext): number {
  const misplaced = deniedGroup(context, Operation.delete, groupId) || notCoordinator('group', groupId, context)
  if (misplaced !== 0) return misplaced
  const { groups } = context.cluster
  const group = groups.get(groupId)
  if (group === undefined) return ErrorCode.GroupIdNotFound
  if (group.size > 0) return ErrorCode.NonEmptyGroup
  groups.delete(group)
  return 0
}
