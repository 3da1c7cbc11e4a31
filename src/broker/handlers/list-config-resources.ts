import { ErrorCode } from '../../protocol/errors.ts'
import { ListConfigResources } from '../../protocol/list-config-resources.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import type { Cluster } from '../cluster.ts'
import { ResourceType } from '../configs/resources.ts'
import { type Handler, handler } from '../handler.ts'

/** Without a type all of each; before version 1 subscriptions to clients' metrics alone. */
export const listConfigResources: Handler = handler(ListConfigResources, [0, 1], ({ resourceTypes }, context) => {
  const { cluster, apiVersion } = context
  const refused = deniedCluster(context, Operation.describeConfigs)
  if (refused !== 0) return { errorCode: refused, configResources: [] }
  const all: readonly number[] = Object.values(ResourceType)
  const wanted = apiVersion === 0 ? [ResourceType.clientMetrics] : resourceTypes.length > 0 ? resourceTypes : all
  if (!wanted.every(type => all.includes(type))) return { errorCode: ErrorCode.UnsupportedVersion, configResources: [] }
  const configResources = [...new Set(wanted)].flatMap(resourceType =>
    namesOf(resourceType, cluster).map(resourceName => ({ resourceName, resourceType })),
  )
  cluster.turns.spend(configResources.length)
  return { errorCode: 0, configResources }
})

function namesOf(type: number, { topics, groupConfigs, metricsConfigs, running }: Cluster): string[] {
  switch (type) {
    case ResourceType.topic:
      return [...topics.keys()]
    case ResourceType.group:
      return groupConfigs.names
    case ResourceType.clientMetrics:
      return metricsConfigs.names
    default:
      return running.map(({ id }) => String(id))
  }
}
