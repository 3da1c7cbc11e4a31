import { array, nullable, since } from '../schema/combinators.ts'
import { bytes, int16, int32, string, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** The delegation tokens of some owners (KIP-48). */
export const DescribeDelegationToken = api({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: [0, 3],
  flexible: 2,
  route: toAny,
  repeatable: true,
  request: {
    /** null: all. */
    owners: nullable(array({ principalType: string, principalName: string })),
  },
  response: {
    errorCode: int16,
    tokens: array({
      principalType: string,
      principalName: string,
      tokenRequesterPrincipalType: since(3, string),
      tokenRequesterPrincipalName: since(3, string),
      issueTimestamp: timestamp,
      expiryTimestamp: timestamp,
      maxTimestamp: timestamp,
      tokenId: string,
      hmac: bytes,
      renewers: array({ principalType: string, principalName: string }),
    }),
    throttleTimeMs: int32,
  },
})
