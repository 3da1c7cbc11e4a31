import { ErrorCode } from '../../protocol/errors.ts'
import { FindCoordinator } from '../../protocol/find-coordinator.ts'
import { denied, deniedCluster } from '../access/access.ts'
import { Operation, ResourceType } from '../access/operations.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { andThen } from '../turns.ts'

const kinds = ['group', 'transaction', 'share'] as const
const resourceTypes = { group: ResourceType.group, transaction: ResourceType.transactionalId } as const

/** What a share partition is called: a group, a topic's id and a partition (KIP-932). */
const sharePartition = /^.+:[\w-]{22}:-?\d{1,10}$/s

export const findCoordinator: Handler = handler(
  FindCoordinator,
  [0, 6],
  ({ key, keyType, coordinatorKeys }, context) => {
    if (context.apiVersion < 4) return find(key, keyType, context)
    return andThen(
      context.cluster.turns.map(coordinatorKeys, each => find(each, keyType, context)),
      coordinators => ({ coordinators }),
    )
  },
)

function find(key: string, keyType: number, context: RequestContext) {
  const { cluster, connection, apiVersion } = context
  const nowhere = (errorCode: number, errorMessage: string) => ({
    key,
    errorCode,
    errorMessage,
    nodeId: -1,
    host: '',
    port: -1,
  })
  const kind = kinds[keyType]
  if (kind === undefined || (kind === 'share' && (apiVersion < 6 || !sharePartition.test(key))))
    return nowhere(ErrorCode.InvalidRequest, `no coordinators of type ${keyType} here`)
  const refused =
    kind === 'share'
      ? deniedCluster(context, Operation.clusterAction)
      : denied(context, Operation.describe, resourceTypes[kind], key)
  if (refused !== 0) return nowhere(refused, '')
  const nodeId = cluster.coordinators.of(kind, key)
  const address = connection.listener.address(nodeId)
  if (address === undefined) return nowhere(ErrorCode.GroupCoordinatorNotAvailable, 'The coordinator is not available.')
  return { key, errorCode: 0, errorMessage: null, nodeId, ...address }
}
