import { DeleteAcls } from '../../protocol/delete-acls.ts'
import { deniedCluster } from '../access/access.ts'
import type { Acl } from '../access/acl.ts'
import { noAuthorizer } from '../access/acl-requests.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import { andThen } from '../turns.ts'

export const deleteAcls: Handler = handler(DeleteAcls, [1, 3], ({ filters }, context) => {
  const { authorizer, turns } = context.cluster
  const refused = deniedCluster(context, Operation.alter)
  const problem = authorizer === undefined ? noAuthorizer : { errorCode: refused, errorMessage: '' }
  if (authorizer === undefined || refused !== 0)
    return { filterResults: filters.map(() => ({ ...problem, matchingAcls: [] })) }
  // What two filters mean both of them tell, as in Kafka: nothing is deleted before all have looked.
  const doomed = new Set<Acl>()
  const filterResults = turns.map(filters, filter => {
    const found = authorizer.found(filter)
    context.room.take(found.length)
    for (const acl of found) doomed.add(acl)
    return {
      errorCode: 0,
      errorMessage: null,
      matchingAcls: found.map(acl => ({ errorCode: 0, errorMessage: null, ...acl })),
    }
  })
  return andThen(filterResults, filterResults => {
    for (const acl of doomed) authorizer.remove(acl)
    return { filterResults }
  })
})
