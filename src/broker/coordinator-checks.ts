import { ErrorCode } from '../protocol/errors.ts'
import type { CoordinatorKind } from './coordinators.ts'
import type { RequestContext } from './handler.ts'

/** As `notCoordinator`, of a group that must have a name. (Offsets may be committed by a group without one.) */
export function notGroupCoordinator(groupId: string, context: RequestContext): number {
  return groupId === '' ? ErrorCode.InvalidGroupId : notCoordinator('group', groupId, context)
}

/** The error code of asking this broker about a group or transactional id; 0 when it is the coordinator. */
export function notCoordinator(kind: CoordinatorKind, key: string, { cluster, node }: RequestContext): number {
  return cluster.coordinators.of(kind, key) === node.id ? 0 : ErrorCode.NotCoordinatorForGroup
}
