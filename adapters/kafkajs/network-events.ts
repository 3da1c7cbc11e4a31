import { ClosedError, ConnectionError, TimeoutError } from '../../src/base/errors.ts'
import type { ClientEvent, EventSink } from '../../src/base/events.ts'
import type { Events } from './events.ts'

/** The names of what every client tells of its network; the client's own come besides. */
export type NetworkNames = Record<'REQUEST' | 'REQUEST_TIMEOUT' | 'REQUEST_QUEUE_SIZE', string>

/** In the order of their numbers, as kafkajs calls them. */
const apis = (
  'Produce Fetch ListOffsets Metadata LeaderAndIsr StopReplica UpdateMetadata ControlledShutdown OffsetCommit OffsetFetch ' +
  'GroupCoordinator JoinGroup Heartbeat LeaveGroup SyncGroup DescribeGroups ListGroups SaslHandshake ApiVersions ' +
  'CreateTopics DeleteTopics DeleteRecords InitProducerId OffsetForLeaderEpoch AddPartitionsToTxn AddOffsetsToTxn EndTxn ' +
  'WriteTxnMarkers TxnOffsetCommit DescribeAcls CreateAcls DeleteAcls DescribeConfigs AlterConfigs AlterReplicaLogDirs ' +
  'DescribeLogDirs SaslAuthenticate CreatePartitions CreateDelegationToken RenewDelegationToken ExpireDelegationToken ' +
  'DescribeDelegationToken DeleteGroups ElectLeaders IncrementalAlterConfigs AlterPartitionReassignments ' +
  'ListPartitionReassignments OffsetDelete DescribeClientQuotas AlterClientQuotas DescribeUserScramCredentials ' +
  'AlterUserScramCredentials Vote BeginQuorumEpoch EndQuorumEpoch DescribeQuorum AlterPartition UpdateFeatures Envelope ' +
  'FetchSnapshot DescribeCluster DescribeProducers BrokerRegistration BrokerHeartbeat UnregisterBroker ' +
  'DescribeTransactions ListTransactions AllocateProducerIds ConsumerGroupHeartbeat ConsumerGroupDescribe'
).split(' ')

/** What kafkajs calls an API, and its number; -1 for one newer than this list. */
export function apiOf(name: string): { apiName: string; apiKey: number } {
  const apiName = name === 'FindCoordinator' ? 'GroupCoordinator' : name
  return { apiName, apiKey: apis.indexOf(apiName) }
}

/** Tells a client's listeners that metadata did not come in time; which of several requests for it, nobody knows. */
export function metadataTimedOut(events: Events<NetworkNames>, clientId: string, broker: string): void {
  const payload = { broker, clientId, correlationId: -1, createdAt: Date.now(), sentAt: Date.now(), pendingDuration: 0 }
  events.emit(events.names.REQUEST_TIMEOUT, { ...payload, ...apiOf('Metadata'), apiVersion: -1 })
}

/** Tells a client's listeners of the requests of its transport. */
export function networkEvents(events: Events<NetworkNames>, clientId: string): EventSink {
  const { REQUEST, REQUEST_TIMEOUT, REQUEST_QUEUE_SIZE } = events.names
  const sent = new Map<string, number>()
  return event => {
    if (event.type !== 'request') return
    const correlationId = sent.get(event.broker) ?? 0
    sent.set(event.broker, correlationId + 1)
    if (events.has(REQUEST_QUEUE_SIZE))
      events.emit(REQUEST_QUEUE_SIZE, { broker: event.broker, clientId, queueSize: 0 })
    const timedOut = event.error instanceof TimeoutError
    // A request that a lost connection took along is told of by its error alone.
    if (event.error !== undefined && !timedOut) return
    const name = timedOut ? REQUEST_TIMEOUT : REQUEST
    if (events.has(name)) events.emit(name, payloadOf(event, clientId, correlationId, timedOut))
  }
}

function payloadOf(
  { broker, api, apiVersion, durationMs, receivedBytes }: ClientEvent & { type: 'request' },
  clientId: string,
  correlationId: number,
  timedOut: boolean,
): object {
  const duration = Math.round(durationMs)
  const createdAt = Date.now() - duration
  return {
    broker,
    clientId,
    correlationId,
    createdAt,
    sentAt: createdAt,
    pendingDuration: 0,
    ...(!timedOut && { duration, size: receivedBytes }),
    ...apiOf(api),
    apiVersion,
  }
}

/** What a failed connection says, for logs; undefined for what is no failure. */
export function connectFailure(event: ClientEvent): { broker: string; error: unknown } | undefined {
  // Nobody waits any more for what a closed transport was at.
  if (event.type === 'connectFailed') return event.error instanceof ClosedError ? undefined : event
  if (event.type === 'disconnect' && event.error instanceof ConnectionError) return event
  return undefined
}
