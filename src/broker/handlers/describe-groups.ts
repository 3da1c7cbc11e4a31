import { DescribeGroups } from '../../protocol/describe-groups.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { authorizedOperations, deniedGroup } from '../access/access.ts'
import { Operation, ResourceType } from '../access/operations.ts'
import { notCoordinator } from '../coordinator-checks.ts'
import { noBytes } from '../groups/member.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { andThen } from '../turns.ts'

// As many bytes as an element of an answer may well have.
const bytesPerElement = 256

export const describeGroups: Handler = handler(
  DescribeGroups,
  [0, 6],
  ({ groups: asked, includeAuthorizedOperations }, context) => {
    const described = context.cluster.turns.map(asked, groupId => {
      const group = describe(groupId, context)
      return includeAuthorizedOperations && group.errorCode === 0
        ? { ...group, authorizedOperations: authorizedOperations(context, ResourceType.group, groupId) }
        : group
    })
    return andThen(described, groups => ({ groups }))
  },
)

function describe(groupId: string, context: RequestContext) {
  const nothing = { groupId, errorMessage: null, groupState: '', protocolType: '', protocolData: '', members: [] }
  const errorCode = deniedGroup(context, Operation.describe, groupId) || notCoordinator('group', groupId, context)
  if (errorCode !== 0) return { ...nothing, errorCode }
  const group = context.cluster.groups.get(groupId)
  if (group?.kind !== 'classic') {
    // A group that is none of these was called dead until version 6 gave it an error.
    const found = context.apiVersion < 6
    return {
      ...nothing,
      groupState: 'Dead',
      errorCode: found ? 0 : ErrorCode.GroupIdNotFound,
      errorMessage: found
        ? null
        : group === undefined
          ? `Group ${groupId} not found.`
          : `Group ${groupId} is not a classic group.`,
    }
  }
  const { state, protocolType, protocolName } = group
  // What members say of themselves is no small thing to repeat.
  context.room.take(group.members.size + group.bytes / bytesPerElement)
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
