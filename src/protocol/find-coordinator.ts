import { array, between, ignorable, nullable, since, until } from '../schema/combinators.ts'
import { int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/**
 * Which broker coordinates a group, transaction or share partition. Any broker answers. Several keys at once from v4
 * (KIP-699).
 */
export const FindCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexible: 3,
  route: toAny,
  repeatable: true,
  request: {
    /** Until v3. Give both forms: a version takes its own. */
    key: ignorable(until(3, string), { beside: 'coordinatorKeys' }),
    /** 0 group, 1 transaction, 2 share partition. */
    keyType: since(1, int8),
    coordinatorKeys: ignorable(since(4, array(string)), { beside: 'key' }),
  },
  response: {
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: until(3, int16),
    errorMessage: ignorable(between(1, 3, nullable(string))),
    nodeId: until(3, int32),
    host: until(3, string),
    port: until(3, int32),
    coordinators: since(
      4,
      array({
        key: string,
        nodeId: int32,
        host: string,
        port: int32,
        errorCode: int16,
        errorMessage: ignorable(nullable(string)),
      }),
    ),
  },
  cap: ({ coordinatorKeys = [] }) => (coordinatorKeys.length === 0 ? 3 : 6),
})
