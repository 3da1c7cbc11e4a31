import { array, nullable } from '../schema/combinators.ts'
import { boolean, float64, int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** The quotas that a filter of users, client ids and addresses matches (KIP-546). */
export const DescribeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexible: 1,
  route: toAny,
  repeatable: true,
  request: {
    components: array({
      entityType: string,
      /** 0 that name, 1 the default, 2 any. */
      matchType: int8,
      match: nullable(string),
    }),
    /** Nothing but the kinds of entity named. */
    strict: boolean,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: nullable(string),
    entries: nullable(
      array({
        entity: array({ entityType: string, entityName: nullable(string) }),
        values: array({ key: string, value: float64 }),
      }),
    ),
  },
})
