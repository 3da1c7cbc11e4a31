import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { FindCoordinator } from '../protocol/find-coordinator.ts'
import { InitProducerId } from '../protocol/init-producer-id.ts'
import { type ApiVersionsRequest, type ApiVersionsResponse, apiVersions, apiVersionsSettings } from './api-versions.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { onceNotConcurrent } from './concurrent-transactions.ts'
import { errorAbout } from './error-about.ts'

/** Whom to ask, in what words, and as whom. */
export interface CoordinatorCalls {
  /** What the broker speaks. */
  apiVersions(request?: ApiVersionsRequest, ...options: Options): Promise<ApiVersionsResponse>
  /** The broker that coordinates a group or a transactional id. */
  findCoordinator(request: FindCoordinatorRequest, ...options: Options): Promise<FindCoordinatorResponse>
  /** A producer id and epoch. */
  initProducerId(request?: InitProducerIDRequest, ...options: Options): Promise<InitProducerIDResponse>
}

/** What a coordinator is asked for by. */
export const CoordinatorKeyType = {
  /** The key is a group id. */
  Consumer: 0,
  /** The key is a transactional id. */
  Transaction: 1,
} as const
export type CoordinatorKeyType = (typeof CoordinatorKeyType)[keyof typeof CoordinatorKeyType]

/** What `findCoordinator` of a Client is asked. */
export interface FindCoordinatorRequest extends Addressed {
  /** A group's id, or a transactional id. */
  key: string
  /** Default: a group's. */
  keyType?: CoordinatorKeyType | 'consumer' | 'group' | 'transaction'
}

const findCoordinatorSettings: SettingKinds<FindCoordinatorRequest> = {
  addr: 'any',
  key: 'string!',
  keyType: 'any',
}

/** What `findCoordinator` of a Client answers. */
export interface FindCoordinatorResponse {
  /** null upon an error. */
  coordinator: FindCoordinatorResponseCoordinator | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** The broker that coordinates. */
export interface FindCoordinatorResponseCoordinator {
  /** The broker's id. */
  nodeId: number
  /** A name or an address. */
  host: string
  /** The port. */
  port: number
}

/** What `initProducerId` of a Client is asked. */
export interface InitProducerIDRequest extends Addressed {
  /** Absent: for idempotence alone. */
  transactionalId?: string
  /** Milliseconds after which the broker aborts an open transaction. Default 60,000. */
  transactionTimeoutMs?: number
  /** Held so far, to have the epoch bumped (KIP-360). */
  producerId?: bigint
  /** The epoch of that. */
  producerEpoch?: number
}

const initProducerIdSettings: SettingKinds<InitProducerIDRequest> = {
  addr: 'any',
  transactionalId: 'string',
  transactionTimeoutMs: 'number',
  producerId: 'bigint',
  producerEpoch: 'number',
}

/** What `initProducerId` of a Client answers. */
export interface InitProducerIDResponse {
  /** null upon an error. */
  producer: ProducerSession | null
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** Who writes, as brokers tell producers apart. */
export interface ProducerSession {
  /** The producer's id, as the cluster gave it. */
  producerId: bigint
  /** Which of those who had the producer's id one after another; the last one alone may write. */
  producerEpoch: number
}

export const coordinatorCalls: CallsOf<CoordinatorCalls> = {
  apiVersions: { fields: apiVersionsSettings, run: apiVersions },
  findCoordinator: { fields: findCoordinatorSettings, run: findCoordinator },
  initProducerId: { fields: initProducerIdSettings, run: initProducerId },
}

async function findCoordinator(
  caller: Caller,
  request: FindCoordinatorRequest,
  options: CallOptions,
): Promise<FindCoordinatorResponse> {
  const { key } = request
  const keyType = oneOf('keyType', request.keyType ?? CoordinatorKeyType.Consumer, {
    ...CoordinatorKeyType,
    group: CoordinatorKeyType.Consumer,
  })
  const response = await caller.send(request, FindCoordinator, { key, keyType, coordinatorKeys: [key] }, options)
  // Until version 3 the response itself is about the one key.
  const { nodeId, host, port, errorCode, errorMessage } = response.coordinators[0] ?? response
  const error = errorAbout(
    `${keyType === CoordinatorKeyType.Transaction ? 'transactional id' : 'group'} ${key}`,
    errorCode,
    errorMessage,
  )
  return { coordinator: error === null ? { nodeId, host, port } : null, throttle: response.throttleTimeMs, error }
}

async function initProducerId(
  caller: Caller,
  request: InitProducerIDRequest,
  options: CallOptions,
): Promise<InitProducerIDResponse> {
  const { transactionalId = null, transactionTimeoutMs = 60_000, producerId = -1n, producerEpoch = -1 } = request
  const wire = { transactionalId, transactionTimeoutMs, producerId, producerEpoch }
  const response = await onceNotConcurrent(caller, options, () => caller.send(request, InitProducerId, wire, options))
  const error = errorAbout(
    transactionalId === null ? 'a producer id' : `transactional id ${transactionalId}`,
    response.errorCode,
  )
  const producer = error === null ? { producerId: response.producerId, producerEpoch: response.producerEpoch } : null
  return { producer, throttle: response.throttleTimeMs, error }
}
