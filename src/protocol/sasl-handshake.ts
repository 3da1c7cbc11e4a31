import { array } from '../schema/combinators.ts'
import { int16, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/**
 * Chooses a SASL mechanism. Then follow SaslAuthenticate requests (v1) or bare tokens in frames (v0). Never flexible.
 */
export const SaslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  route: toAny,
  request: { mechanism: string },
  response: { errorCode: int16, mechanisms: array(string) },
})
