import { ignorable, nullAsDefault, nullable, since } from '../schema/combinators.ts'
import { bytes, int16, string, timestamp } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** One step of a SASL exchange (KIP-152). From v1 the answer says how long the session lasts (KIP-368). */
export const SaslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexible: 2,
  route: toAny,
  request: { authBytes: bytes },
  response: {
    errorCode: int16,
    errorMessage: nullable(string),
    /** Some brokers answer null along with an error. */
    authBytes: nullAsDefault(bytes),
    /** 0: without end. */
    sessionLifetimeMs: ignorable(since(1, timestamp)),
  },
})
