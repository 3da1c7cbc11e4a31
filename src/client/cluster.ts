import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { DescribeCluster } from '../protocol/describe-cluster.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { UnregisterBroker } from '../protocol/unregister-broker.ts'
import type { Broker } from '../transport/layout.ts'
import { authorizedOperations } from './authorized-operations.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { type ACLOperationType, EndpointType, type OrName } from './constants.ts'
import { errorAbout } from './error-about.ts'
import {
  type DescribeFeaturesRequest,
  type DescribeFeaturesResponse,
  describeFeatures,
  describeFeaturesSettings,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
  updateFeatures,
  updateFeaturesSettings,
} from './features.ts'
import {
  type GetTelemetrySubscriptionsRequest,
  type GetTelemetrySubscriptionsResponse,
  getTelemetrySubscriptions,
  telemetrySettings,
} from './telemetry.ts'

/** The cluster as a whole. */
export interface ClusterCalls {
  /** The cluster's id, controller and brokers (KIP-700). */
  describeCluster(request?: DescribeClusterRequest, ...options: Options): Promise<DescribeClusterResponse>
  /** The cluster's features: their levels, and those that could be (KIP-584). */
  describeFeatures(request?: DescribeFeaturesRequest, ...options: Options): Promise<DescribeFeaturesResponse>
  /** Raises and lowers the levels of features. */
  updateFeatures(request: UpdateFeaturesRequest, ...options: Options): Promise<UpdateFeaturesResponse>
  /** Which metrics the cluster wants of clients (KIP-714). */
  getTelemetrySubscriptions(
    request?: GetTelemetrySubscriptionsRequest,
    ...options: Options
  ): Promise<GetTelemetrySubscriptionsResponse>
  /** Forgets a broker that is gone for good (KRaft). */
  unregisterBroker(request: UnregisterBrokerRequest, ...options: Options): Promise<UnregisterBrokerResponse>
}

/** What `describeCluster` of a Client is asked. */
export interface DescribeClusterRequest extends Addressed {
  /** Default: brokers. Controllers tell of controllers alone (KIP-919). */
  endpointType?: OrName<typeof EndpointType>
  /** Those that are shut down or shut out, too (KIP-1073). */
  includeFencedBrokers?: boolean
  /** KIP-430. */
  includeAuthorizedOperations?: boolean
}

/** What `describeCluster` of a Client answers. */
export interface DescribeClusterResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** The cluster's id. */
  clusterId: string
  /** −1 when the broker tells none. With KRaft any broker: each passes on what is for the controller. */
  controllerId: number
  /** Its brokers, or its controllers, whichever was asked for. */
  brokers: DescribeClusterBroker[]
  /** What the one who asks may do with the cluster; null unless asked for. */
  authorizedOperations: ACLOperationType[] | null
}

export interface DescribeClusterBroker extends Broker {
  /** Shut down, or shut out. */
  fenced: boolean
}

/** What `unregisterBroker` of a Client is asked. */
export interface UnregisterBrokerRequest extends Addressed {
  /** The broker to take out of the cluster; it has to be stopped. */
  brokerId: number
}

/** What `unregisterBroker` of a Client answers. */
export interface UnregisterBrokerResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

const describeClusterFields: SettingKinds<DescribeClusterRequest> = {
  addr: 'any',
  endpointType: 'any',
  includeFencedBrokers: 'boolean',
  includeAuthorizedOperations: 'boolean',
}

export const clusterCalls: CallsOf<ClusterCalls> = {
  describeCluster: { fields: describeClusterFields, run: describeCluster },
  describeFeatures: { fields: describeFeaturesSettings, run: describeFeatures },
  updateFeatures: { fields: updateFeaturesSettings, run: updateFeatures },
  getTelemetrySubscriptions: { fields: telemetrySettings, run: getTelemetrySubscriptions },
  unregisterBroker: { fields: { addr: 'any', brokerId: 'number!' }, run: unregisterBroker },
}

async function describeCluster(
  caller: Caller,
  request: DescribeClusterRequest,
  options: CallOptions,
): Promise<DescribeClusterResponse> {
  const { includeAuthorizedOperations = false, includeFencedBrokers = false } = request
  const wire = {
    includeClusterAuthorizedOperations: includeAuthorizedOperations,
    endpointType: oneOf('endpointType', request.endpointType ?? EndpointType.Brokers, EndpointType),
    includeFencedBrokers,
  }
  const response = await caller.send(request, DescribeCluster, wire, options)
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('the cluster', response.errorCode, response.errorMessage),
    clusterId: response.clusterId,
    controllerId: response.controllerId,
    brokers: response.brokers.map(({ brokerId, host, port, rack, isFenced }) => ({
      id: brokerId,
      host,
      port,
      rack: rack ?? '',
      fenced: isFenced,
    })),
    authorizedOperations: authorizedOperations(response.clusterAuthorizedOperations),
  }
}

async function unregisterBroker(
  caller: Caller,
  request: UnregisterBrokerRequest,
  options: CallOptions,
): Promise<UnregisterBrokerResponse> {
  const { brokerId } = request
  const response = await caller.send(request, UnregisterBroker, { brokerId }, options)
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout(`broker ${brokerId}`, response.errorCode, response.errorMessage),
  }
}
