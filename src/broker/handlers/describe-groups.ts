import { DescribeGroups } from '../../protocol/describe-groups.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { authorizedOperations } from '../access/authorized-operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { noBytes } from '../groups/member.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'

export const describeGroups: Handler = handler(
  DescribeGroups,
  [0, 6],
  ({ groups, includeAuthorizedOperations }, context) => ({
    groups: groups
      .map(groupId => describe(groupId, context))
      .map(group =>
        includeAuthorizedOperations && group.errorCode === 0
          ? { ...group, authorizedOperations: authorizedOperations.group }
          : group,
      ),
  }),
)

function describe(groupId: string, context: RequestContext) {
  const nothing = { groupId, errorMessage: null, groupState: '', protocolType: '', protocolData: '', members: [] }
  const errorCode = notCoordinator('group', groupId, context)
  if (errorCode !== 0) return { ...nothing, errorCode }
  const group = context.cluster.groups.get(groupId)
  if (group === undefined) {
    // A group nobody knows was called dead until version 6 gave it an error.
    const found = context.apiVersion < 6
    return {
      ...nothing,
      groupState: 'Dead',
      errorCode: found ? 0 : ErrorCode.GroupIdNotFound,
      errorMessage: found ? null : `Group ${groupId} not found.`,
    }
  }
  const { state, protocolType, protocolName } = group
  const settled = state === 'Stable'
  const members = [...group.members.values()].map(member => ({
    memberId: member.id,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: settled ? member.metadataOf(protocolName) : noBytes,
    memberAssignment: member.assignment,
  }))
  return {
    ...nothing,
    errorCode: 0,
    groupState: state,
    protocolType: protocolType ?? '',
    protocolData: settled ? (protocolName ?? '') : '',
    members,
  }
}
