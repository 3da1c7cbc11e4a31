import { ErrorCode } from '../protocol/errors.ts'
import type { CoordinatorKind } from './coordinators.ts'
import type { RequestContext } from './handler.ts'

/** The error code of asking this broker about a group or transactional id; 0 when it is the coordinator. */
export function notCoordinator(kind: CoordinatorKind, key: string, { cluster, node }: RequestContext): number {
  if (kind === 'group' && key === '') return ErrorCode.InvalidGroupId
  return cluster.coordinators.of(kind, key) === node.id ? 0 : ErrorCode.NotCoordinatorForGroup
}
