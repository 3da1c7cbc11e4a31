import type { RequestOf } from '../../protocol/api.ts'
import { DescribeClientQuotas } from '../../protocol/describe-client-quotas.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import { entityTypes } from '../quotas/check-quota.ts'
import type { Entity } from '../quotas/quotas.ts'
import { andThen } from '../turns.ts'

type Component = RequestOf<typeof DescribeClientQuotas>['components'][number]

const Match = { exact: 0, default: 1, specified: 2 } as const

export const describeClientQuotas: Handler = handler(
  DescribeClientQuotas,
  [0, 1],
  ({ components, strict }, context) => {
    const { quotas, turns } = context.cluster
    const failed = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage, entries: null })
    const refused = deniedCluster(context, Operation.describeConfigs)
    if (refused !== 0) return failed(refused, 'Cluster authorization failed.')
    const wrong = wrongFilter(components)
    if (wrong !== undefined) return failed(...wrong)
    const found = turns.map([...quotas.all], ({ entity, values }) =>
      matches(entity, components, strict)
        ? [
            {
              entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
              values: [...values].map(([key, value]) => ({ key, value })),
            },
          ]
        : [],
    )
    return andThen(found, entries => ({ errorCode: 0, errorMessage: null, entries: entries.flat() }))
  },
)

/** What there is at most one of each kind; the texts are Kafka's. */
function wrongFilter(components: readonly Component[]): [errorCode: number, errorMessage: string] | undefined {
  const invalid = (why: string): [number, string] => [ErrorCode.InvalidRequest, why]
  const types = new Set<string>()
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') return invalid('Invalid empty entity type.')
    if (types.has(entityType)) return invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    if (!entityTypes.includes(entityType))
      return [ErrorCode.UnsupportedVersion, `Unsupported entity type ${entityType}`]
    types.add(entityType)
    if (matchType !== Match.exact && matchType !== Match.default && matchType !== Match.specified)
      return invalid(`Unknown match type ${matchType}`)
    if ((matchType === Match.exact) !== (match !== null))
      return invalid(`Request specified match type ${matchType}, and a match string that does not go with it.`)
  }
  return types.has('ip') && types.size > 1
    ? invalid(
        'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
      )
    : undefined
}

function matches(entity: Entity, components: readonly Component[], strict: boolean): boolean {
  if (strict && entity.size !== components.length) return false
  return components.every(({ entityType, matchType, match }) => {
    const name = entity.get(entityType)
    if (name === undefined) return false
    return matchType === Match.specified || name === (matchType === Match.exact ? match : null)
  })
}
