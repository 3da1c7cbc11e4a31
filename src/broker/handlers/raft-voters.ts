import { zeroUuid } from '../../bytes/reader.ts'
import { AddRaftVoter } from '../../protocol/add-raft-voter.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { RemoveRaftVoter } from '../../protocol/remove-raft-voter.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'

// The controllers are those that the cluster began with, as in a Kafka whose kraft.version is 0.

export const addRaftVoter: Handler = handler(AddRaftVoter, [0, 1], (request, context) => {
  const why = "Add voter request didn't include the endpoint for the default listener CONTROLLER"
  return answer('adding', request, context, request.listeners.length === 0 ? why : undefined)
})

export const removeRaftVoter: Handler = handler(RemoveRaftVoter, [0, 0], (request, context) =>
  answer('removing', request, context),
)

function answer(
  what: string,
  { clusterId, voterDirectoryId }: { clusterId: string | null; voterDirectoryId: string },
  context: RequestContext,
  incomplete = voterDirectoryId === zeroUuid ? `The request didn't include a valid voter` : undefined,
) {
  const { id } = context.cluster
  const refused = deniedCluster(context, Operation.alter)
  if (refused !== 0) return { errorCode: refused, errorMessage: 'Authorization failed.' }
  if (clusterId !== null && clusterId !== id)
    return {
      errorCode: ErrorCode.InconsistentClusterID,
      errorMessage: `The given id "${clusterId}" doesn't match the cluster id "${id}"`,
    }
  if (incomplete !== undefined) return { errorCode: ErrorCode.InvalidRequest, errorMessage: incomplete }
  return {
    errorCode: ErrorCode.UnsupportedVersion,
    errorMessage: `Cluster doesn't support ${what} voter because the kraft.version feature is 0`,
  }
}
