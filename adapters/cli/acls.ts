import type { ACLFilter } from '../../src/client/acls.ts'
import { ACLOperationType, ACLPermissionType, PatternType, ResourceType } from '../../src/client/constants.ts'
import type { KafkaError } from '../../src/protocol/errors.ts'
import { type ClusterAccess, clusterHelp, clusterOptions, withCluster } from './cluster-options.ts'
import { type Command, type CommandContext, exitStatus, UsageError } from './command.ts'
import { constantOf, nameOf, namesOf } from './names.ts'
import { parseWords } from './options.ts'
import { tableOf } from './table.ts'

const operations = namesOf(ACLOperationType, ['Unknown', 'Any'])
/** What a rule may be about, by the option that names it. */
const resources = {
  topic: ResourceType.Topic,
  group: ResourceType.Group,
  'transactional-id': ResourceType.TransactionalID,
  'delegation-token': ResourceType.DelegationToken,
  user: ResourceType.User,
} as const
const clusterName = 'kafka-cluster'

export const aclsCommand: Command = {
  name: 'acls',
  summary: 'lists, adds and deletes access rules',
  help: `usage: isokafka acls list [filter]
       isokafka acls add --principal name --operation name <resource> [--deny]
       isokafka acls delete <filter> [--execute]

  --principal name   as User:alice; User:* is everyone; may be repeated
  --host address     default: all
  --operation name   ${operations.join(', ')}; may be repeated
  --deny             rules that forbid; of list and delete: those alone
  --allow            of list and delete: rules that permit alone
  --topic name, --group name, --transactional-id name, --delegation-token name, --user name, --cluster
                     the resource; * is all of a kind; may be repeated
  --prefixed         the names are beginnings of names
  --execute          of delete: does it. Without it what would go is printed, and nothing changes
${clusterHelp}

examples:
  isokafka acls add --principal User:billing --operation read --topic orders --group billing
  isokafka acls list --topic orders
  isokafka acls delete --principal User:billing --execute`,

  async run(args, context) {
    const many = { type: 'string', multiple: true, default: [] as string[] } as const
    const flag = { type: 'boolean', default: false } as const
    const { values, positionals } = parseWords(args, {
      principal: many,
      host: { type: 'string' },
      operation: many,
      topic: many,
      group: many,
      'transactional-id': many,
      'delegation-token': many,
      user: many,
      cluster: flag,
      prefixed: flag,
      deny: flag,
      allow: flag,
      execute: flag,
      ...clusterOptions,
    })
    const [verb, ...more] = positionals
    if (verb === undefined) throw new UsageError('what of acls: list, add or delete?')
    if (!['list', 'add', 'delete'].includes(verb)) throw new UsageError(`acls can't ${verb}: list, add or delete`)
    if (more.length > 0) throw new UsageError(`options say which rules, not words: ${more.join(', ')}`)
    if (values.deny && values.allow) throw new UsageError('--allow or --deny, not both')
    const named = Object.entries(resources).flatMap(([option, type]) =>
      values[option as keyof typeof resources].map(name => ({ type, name })),
    )
    if (values.cluster) named.push({ type: ResourceType.Cluster as never, name: clusterName })
    const chosen = values.operation.map(name => {
      const operation = constantOf(ACLOperationType, name)
      if (operation === undefined || operation <= ACLOperationType.Any)
        throw new UsageError(`--operation: there is no "${name}", but ${operations.join(', ')}`)
      return operation
    })
    const permission = values.deny ? ACLPermissionType.Deny : values.allow ? ACLPermissionType.Allow : undefined
    return withCluster(values, context, cluster => {
      if (verb === 'add') {
        const { principal: principals, host, prefixed } = values
        for (const [option, given] of Object.entries({ principal: principals, operation: chosen }))
          if (given.length === 0) throw new UsageError(`--${option} says for whom or what the rule is`)
        if (named.length === 0) throw new UsageError('which resource: --topic, --group, --cluster …?')
        const acls = named.flatMap(({ type, name }) =>
          principals.flatMap(principal =>
            chosen.map(operation => ({
              resourceType: type,
              resourceName: name,
              resourcePatternType: prefixed ? PatternType.Prefixed : PatternType.Literal,
              principal,
              ...(host !== undefined && { host }),
              operation,
              permissionType: permission ?? ACLPermissionType.Allow,
            })),
          ),
        )
        return add(cluster, acls, context)
      }
      // Each combination is a filter of its own: what is left out matches all.
      const filters = some(named).flatMap(resource =>
        some(values.principal).flatMap(principal =>
          some(chosen).map(operation => ({
            resourceTypeFilter: resource?.type ?? ResourceType.Any,
            ...(resource !== undefined && { resourceNameFilter: resource.name }),
            resourcePatternTypeFilter: values.prefixed ? PatternType.Prefixed : PatternType.Any,
            ...(principal !== undefined && { principalFilter: principal }),
            ...(values.host !== undefined && { hostFilter: values.host }),
            operation: operation ?? ACLOperationType.Any,
            permissionType: permission ?? ACLPermissionType.Any,
          })),
        ),
      )
      if (verb === 'list') return list(cluster, filters, context)
      const isFiltered = named.length + values.principal.length + chosen.length > 0 || values.host !== undefined
      if (!isFiltered) throw new UsageError('delete which? name a principal, a resource, a host or an operation')
      if (values.execute) return remove(cluster, filters, context)
      context.warn('isokafka: nothing was changed: --execute does it')
      return list(cluster, filters, context)
    })
  },
}

function some<T>(given: readonly T[]): readonly (T | undefined)[] {
  return given.length === 0 ? [undefined] : given
}

type Rule = Parameters<ClusterAccess['client']['createAcls']>[0]['acls'][number]

async function add({ client }: ClusterAccess, acls: readonly Rule[], context: CommandContext): Promise<number> {
  const { errors } = await client.createAcls({ acls }, { signal: context.signal })
  return told(errors, context)
}

const head = ['kind', 'name', 'pattern', 'principal', 'host', 'operation', 'permission']

interface Found {
  readonly resourceType: ResourceType
  readonly resourceName: string
  readonly principal: string
  readonly host: string
  readonly operation: ACLOperationType
  readonly permissionType: ACLPermissionType
}

function rowOf(rule: Found, patternType: PatternType): string[] {
  const { resourceType, resourceName, principal, host, operation, permissionType } = rule
  return [
    resourceType === ResourceType.Cluster ? 'cluster' : nameOf(ResourceType, resourceType),
    resourceName,
    nameOf(PatternType, patternType),
    principal,
    host,
    nameOf(ACLOperationType, operation),
    nameOf(ACLPermissionType, permissionType),
  ]
}

async function list(
  { client }: ClusterAccess,
  filters: readonly ACLFilter[],
  context: CommandContext,
): Promise<number> {
  const answers = await Promise.all(filters.map(filter => client.describeAcls({ filter }, { signal: context.signal })))
  const rows = answers.flatMap(answer =>
    answer.resources.flatMap(({ resourceType, resourceName, patternType, acls }) =>
      acls.map(rule => rowOf({ resourceType, resourceName, ...rule }, patternType)),
    ),
  )
  await context.write(tableOf(head, distinct(rows), context))
  return told(
    answers.map(({ error }) => error),
    context,
  )
}

type Deletion = Parameters<ClusterAccess['client']['deleteAcls']>[0]['filters'][number]

async function remove(
  { client }: ClusterAccess,
  filters: readonly Deletion[],
  context: CommandContext,
): Promise<number> {
  const { results } = await client.deleteAcls({ filters }, { signal: context.signal })
  const gone = results.flatMap(({ matchingAcls }) => matchingAcls)
  await context.write(
    tableOf(
      head,
      gone.map(rule => rowOf(rule, rule.resourcePatternType)),
      context,
    ),
  )
  return told([...results.map(({ error }) => error), ...gone.map(({ error }) => error)], context)
}

/** Several filters may match the same rule. */
function distinct(rows: readonly string[][]): string[][] {
  return [...new Map(rows.map(row => [row.join('\t'), row])).values()].sort((a, b) => (a.join() < b.join() ? -1 : 1))
}

function told(errors: readonly (KafkaError | null)[], { warn }: CommandContext): number {
  const messages = new Set(errors.flatMap(error => (error === null ? [] : [error.message])))
  for (const message of messages) warn(`isokafka: ${message}`)
  return messages.size === 0 ? exitStatus.done : exitStatus.failed
}
