import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { zeroUuid } from '../bytes/reader.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { GetTelemetrySubscriptions } from '../protocol/get-telemetry-subscriptions.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'

/** What `getTelemetrySubscriptions` of a Client is asked. */
export interface GetTelemetrySubscriptionsRequest extends Addressed {
  /** Default: none yet, and the answer gives one. */
  clientInstanceId?: string
}

export const telemetrySettings: SettingKinds<GetTelemetrySubscriptionsRequest> = {
  addr: 'any',
  clientInstanceId: 'string',
}

/** What `getTelemetrySubscriptions` of a Client answers. */
export interface GetTelemetrySubscriptionsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** A uuid in Kafka's form. */
  clientInstanceId: string
  /** Which subscription this is; a checksum of what it says. */
  subscriptionId: number
  /** As Compression has them, the one liked best first. */
  acceptedCompressionTypes: number[]
  /** Milliseconds between two reports. */
  pushInterval: number
  /** Of a report, in bytes. */
  maxBytes: number
  /** Whether counters are to be told as what they grew by. */
  deltaTemporality: boolean
  /** Prefixes of names; '' is all. None: nothing is wanted. */
  requestedMetrics: string[]
}

/** Which metrics the cluster wants of a client (KIP-714). */
export async function getTelemetrySubscriptions(
  caller: Caller,
  request: GetTelemetrySubscriptionsRequest,
  options: CallOptions,
): Promise<GetTelemetrySubscriptionsResponse> {
  const { clientInstanceId = zeroUuid } = request
  const response = await caller.send(request, GetTelemetrySubscriptions, { clientInstanceId }, options)
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('telemetry', response.errorCode),
    clientInstanceId: response.clientInstanceId,
    subscriptionId: response.subscriptionId,
    acceptedCompressionTypes: response.acceptedCompressionTypes,
    pushInterval: response.pushIntervalMs,
    maxBytes: response.telemetryMaxBytes,
    deltaTemporality: response.deltaTemporality,
    requestedMetrics: response.requestedMetrics,
  }
}
