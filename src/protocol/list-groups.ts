import { array, ignorable, since } from '../schema/combinators.ts'
import { int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toEvery } from './route.ts'

/** The groups this broker coordinates; filters by state from v4 (KIP-518) and by type from v5 (KIP-848). */
export const ListGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexible: 3,
  route: toEvery,
  repeatable: true,
  request: {
    /** Empty: all. */
    statesFilter: since(4, array(string)),
    /** Empty: all. */
    typesFilter: since(5, array(string)),
  },
  response: {
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: int16,
    groups: array({
      groupId: string,
      protocolType: string,
      groupState: ignorable(since(4, string)),
      groupType: ignorable(since(5, string)),
    }),
  },
})
