import { JoinGroup } from '../../protocol/join-group.ts'
import { deniedGroup } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { notGroupCoordinator } from '../coordinator-checks.ts'
import { joinFailed } from '../groups/member.ts'
import { type Handler, handler } from '../handler.ts'

export const joinGroup: Handler = handler(JoinGroup, [0, 9], async (request, context) => {
  const { apiVersion, cluster, clientId } = context
  const { groupId, memberId, sessionTimeoutMs, groupInstanceId, protocolType, protocols } = request
  const refused = deniedGroup(context, Operation.read, groupId)
  const errorCode = refused || notGroupCoordinator(groupId, context)
  const result =
    errorCode !== 0
      ? joinFailed(errorCode, refused === 0 ? memberId : '')
      : await cluster.groups.join(groupId, {
          memberId,
          instanceId: groupInstanceId,
          clientId: clientId ?? '',
          clientHost: `/${context.connection.clientHost}`,
          sessionTimeoutMs,
          // Version 0 had but one timeout.
          rebalanceTimeoutMs: apiVersion === 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
          protocolType,
          protocols,
          requiresKnownId: apiVersion >= 4,
          canSkipAssignment: apiVersion >= 9,
        })
  // Before version 7 there is no null here.
  return { ...result, protocolName: result.protocolName ?? (apiVersion >= 7 ? null : '') }
})
