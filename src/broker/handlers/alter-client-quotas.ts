import { AlterClientQuotas } from '../../protocol/alter-client-quotas.ts'
import type { RequestOf } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler } from '../handler.ts'
import { entityTypes, wrongEntity, wrongValue } from '../quotas/check-quota.ts'
import type { Entity } from '../quotas/quotas.ts'
import { andThen } from '../turns.ts'

type Entry = RequestOf<typeof AlterClientQuotas>['entries'][number]
type Problem = readonly [errorCode: number, errorMessage: string | null]

export const alterClientQuotas: Handler = handler(AlterClientQuotas, [0, 1], ({ entries, validateOnly }, context) => {
  const { cluster } = context
  const refused = deniedCluster(context, Operation.alterConfigs)
  const seen = new Map<string, { entry: Entry; problem: Problem }>()
  const done = cluster.turns.map(entries, (entry, at) => {
    // One of more parts than there are kinds is none that could be there twice.
    const isLong = entry.entity.length > entityTypes.length
    const key = isLong
      ? `at ${at}`
      : JSON.stringify(entry.entity.map(({ entityType, entityName }) => [entityType, entityName]).sort())
    const before = seen.get(key)
    const problem: Problem =
      refused !== 0
        ? [refused, 'Cluster authorization failed.']
        : before !== undefined
          ? [ErrorCode.InvalidRequest, 'Ignoring duplicate entity']
          : alter(entry, validateOnly, cluster)
    seen.set(key, { entry, problem })
    cluster.turns.spend(entry.entity.length + entry.ops.length)
  })
  return andThen(done, () => ({
    entries: [...seen.values()].map(({ entry: { entity }, problem: [errorCode, errorMessage] }) => ({
      errorCode,
      errorMessage,
      entity,
    })),
  }))
})

function alter({ entity: parts, ops }: Entry, validateOnly: boolean, { quotas, limits }: Cluster): Problem {
  const invalid = (why: string): Problem => [ErrorCode.InvalidRequest, why]
  if (parts.length > entityTypes.length) return invalid('Invalid quota entity combination')
  const entity: Entity = new Map(parts.map(({ entityType, entityName }) => [entityType, entityName]))
  const changes = new Map<string, number | null>()
  for (const { key, value, remove } of ops) {
    if (changes.has(key)) return invalid(`Duplicate quota key ${key} not updating quota for this entity`)
    changes.set(key, remove ? null : value)
  }
  const wrong = wrongEntity(entity)
  if (wrong !== undefined) return invalid(wrong)
  for (const [name, value] of changes) {
    const unfit = wrongValue(entity, name, value)
    if (unfit !== undefined) return invalid(unfit)
  }
  if (quotas.count >= limits.quotas && !quotas.has(entity))
    return [ErrorCode.PolicyViolation, `This cluster holds at most ${limits.quotas} quotas.`]
  if (!validateOnly) quotas.set(entity, changes)
  return [0, null]
}
