import type { AddressLike } from '../base/address.ts'
import { optionsOf, refuseMore } from '../base/call-options.ts'
import { traced } from '../base/call-site.ts'
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
 * Kafka's APIs as typed calls, as in kafka-go. Each goes to the broker it concerns, is tried again while that may help,
 * and rejects when there is no answer; errors of single items are in the response.
 */
export class Client {
  readonly #caller: Caller
  readonly #own: Transport | undefined
  #closed = false

  constructor(config: ClientConfig = {}) {
    const { addr, timeout = 0, transport } = given('a Client', config, clientSettings, '', ofTransport)
    if (!(timeout >= 0)) throw new ConfigError(`Client: timeout must be milliseconds, 0 for none, not ${timeout}`)
    this.#own = transport ? undefined : new Transport()
    this.#caller = new Caller(this.#own ?? requireTransport(transport!, 'roundTrip'), addr, timeout)
  }

  /** Writes one batch to one partition. */
  produce(
    request: producing.ProduceRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<producing.ProduceResponse> {
    return this.#call('produce', producing.produceSettings, producing.produce, request, options, extra)
  }

  /** Writes a batch that is encoded already. */
  rawProduce(
    request: producing.RawProduceRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<producing.ProduceResponse> {
    return this.#call('rawProduce', producing.rawProduceSettings, producing.rawProduce, request, options, extra)
  }

  /** Reads a partition from an offset on. */
  fetch(request: fetching.FetchRequest, options?: CallOptions, ...extra: never[]): Promise<fetching.FetchResponse> {
    return this.#call('fetch', fetching.fetchSettings, fetching.fetch, request, options, extra)
  }

  /** The cluster's brokers, and topics with their partitions. */
  metadata(
    request: metadata.MetadataRequest = {},
    options?: CallOptions,
    ...extra: never[]
  ): Promise<metadata.MetadataResponse> {
    return this.#call('metadata', metadata.metadataSettings, metadata.metadata, request, options, extra)
  }

  /** Makes topics and waits a while until every broker knows them and their leaders. */
  createTopics(
    request: topics.CreateTopicsRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<topics.CreateTopicsResponse> {
    return this.#call('createTopics', topics.createTopicsSettings, topics.createTopics, request, options, extra)
  }

  /** Deletes topics and waits a while until every broker has forgotten them. */
  deleteTopics(
    request: topics.DeleteTopicsRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<topics.DeleteTopicsResponse> {
    return this.#call('deleteTopics', topics.deleteTopicsSettings, topics.deleteTopics, request, options, extra)
  }

  /** Offsets by time, and the first and last ones. */
  listOffsets(
    request: listing.ListOffsetsRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<listing.ListOffsetsResponse> {
    return this.#call('listOffsets', listing.listOffsetsSettings, listing.listOffsets, request, options, extra)
  }

  /** Stores positions for a group. */
  offsetCommit(
    request: offsets.OffsetCommitRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<offsets.OffsetCommitResponse> {
    return this.#call('offsetCommit', offsets.offsetCommitSettings, offsets.offsetCommit, request, options, extra)
  }

  /** The positions stored for a group. */
  offsetFetch(
    request: offsets.OffsetFetchRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<offsets.OffsetFetchResponse> {
    return this.#call('offsetFetch', offsets.offsetFetchSettings, offsets.offsetFetch, request, options, extra)
  }

  /** @deprecated Use `offsetFetch`. */
  consumerOffsets(
    request: offsets.TopicAndGroup,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<Map<number, number>> {
    return this.#call(
      'consumerOffsets',
      offsets.topicAndGroupSettings,
      offsets.consumerOffsets,
      request,
      options,
      extra,
    )
  }

  /** What the broker speaks. */
  apiVersions(
    request: versions.ApiVersionsRequest = {},
    options?: CallOptions,
    ...extra: never[]
  ): Promise<versions.ApiVersionsResponse> {
    return this.#call('apiVersions', versions.apiVersionsSettings, versions.apiVersions, request, options, extra)
  }

  /** The broker that coordinates a group or a transactional id. */
  findCoordinator(
    request: coordinators.FindCoordinatorRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<coordinators.FindCoordinatorResponse> {
    return this.#call(
      'findCoordinator',
      coordinators.findCoordinatorSettings,
      coordinators.findCoordinator,
      request,
      options,
      extra,
    )
  }

  /** A producer id and epoch. */
  initProducerId(
    request: coordinators.InitProducerIDRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<coordinators.InitProducerIDResponse> {
    return this.#call(
      'initProducerId',
      coordinators.initProducerIdSettings,
      coordinators.initProducerId,
      request,
      options,
      extra,
    )
  }

  /** Enters a classic group; waits for the other members. */
  joinGroup(
    request: groups.JoinGroupRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<groups.JoinGroupResponse> {
    return this.#call('joinGroup', groups.joinGroupSettings, groups.joinGroup, request, options, extra)
  }

  /** Gives, as the leader, and takes assignments; waits for the leader. */
  syncGroup(
    request: groups.SyncGroupRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<groups.SyncGroupResponse> {
    return this.#call('syncGroup', groups.syncGroupSettings, groups.syncGroup, request, options, extra)
  }

  /** Keeps a member in its group; the answer says when that rebalances. */
  heartbeat(
    request: groups.HeartbeatRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<groups.HeartbeatResponse> {
    return this.#call('heartbeat', groups.heartbeatSettings, groups.heartbeat, request, options, extra)
  }

  /** Takes members out of a group. */
  leaveGroup(
    request: groups.LeaveGroupRequest,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<groups.LeaveGroupResponse> {
    return this.#call('leaveGroup', groups.leaveGroupSettings, groups.leaveGroup, request, options, extra)
  }

  /** Closes the transport if it is the client's own; further calls reject with a ClosedError. */
  async close(...extra: never[]): Promise<void> {
    refuseMore('close', extra)
    this.#closed = true
    await this.#own?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #call<Q extends object, R>(
    name: string,
    kinds: SettingKinds<Q>,
    run: (caller: Caller, request: Q, options: CallOptions) => Promise<R>,
    request: Q,
    options: CallOptions | undefined,
    extra: readonly unknown[],
  ): Promise<R> {
    const checked = optionsOf(`${name}()`, options, extra)
    const asked = given(`${name}()`, request, kinds)
    if (this.#closed) throw new ClosedError('the client is closed')
    return await traced(run(this.#caller, asked, checked))
  }
}
