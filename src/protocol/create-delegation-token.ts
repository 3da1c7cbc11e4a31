import { array, nullable, since } from '../schema/combinators.ts'
import { bytes, int16, int32, string, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** Makes a delegation token (KIP-48); for somebody else from v3 (KIP-373). */
export const CreateDelegationToken = api({
  key: 38,
  name: 'CreateDelegationToken',
  versions: [0, 3],
  flexible: 2,
  route: toAny,
  request: {
    ownerPrincipalType: since(3, nullable(string)),
    ownerPrincipalName: since(3, nullable(string)),
    renewers: array({ principalType: string, principalName: string }),
    maxLifetimeMs: timestamp,
  },
  response: {
    errorCode: int16,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: since(3, string),
    tokenRequesterPrincipalName: since(3, string),
    issueTimestampMs: timestamp,
    expiryTimestampMs: timestamp,
    maxTimestampMs: timestamp,
    tokenId: string,
    hmac: bytes,
    throttleTimeMs: int32,
  },
})
