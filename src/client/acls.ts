import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { CreateAcls } from '../protocol/create-acls.ts'
import { DeleteAcls } from '../protocol/delete-acls.ts'
import { DescribeAcls } from '../protocol/describe-acls.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { ACLOperationType, ACLPermissionType, type OrName, PatternType, ResourceType } from './constants.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf } from './nested.ts'

/** Access rules (KIP-140, KIP-290). */
export interface ACLCalls {
  /** Makes access rules. */
  createAcls(request: CreateACLsRequest, ...options: Options): Promise<CreateACLsResponse>
  /** The access rules that a filter matches. */
  describeAcls(request?: DescribeACLsRequest, ...options: Options): Promise<DescribeACLsResponse>
  /** Deletes the access rules that filters match, and says which those were. */
  deleteAcls(request: DeleteACLsRequest, ...options: Options): Promise<DeleteACLsResponse>
}

/** A rule: who may do what, or may not. */
export interface ACLEntry {
  /** What kind of thing the rule is about. */
  resourceType: OrName<typeof ResourceType>
  /** Of a cluster it is 'kafka-cluster'. */
  resourceName: string
  /** Default: literal. */
  resourcePatternType?: OrName<typeof PatternType>
  /** As 'User:alice'; 'User:*' is everyone. */
  principal: string
  /** An address. Default '*', all. */
  host?: string
  /** What it allows or denies. */
  operation: OrName<typeof ACLOperationType>
  /** Whether it allows or denies. */
  permissionType: OrName<typeof ACLPermissionType>
}

const entryFields: SettingKinds<ACLEntry> = {
  resourceType: 'any!',
  resourceName: 'string!',
  resourcePatternType: 'any',
  principal: 'string!',
  host: 'string',
  operation: 'any!',
  permissionType: 'any!',
}

/** What `createAcls` of a Client is asked. */
export interface CreateACLsRequest extends Addressed {
  /** The rules to add. */
  acls: readonly ACLEntry[]
}

/** What `createAcls` of a Client answers. */
export interface CreateACLsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** In the order of the rules; null for those made, or there already. */
  errors: (KafkaError | null)[]
}

/** What it leaves out, it matches all of. */
export interface ACLFilter {
  /** What kind of thing the rule is about. Default: any. */
  resourceTypeFilter?: OrName<typeof ResourceType>
  /** The resource's name. Default: any. */
  resourceNameFilter?: string
  /** How the name is meant. Default: any way. */
  resourcePatternTypeFilter?: OrName<typeof PatternType>
  /** Whom it is about, as 'User:alice'. Default: anyone. */
  principalFilter?: string
  /** The address it is about. Default: any. */
  hostFilter?: string
  /** What it allows or denies. Default: anything. */
  operation?: OrName<typeof ACLOperationType>
  /** Whether it allows or denies. Default: either. */
  permissionType?: OrName<typeof ACLPermissionType>
}

const filterFields: SettingKinds<ACLFilter> = {
  resourceTypeFilter: 'any',
  resourceNameFilter: 'string',
  resourcePatternTypeFilter: 'any',
  principalFilter: 'string',
  hostFilter: 'string',
  operation: 'any',
  permissionType: 'any',
}

/** What `describeAcls` of a Client is asked. */
export interface DescribeACLsRequest extends Addressed {
  /** Default: all rules. */
  filter?: ACLFilter
}

/** What `describeAcls` of a Client answers. */
export interface DescribeACLsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Resources that matching rules are about, with these rules. */
  resources: ACLResource[]
}

/** A resource, or a pattern of resources, and the rules about it. */
export interface ACLResource {
  /** What kind of thing it is. */
  resourceType: ResourceType
  /** Its name, or the pattern's. */
  resourceName: string
  /** How the name is meant. */
  patternType: PatternType
  /** The rules about it. */
  acls: ACLDescription[]
}

/** One rule of a resource. */
export interface ACLDescription {
  /** Whom it is about, as 'User:alice'. */
  principal: string
  /** The address it is about; '*' for all. */
  host: string
  /** What it allows or denies. */
  operation: ACLOperationType
  /** Whether it allows or denies. */
  permissionType: ACLPermissionType
}

/**
 * Names that are left out match all, but what kind of rule is meant has to be said, 'any' included: what is forgotten
 * deletes nothing.
 */
export interface DeleteACLsFilter {
  /** What kind of thing the rule is about. */
  resourceTypeFilter: OrName<typeof ResourceType>
  /** The resource's name. Default: any. */
  resourceNameFilter?: string
  /** How the name is meant. */
  resourcePatternTypeFilter: OrName<typeof PatternType>
  /** Whom it is about, as 'User:alice'. Default: anyone. */
  principalFilter?: string
  /** The address it is about. Default: any. */
  hostFilter?: string
  /** What it allows or denies. */
  operation: OrName<typeof ACLOperationType>
  /** Whether it allows or denies. */
  permissionType: OrName<typeof ACLPermissionType>
}

const deleteFilterFields: SettingKinds<DeleteACLsFilter> = {
  resourceTypeFilter: 'any!',
  resourceNameFilter: 'string',
  resourcePatternTypeFilter: 'any!',
  principalFilter: 'string',
  hostFilter: 'string',
  operation: 'any!',
  permissionType: 'any!',
}

/** What `deleteAcls` of a Client is asked. */
export interface DeleteACLsRequest extends Addressed {
  /** Which rules to delete; one filter after another. */
  filters: readonly DeleteACLsFilter[]
}

/** What `deleteAcls` of a Client answers. */
export interface DeleteACLsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** In the order of the filters. */
  results: DeleteACLsResult[]
}

/** What came of one filter. */
export interface DeleteACLsResult {
  /** What went wrong with the filter as a whole; null for nothing. */
  error: KafkaError | null
  /** The rules that it matched. */
  matchingAcls: DeleteACLsMatchingACLs[]
}

/** A rule that was deleted, or could not be. */
export interface DeleteACLsMatchingACLs extends ACLDescription {
  /** Why the rule is still there; null: it is deleted. */
  error: KafkaError | null
  /** What kind of thing the rule is about. */
  resourceType: ResourceType
  /** The resource's name. */
  resourceName: string
  /** How the name is meant. */
  resourcePatternType: PatternType
}

export const aclCalls: CallsOf<ACLCalls> = {
  createAcls: { fields: { addr: 'any', acls: 'list!' }, run: createAcls },
  describeAcls: { fields: { addr: 'any', filter: 'object' }, run: describeAcls },
  deleteAcls: { fields: { addr: 'any', filters: 'list!' }, run: deleteAcls },
}

async function createAcls(
  caller: Caller,
  request: CreateACLsRequest,
  options: CallOptions,
): Promise<CreateACLsResponse> {
  const acls = itemsOf('a rule of createAcls()', request.acls, entryFields)
  const creations = acls.map(({ resourceName, principal, host = '*', ...rule }) => ({
    resourceType: oneOf('resourceType', rule.resourceType, ResourceType),
    resourceName,
    resourcePatternType: oneOf('resourcePatternType', rule.resourcePatternType ?? PatternType.Literal, PatternType),
    principal,
    host,
    operation: oneOf('operation', rule.operation, ACLOperationType),
    permissionType: oneOf('permissionType', rule.permissionType, ACLPermissionType),
  }))
  const response = await caller.send(request, CreateAcls, { creations }, options)
  return {
    throttle: response.throttleTimeMs,
    errors: response.results.map(({ errorCode, errorMessage }, at) =>
      errorAbout(`rule ${at} (${acls[at]?.principal}, ${acls[at]?.resourceName})`, errorCode, errorMessage),
    ),
  }
}

async function describeAcls(
  caller: Caller,
  request: DescribeACLsRequest,
  options: CallOptions,
): Promise<DescribeACLsResponse> {
  const [filter = {}] = itemsOf('a filter of describeAcls()', [request.filter ?? {}], filterFields)
  const response = await caller.send(request, DescribeAcls, wireFilter(filter), options)
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('access rules', response.errorCode, response.errorMessage),
    resources: response.resources.map(({ resourceType, resourceName, patternType, acls }) => ({
      resourceType: resourceType as ResourceType,
      resourceName,
      patternType: patternType as PatternType,
      acls: acls.map(description),
    })),
  }
}

async function deleteAcls(
  caller: Caller,
  request: DeleteACLsRequest,
  options: CallOptions,
): Promise<DeleteACLsResponse> {
  const filters = itemsOf('a filter of deleteAcls()', request.filters, deleteFilterFields).map(wireFilter)
  const response = await caller.send(request, DeleteAcls, { filters }, options)
  return {
    throttle: response.throttleTimeMs,
    results: response.filterResults.map(({ errorCode, errorMessage, matchingAcls }, at) => ({
      error: errorAbout(`filter ${at}`, errorCode, errorMessage),
      matchingAcls: matchingAcls.map(rule => ({
        error: errorAbout(`${rule.principal}, ${rule.resourceName}`, rule.errorCode, rule.errorMessage),
        resourceType: rule.resourceType as ResourceType,
        resourceName: rule.resourceName,
        resourcePatternType: rule.patternType as PatternType,
        ...description(rule),
      })),
    })),
  }
}

function wireFilter(filter: ACLFilter) {
  const any = 1
  return {
    resourceTypeFilter: oneOf('resourceTypeFilter', filter.resourceTypeFilter ?? any, ResourceType),
    // Nothing has an empty name.
    resourceNameFilter: filter.resourceNameFilter || null,
    patternTypeFilter: oneOf('resourcePatternTypeFilter', filter.resourcePatternTypeFilter ?? any, PatternType),
    principalFilter: filter.principalFilter || null,
    hostFilter: filter.hostFilter || null,
    operation: oneOf('operation', filter.operation ?? any, ACLOperationType),
    permissionType: oneOf('permissionType', filter.permissionType ?? any, ACLPermissionType),
  }
}

interface WireRule {
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

function description({ principal, host, operation, permissionType }: WireRule): ACLDescription {
  return {
    principal,
    host,
    operation: operation as ACLOperationType,
    permissionType: permissionType as ACLPermissionType,
  }
}
