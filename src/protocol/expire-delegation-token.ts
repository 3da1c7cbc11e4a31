import { bytes, int16, int32, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** Brings a delegation token's expiry forward (KIP-48). */
export const ExpireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [0, 2],
  flexible: 2,
  route: toAny,
  request: { hmac: bytes, expiryTimePeriodMs: timestamp },
  response: { errorCode: int16, expiryTimestampMs: timestamp, throttleTimeMs: int32 },
})
