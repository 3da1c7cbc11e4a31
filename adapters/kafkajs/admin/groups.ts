import type { DescribeGroupsResponseGroup } from '../../../src/client/describe-groups.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { toBuffer } from '../bytes.ts'
import { KafkaJSDeleteGroupsError } from '../errors.ts'
import { protocolError } from '../protocol-errors.ts'
import { kafkaJSError } from '../translate.ts'
import type { Admin, ConsumerGroupState, DeleteGroupsResult, GroupDescription } from '../types/admin.ts'
import type { AdminCluster } from './cluster.ts'
import { refuse } from './refuse.ts'

export async function listGroups({ ask }: AdminCluster): ReturnType<Admin['listGroups']> {
  const { error, groups } = await ask(client => client.listGroups())
  if (error !== null) throw kafkaJSError(error)
  return { groups: groups.map(({ groupId, protocolType }) => ({ groupId, protocolType })) }
}

export async function describeGroups(
  { ask, retrier }: AdminCluster,
  groupIds: string[],
): ReturnType<Admin['describeGroups']> {
  const asked = groupIds.map(groupId => groupId)
  if (asked.length === 0) return { groups: [] }
  return await retrier(async () => {
    const { groups } = await ask(client => client.describeGroups({ groupIds: asked }))
    return { groups: groups.map(described) }
  })
}

function described(group: DescribeGroupsResponseGroup): GroupDescription {
  const { error, groupId, groupState, protocolType, protocolName, members } = group
  // Newer brokers say that a group is not there; kafkajs asks them as older ones, whose word for it is 'Dead'.
  if (error?.code === ErrorCode.GroupIdNotFound) return inKafkajs(groupId, 'Dead', '', '', [])
  if (error !== null) throw kafkaJSError(error)
  return inKafkajs(
    groupId,
    groupState,
    protocolType,
    protocolName,
    members.map(({ memberId, clientId, clientHost, rawMetadata, rawAssignments }) => ({
      memberId,
      clientId,
      clientHost,
      memberMetadata: toBuffer(rawMetadata),
      memberAssignment: toBuffer(rawAssignments),
    })),
  )
}

function inKafkajs(
  groupId: string,
  state: string,
  protocolType: string,
  protocol: string,
  members: GroupDescription['members'],
): GroupDescription {
  // The code is not in kafkajs's types, and there.
  const errorCode = { errorCode: 0 }
  return { ...errorCode, groupId, state: state as ConsumerGroupState, protocolType, protocol, members }
}

export async function deleteGroups(
  { ask, retrier, logger }: AdminCluster,
  groupIds: string[],
): ReturnType<Admin['deleteGroups']> {
  if (!groupIds || !Array.isArray(groupIds)) refuse(`Invalid groupIds array ${groupIds}`)
  // Not the id itself, in kafkajs either.
  if (groupIds.some(groupId => typeof groupId !== 'string')) refuse('Invalid groupId name: true')
  const asked = [...new Set(groupIds)]
  if (asked.length === 0) return []
  return await retrier(async (bail, retryCount, retryTime) => {
    try {
      const { errors } = await ask(client => client.deleteGroups({ groupIds: asked }))
      const results = asked.map((groupId): DeleteGroupsResult => {
        const error = errors[groupId]
        return error ? { groupId, errorCode: error.code, error: protocolError(error.code) } : { groupId, errorCode: 0 }
      })
      const failed = results.filter(({ errorCode }) => errorCode !== 0)
      if (failed.length > 0) throw new KafkaJSDeleteGroupsError('Error in DeleteGroups', failed as never)
      return results
    } catch (error) {
      const { type, message } = error as Partial<Error & { type: string }>
      if (type === 'NOT_CONTROLLER' || type === 'COORDINATOR_NOT_AVAILABLE') {
        logger.warn('Could not delete groups', { error: message, retryCount, retryTime })
        throw error
      }
      bail(error)
      return undefined as never
    }
  })
}
