import { array, nullable } from '../schema/combinators.ts'
import { boolean, float64, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Sets and removes quotas (KIP-546). */
export const AlterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexible: 1,
  route: toController,
  request: {
    entries: array({
      entity: array({ entityType: string, entityName: nullable(string) }),
      ops: array({ key: string, value: float64, remove: boolean }),
    }),
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32,
    entries: array({
      errorCode: int16,
      errorMessage: nullable(string),
      entity: array({ entityType: string, entityName: nullable(string) }),
    }),
  },
})
