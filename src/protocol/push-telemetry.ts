import { boolean, bytes, int8, int16, int32, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** Client metrics, in OpenTelemetry's own encoding (KIP-714). To the broker that told the subscription. */
export const PushTelemetry = api({
  key: 72,
  name: 'PushTelemetry',
  versions: [0, 0],
  flexible: 0,
  route: toAny,
  request: {
    clientInstanceId: uuid,
    subscriptionId: int32,
    /** The last one, at close. */
    terminating: boolean,
    /** A record batch's code. */
    compressionType: int8,
    metrics: bytes,
  },
  response: { throttleTimeMs: int32, errorCode: int16 },
})
