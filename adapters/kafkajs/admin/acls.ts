import type { ACLDescription, ACLFilter as ClientFilter } from '../../../src/client/acls.ts'
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from '../constants.ts'
import { kafkaJSError } from '../translate.ts'
import type { AclFilter, Admin } from '../types/admin.ts'
import { type AdminCluster, atController } from './cluster.ts'
import { refuse } from './refuse.ts'

export async function createAcls(cluster: AdminCluster, { acl }: Parameters<Admin['createAcls']>[0]): Promise<boolean> {
  if (!acl || !Array.isArray(acl)) refuse(`Invalid ACL array ${acl}`)
  if (acl.length === 0) refuse('Empty ACL array')
  const texts = [
    ['principal', 'the principals have'],
    ['host', 'the hosts have'],
    ['resourceName', 'the resourceNames have'],
  ] as const
  for (const [field, plural] of texts) {
    if (acl.some(rule => typeof rule[field] !== 'string')) refuse(`Invalid ACL array, ${plural} to be a valid string`)
  }
  refuseTypes(acl, 'resource pattern type', true)
  const acls = acl.map(({ resourceType, resourceName, resourcePatternType, principal, host, ...rule }) => ({
    resourceType,
    resourceName,
    resourcePatternType,
    principal,
    host,
    operation: rule.operation,
    permissionType: rule.permissionType,
  }))
  return atController(cluster, 'Could not create ACL', async () => {
    const { errors } = await cluster.ask(client => client.createAcls({ acls }))
    const failed = errors.find(error => error !== null)
    if (failed) throw kafkaJSError(failed)
    return true
  })
}

export async function describeAcls(cluster: AdminCluster, filter: AclFilter): ReturnType<Admin['describeAcls']> {
  // Read here, so that no filter at all is a TypeError.
  const { principal, host, resourceName } = filter
  for (const [field, value] of Object.entries({ principal, host, resourceName })) {
    if (!isName(value)) refuse(`Invalid ${field}, the ${field} have to be a valid string`)
  }
  refuseTypes([filter], 'resource pattern filter type', false)
  return atController(cluster, 'Could not describe ACL', async () => {
    const { error, resources } = matchesNone(filter)
      ? { error: null, resources: [] }
      : await cluster.ask(client => client.describeAcls({ filter: clientFilter(filter) }))
    if (error !== null) throw kafkaJSError(error)
    return {
      resources: resources.map(({ resourceType, resourceName, patternType, acls }) => ({
        resourceType,
        resourceName,
        resourcePatternType: patternType,
        acls: acls.map(rule),
      })),
    } as Awaited<ReturnType<Admin['describeAcls']>>
  })
}

export async function deleteAcls(
  cluster: AdminCluster,
  { filters }: Parameters<Admin['deleteAcls']>[0],
): ReturnType<Admin['deleteAcls']> {
  if (!filters || !Array.isArray(filters)) refuse(`Invalid ACL Filter array ${filters}`)
  if (filters.length === 0) refuse('Empty ACL Filter array')
  for (const field of ['principal', 'host', 'resourceName'] as const) {
    if (filters.some(filter => !isName(filter[field])))
      refuse(`Invalid ACL Filter array, the ${field}s have to be a valid string`)
  }
  refuseTypes(filters, 'resource pattern type', true)
  const asked = filters.filter(filter => !matchesNone(filter))
  return atController(cluster, 'Could not delete ACL', async () => {
    const { results } =
      asked.length === 0
        ? { results: [] }
        : await cluster.ask(client => client.deleteAcls({ filters: asked.map(clientFilter) }))
    const failed = results.flatMap(({ error, matchingAcls }) => [error, ...matchingAcls.map(each => each.error)])
    const first = failed.find(error => error !== null)
    if (first) throw kafkaJSError(first)
    const answers = results[Symbol.iterator]()
    return {
      filterResponses: filters.map(filter => ({
        ...noError,
        matchingAcls: (matchesNone(filter) ? [] : (answers.next().value?.matchingAcls ?? [])).map(match => ({
          ...noError,
          resourceType: match.resourceType,
          resourceName: match.resourceName,
          resourcePatternType: match.resourcePatternType,
          ...rule(match),
        })),
      })),
    } as unknown as Awaited<ReturnType<Admin['deleteAcls']>>
  })
}

const noError = { errorCode: 0, errorMessage: null }

function rule({ principal, host, operation, permissionType }: ACLDescription): ACLDescription {
  return { principal, host, operation, permissionType }
}

function isName(value: unknown): boolean {
  return typeof value === 'string' || value === undefined
}

/** An empty name is one that nothing has; to the Client it would be none, which matches all. */
function matchesNone({ principal, host, resourceName }: AclFilter): boolean {
  return [principal, host, resourceName].includes('')
}

function clientFilter({ resourceType, resourcePatternType, operation, permissionType, ...names }: AclFilter) {
  const { principal, host, resourceName } = names
  return {
    resourceTypeFilter: resourceType,
    resourcePatternTypeFilter: resourcePatternType,
    operation,
    permissionType,
    ...(resourceName !== undefined && { resourceNameFilter: resourceName }),
    ...(principal !== undefined && { principalFilter: principal }),
    ...(host !== undefined && { hostFilter: host }),
  } satisfies ClientFilter
}

/** `listed`: the error shows the rule that is odd. */
function refuseTypes(rules: readonly AclFilter[], patternType: string, listed: boolean): void {
  const checks = [
    ['operation', 'operation type', AclOperationTypes],
    ['resourcePatternType', patternType, ResourcePatternTypes],
    ['permissionType', 'permission type', AclPermissionTypes],
    ['resourceType', 'resource type', AclResourceTypes],
  ] as const
  for (const [field, name, types] of checks) {
    const odd = rules.find(each => !Object.values<unknown>(types).includes(each[field]))
    if (odd) refuse(`Invalid ${name} ${odd[field]}${listed ? `: ${JSON.stringify(odd)}` : ''}`)
  }
}
