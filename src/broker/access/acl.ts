import { Operation, PatternType, PermissionType, ResourceType } from './operations.ts'

/** A rule: who may do what with which resources, or may not. */
export interface Acl {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** Which rules are meant; null and `any` are all. */
export interface AclFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

/** The name that stands for all. */
export const wildcard = '*'
export const everyone = 'User:*'

export function keyOf(acl: Acl): string {
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
  return JSON.stringify([resourceType, patternType, operation, permissionType, resourceName, principal, host])
}

export function matches(filter: AclFilter, acl: Acl): boolean {
  return (
    (filter.resourceTypeFilter === ResourceType.any || filter.resourceTypeFilter === acl.resourceType) &&
    (filter.operation === Operation.any || filter.operation === acl.operation) &&
    (filter.permissionType === PermissionType.any || filter.permissionType === acl.permissionType) &&
    (filter.principalFilter === null || filter.principalFilter === acl.principal) &&
    (filter.hostFilter === null || filter.hostFilter === acl.host) &&
    matchesName(filter.patternTypeFilter, filter.resourceNameFilter, acl)
  )
}

function matchesName(pattern: number, name: string | null, { patternType, resourceName }: Acl): boolean {
  if (pattern !== PatternType.match)
    return (pattern === PatternType.any || pattern === patternType) && (name === null || name === resourceName)
  if (name === null) return true
  return patternType === PatternType.prefixed
    ? name.startsWith(resourceName)
    : name === resourceName || resourceName === wildcard
}

/** Whether a rule is about the operation: to be allowed some is to be allowed to see what they are about. */
export function covers({ operation: said, permissionType }: Acl, operation: number): boolean {
  if (said === operation || said === Operation.all) return true
  if (permissionType !== PermissionType.allow) return false
  if (operation === Operation.describe)
    return said === Operation.read || said === Operation.write || said === Operation.delete || said === Operation.alter
  return operation === Operation.describeConfigs && said === Operation.alterConfigs
}
