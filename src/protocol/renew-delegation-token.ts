import { bytes, int16, int32, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** Puts off a delegation token's expiry (KIP-48). */
export const RenewDelegationToken = api({
  key: 39,
  name: 'RenewDelegationToken',
  versions: [0, 2],
  flexible: 2,
  route: toAny,
  request: { hmac: bytes, renewPeriodMs: timestamp },
  response: { errorCode: int16, expiryTimestampMs: timestamp, throttleTimeMs: int32 },
})
