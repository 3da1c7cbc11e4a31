import { ErrorCode } from '../../protocol/errors.ts'
import type { Acl } from './acl.ts'
import { clusterName, Operation, PatternType, PermissionType, ResourceType } from './operations.ts'

// What is kept of a rule: its names together, in characters.
const longestAcl = 1_024

export interface AclProblem {
  readonly errorCode: number
  readonly errorMessage: string
}

export const noAuthorizer: AclProblem = {
  errorCode: ErrorCode.SecurityDisabled,
  errorMessage: 'No Authorizer is configured.',
}

/** Why there can be no such rule; undefined when there can. */
export function wrongAcl(acl: Acl): AclProblem | undefined {
  const invalid = (errorMessage: string): AclProblem => ({ errorCode: ErrorCode.InvalidRequest, errorMessage })
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
  if (resourceType === ResourceType.cluster && resourceName !== clusterName)
    return invalid(`The only valid name for the CLUSTER resource is ${clusterName}`)
  if (resourceName === '') return invalid('Invalid empty resource name')
  if (resourceType <= ResourceType.any || resourceType > ResourceType.user) return invalid('Invalid resourceType')
  if (patternType !== PatternType.literal && patternType !== PatternType.prefixed) return invalid('Invalid patternType')
  if (operation <= Operation.any || operation > Operation.twoPhaseCommit) return invalid('Invalid operation')
  if (permissionType !== PermissionType.deny && permissionType !== PermissionType.allow)
    return invalid('Invalid permissionType')
  if (!principal.includes(':'))
    return invalid(
      'Could not parse principal (no colon is present separating the principal type from the principal name)',
    )
  if (resourceName.length + principal.length + host.length > longestAcl)
    return invalid(`The names in the rule are longer than ${longestAcl} characters together`)
  return undefined
}
