import type { ResponseInput } from '../../protocol/api.ts'
import { DescribeAcls } from '../../protocol/describe-acls.ts'
import { deniedCluster } from '../access/access.ts'
import { noAuthorizer } from '../access/acl-requests.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'

type Resource = ResponseInput<typeof DescribeAcls>['resources'][number]

export const describeAcls: Handler = handler(DescribeAcls, [1, 3], (filter, context) => {
  const { authorizer } = context.cluster
  const refused = deniedCluster(context, Operation.describe)
  if (authorizer === undefined) return { ...noAuthorizer, resources: [] }
  if (refused !== 0) return { errorCode: refused, errorMessage: '', resources: [] }
  const found = new Map<
    string,
    { -readonly [K in keyof Resource]: Resource[K] } & { acls: Resource['acls'][number][] }
  >()
  for (const { resourceType, resourceName, patternType, ...acl } of authorizer.found(filter)) {
    const key = `${resourceType} ${patternType} ${resourceName}`
    const resource = found.get(key) ?? { resourceType, resourceName, patternType, acls: [] }
    resource.acls.push(acl)
    found.set(key, resource)
  }
  return { errorCode: 0, errorMessage: null, resources: [...found.values()] }
})
