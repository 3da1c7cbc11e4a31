import { DescribeCluster } from '../../protocol/describe-cluster.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { type Handler, handler } from '../handler.ts'
import { reachable } from '../topics/lookup.ts'
import { clusterOperations } from './metadata.ts'

const brokers = 1

export const describeCluster: Handler = handler(
  DescribeCluster,
  [0, 2],
  ({ endpointType, includeFencedBrokers, includeClusterAuthorizedOperations }, context) => {
    const { cluster, apiVersion } = context
    const nothing = { clusterId: '', brokers: [] }
    if (endpointType !== brokers) {
      const errorCode = endpointType === 2 ? ErrorCode.MismatchedEndpointType : ErrorCode.UnsupportedEndpointType
      return {
        ...nothing,
        errorCode,
        errorMessage: 'The request was sent to an endpoint of the wrong type.',
        endpointType: 1,
      }
    }
    const registered = [...cluster.nodes.values()].filter(({ registered }) => registered)
    const told = includeFencedBrokers && apiVersion >= 2 ? registered : cluster.running
    return {
      errorCode: 0,
      clusterId: cluster.id,
      controllerId: cluster.controllerId,
      ...(includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: clusterOperations(context) } : {}),
      brokers: reachable(told, context).map(({ nodeId, ...where }) => ({
        brokerId: nodeId,
        ...where,
        ...(apiVersion >= 2 ? { isFenced: !cluster.nodes.get(nodeId)!.running } : {}),
      })),
    }
  },
)
