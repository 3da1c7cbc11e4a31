import type { AddressLike } from '../base/address.ts'
import { ClosedError, ConfigError } from '../base/errors.ts'
import { given, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { ofTransport } from '../transport/config.ts'
import { requireTransport } from '../transport/require-transport.ts'
import type { RoundTripper } from '../transport/round-tripper.ts'
import { Transport } from '../transport/transport.ts'
import * as versions from './api-versions.ts'
import { Caller } from './caller.ts'
import * as coordinators from './coordinators.ts'
import * as fetching from './fetch.ts'
import * as groups from './groups.ts'
import * as listing from './list-offsets.ts'
import * as metadata from './metadata.ts'
import * as offsets from './offsets.ts'
import * as producing from './produce.ts'
import * as topics from './topics.ts'

export interface ClientConfig {
  /** The cluster that requests without an `addr` of their own go to. */
  addr?: AddressLike
  /** Time limit of each call, in milliseconds. Default 0: only the transport's own. */
  timeout?: number
  /** A given transport stays open; without one the client makes and closes its own. */
  transport?: RoundTripper
}

const clientSettings: SettingKinds<ClientConfig> = { addr: 'any', timeout: 'number', transport: 'object' }

/**
 * Kafka's APIs as typed calls, as in kafka-go. Each goes to the broker it concerns, is tried again while that may help, and rejects when
 * there is no answer; errors of single items are in the response.
 */
export class Client {
  private readonly caller: Caller
  private readonly own: Transport | undefined
  private closed = false

  constructor(config: ClientConfig = {}) {
    const { addr, timeout = 0, transport } = given('a Client', config, clientSettings, '', ofTransport)
    if (!(timeout >= 0)) throw new ConfigError(`Client: timeout must be milliseconds, 0 for none, not ${timeout}`)
    this.own = transport ? undefined : new Transport()
    this.caller = new Caller(this.own ?? requireTransport(transport!, 'roundTrip'), addr, timeout)
  }

  /** Writes one batch to one partition. */
  produce(request: producing.ProduceRequest, options: CallOptions = {}): Promise<producing.ProduceResponse> {
    return this.call(producing.produce, request, options)
  }

  /** Writes a batch that is encoded already. */
  rawProduce(request: producing.RawProduceRequest, options: CallOptions = {}): Promise<producing.ProduceResponse> {
    return this.call(producing.rawProduce, request, options)
  }

  /** Reads a partition from an offset on. */
  fetch(request: fetching.FetchRequest, options: CallOptions = {}): Promise<fetching.FetchResponse> {
    return this.call(fetching.fetch, request, options)
  }

  /** The cluster's brokers, and topics with their partitions. */
  metadata(request: metadata.MetadataRequest = {}, options: CallOptions = {}): Promise<metadata.MetadataResponse> {
    return this.call(metadata.metadata, request, options)
  }

  /** Makes topics and waits a while until every broker knows them and their leaders. */
  createTopics(request: topics.CreateTopicsRequest, options: CallOptions = {}): Promise<topics.CreateTopicsResponse> {
    return this.call(topics.createTopics, request, options)
  }

  /** Deletes topics and waits a while until every broker has forgotten them. */
  deleteTopics(request: topics.DeleteTopicsRequest, options: CallOptions = {}): Promise<topics.DeleteTopicsResponse> {
    return this.call(topics.deleteTopics, request, options)
  }

  /** Offsets by time, and the first and last ones. */
  listOffsets(request: listing.ListOffsetsRequest, options: CallOptions = {}): Promise<listing.ListOffsetsResponse> {
    return this.call(listing.listOffsets, request, options)
  }

  /** Stores positions for a group. */
  offsetCommit(request: offsets.OffsetCommitRequest, options: CallOptions = {}): Promise<offsets.OffsetCommitResponse> {
    return this.call(offsets.offsetCommit, request, options)
  }

  /** The positions stored for a group. */
  offsetFetch(request: offsets.OffsetFetchRequest, options: CallOptions = {}): Promise<offsets.OffsetFetchResponse> {
    return this.call(offsets.offsetFetch, request, options)
  }

  /** @deprecated Use `offsetFetch`. */
  consumerOffsets(request: offsets.TopicAndGroup, options: CallOptions = {}): Promise<Map<number, number>> {
    return this.call(offsets.consumerOffsets, request, options)
  }

  /** What the broker speaks. */
  apiVersions(request: versions.ApiVersionsRequest = {}, options: CallOptions = {}): Promise<versions.ApiVersionsResponse> {
    return this.call(versions.apiVersions, request, options)
  }

  /** The broker that coordinates a group or a transactional id. */
  findCoordinator(request: coordinators.FindCoordinatorRequest, options: CallOptions = {}): Promise<coordinators.FindCoordinatorResponse> {
    return this.call(coordinators.findCoordinator, request, options)
  }

  /** A producer id and epoch. */
  initProducerId(request: coordinators.InitProducerIDRequest, options: CallOptions = {}): Promise<coordinators.InitProducerIDResponse> {
    return this.call(coordinators.initProducerId, request, options)
  }

  /** Enters a classic group; waits for the other members. */
  joinGroup(request: groups.JoinGroupRequest, options: CallOptions = {}): Promise<groups.JoinGroupResponse> {
    return this.call(groups.joinGroup, request, options)
  }

  /** Gives, as the leader, and takes assignments; waits for the leader. */
  syncGroup(request: groups.SyncGroupRequest, options: CallOptions = {}): Promise<groups.SyncGroupResponse> {
    return this.call(groups.syncGroup, request, options)
  }

  /** Keeps a member in its group; the answer says when that rebalances. */
  heartbeat(request: groups.HeartbeatRequest, options: CallOptions = {}): Promise<groups.HeartbeatResponse> {
    return this.call(groups.heartbeat, request, options)
  }

  /** Takes members out of a group. */
  leaveGroup(request: groups.LeaveGroupRequest, options: CallOptions = {}): Promise<groups.LeaveGroupResponse> {
    return this.call(groups.leaveGroup, request, options)
  }

  /** Closes the transport if it is the client's own; further calls reject with a ClosedError. */
  async close(): Promise<void> {
    this.closed = true
    await this.own?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private async call<Q, R>(
    run: (caller: Caller, request: Q, options: CallOptions) => Promise<R>,
    request: Q,
    options: CallOptions,
  ): Promise<R> {
    if (this.closed) throw new ClosedError('the client is closed')
    return run(this.caller, request, options)
  }
}
