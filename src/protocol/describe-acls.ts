import { array, nullable, since } from '../schema/combinators.ts'
import { int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/** The access rules a filter matches (KIP-140). Prefixed patterns from v1 (KIP-290). */
export const DescribeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [0, 3],
  flexible: 2,
  route: toAny,
  repeatable: true,
  request: {
    /** Types, patterns, operations and permissions are Kafka's AclBinding codes; 1 is any. */
    resourceTypeFilter: int8,
    resourceNameFilter: nullable(string),
    /** 3 literal, 4 prefixed; 1 any, 2 any that matches the name. */
    patternTypeFilter: since(1, int8, 3),
    principalFilter: nullable(string),
    hostFilter: nullable(string),
    operation: int8,
    permissionType: int8,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: nullable(string),
    resources: array({
      resourceType: int8,
      resourceName: string,
      patternType: since(1, int8, 3),
      acls: array({ principal: string, host: string, operation: int8, permissionType: int8 }),
    }),
  },
})
