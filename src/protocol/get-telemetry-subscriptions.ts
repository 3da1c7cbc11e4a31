import { array } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** Which client metrics the cluster wants, and how often (KIP-714). */
export const GetTelemetrySubscriptions = api({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexible: 0,
  route: toAny,
  repeatable: true,
  request: {
    /** Zero the first time; the answer gives one. */
    clientInstanceId: uuid,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    clientInstanceId: uuid,
    subscriptionId: int32,
    acceptedCompressionTypes: array(int8),
    pushIntervalMs: int32,
    telemetryMaxBytes: int32,
    deltaTemporality: boolean,
    /** Prefixes of names; one empty string: all. None: none. */
    requestedMetrics: array(string),
  },
})
