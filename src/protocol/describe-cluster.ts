import { array, nullable, since, withDefault } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/**
 * The cluster's id, controller and brokers (KIP-700); controllers' endpoints from v1 (KIP-919), fenced brokers from v2.
 */
export const DescribeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexible: 0,
  route: toAny,
  repeatable: true,
  request: {
    includeClusterAuthorizedOperations: boolean,
    /** 1 brokers, 2 controllers. */
    endpointType: since(1, int8, 1),
    includeFencedBrokers: since(2, boolean),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    endpointType: since(1, int8, 1),
    clusterId: string,
    controllerId: withDefault(int32, -1),
    brokers: array({
      brokerId: int32,
      host: string,
      port: int32,
      rack: withDefault(nullable(string), null),
      isFenced: since(2, boolean),
    }),
    clusterAuthorizedOperations: withDefault(int32, -2147483648),
  },
})
