import { array, ignorable, since } from '../schema/combinators.ts'
import { int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** Resources that have settings of their own: client metrics alone in v0 (KIP-714), of any type from v1 (KIP-1142). */
export const ListConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexible: 0,
  route: toAny,
  repeatable: true,
  request: {
    /** Empty: all. */
    resourceTypes: since(1, array(int8)),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    configResources: array({ resourceName: string, resourceType: ignorable(since(1, int8, 16)) }),
  },
})
