import { CreateAcls } from '../../protocol/create-acls.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster } from '../access/access.ts'
import type { Acl } from '../access/acl.ts'
import { type AclProblem, noAuthorizer, wrongAcl } from '../access/acl-requests.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import { andThen } from '../turns.ts'

export const createAcls: Handler = handler(CreateAcls, [1, 3], ({ creations }, context) => {
  const { authorizer, limits, turns } = context.cluster
  const refused = deniedCluster(context, Operation.alter)
  const create = ({
    resourcePatternType: patternType,
    ...asked
  }: (typeof creations)[number]): AclProblem | undefined => {
    if (authorizer === undefined) return noAuthorizer
    if (refused !== 0) return { errorCode: refused, errorMessage: '' }
    const acl: Acl = { ...asked, patternType }
    const wrong = wrongAcl(acl)
    if (wrong !== undefined) return wrong
    if (authorizer.count >= limits.acls && !authorizer.has(acl))
      return {
        errorCode: ErrorCode.PolicyViolation,
        errorMessage: `This cluster holds at most ${limits.acls} access rules.`,
      }
    authorizer.add(acl)
    return undefined
  }
  const results = turns.map(creations, each => ({ errorCode: 0, errorMessage: null, ...create(each) }))
  return andThen(results, results => ({ results }))
})
