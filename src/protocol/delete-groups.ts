import { array, ignorable, nullable, since } from '../schema/combinators.ts'
import { int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinators } from './route.ts'

/** Deletes empty groups, through each group's coordinator (KIP-229). */
export const DeleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 3],
  flexible: 2,
  route: toCoordinators('group', ['groupsNames'], ['results']),
  request: { groupsNames: array(string) },
  response: {
    throttleTimeMs: int32,
    results: array({
      groupId: string,
      errorCode: int16,
      errorMessage: ignorable(since(3, nullable(string), null)),
    }),
  },
})
