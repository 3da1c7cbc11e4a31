import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster, deniedGroup, deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import type { RequestContext } from '../handler.ts'
import { invalidTopicName } from '../topics/names.ts'
import { brokerResource } from './broker-resource.ts'
import { groupResource, metricsResource } from './named-resources.ts'
import { type ConfigProblem, invalidRequest } from './problem.ts'
import type { ConfigResource } from './resource.ts'
import { topicResource } from './topic-resource.ts'

/** Kafka's numbers for what can have configs. */
export const ResourceType = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

export function resourceKey({ resourceType, resourceName }: { resourceType: number; resourceName: string }): string {
  return `${resourceType} ${resourceName}`
}

/** What has configs, for a client that wants to do this with them. */
export function resourceOf(
  type: number,
  name: string,
  operation: number,
  context: RequestContext,
): ConfigResource | ConfigProblem {
  const refused = denied(type, name, operation, context)
  if (refused !== 0) return { errorCode: refused, errorMessage: '' }
  const { cluster } = context
  switch (type) {
    case ResourceType.topic:
      return ofTopic(name, operation, context)
    case ResourceType.broker:
      return ofBroker(name, context)
    case ResourceType.group:
      return name === '' ? invalidRequest('Group name must not be empty') : groupResource(cluster.groupConfigs, name)
    case ResourceType.clientMetrics:
      return name === '' ? invalidRequest("Subscription name can't be empty") : metricsResource(name, cluster)
    default:
      return invalidRequest(`Unsupported resource type: ${type}`)
  }
}

function denied(type: number, name: string, operation: number, context: RequestContext): number {
  if (type === ResourceType.topic) return deniedTopic(context, operation, name)
  if (type === ResourceType.group) return deniedGroup(context, operation, name)
  return deniedCluster(context, operation)
}

function ofTopic(name: string, operation: number, { cluster }: RequestContext): ConfigResource | ConfigProblem {
  const invalid = invalidTopicName(name)
  if (invalid !== undefined) return { errorCode: ErrorCode.InvalidTopic, errorMessage: invalid }
  const topic = cluster.topics.get(name)
  if (topic !== undefined) return topicResource(topic, cluster)
  const why = operation === Operation.alterConfigs ? `The topic '${name}' does not exist.` : ''
  return { errorCode: ErrorCode.UnknownTopicOrPartition, errorMessage: why }
}

/** Of the broker that was asked, or of all. */
function ofBroker(name: string, { cluster, node }: RequestContext): ConfigResource | ConfigProblem {
  if (name === '') return brokerResource(cluster.configs, cluster)
  return name === String(node.id)
    ? brokerResource(node.configs, cluster)
    : invalidRequest(`Unexpected broker id, expected ${node.id} or empty string, but received ${name}`)
}

/** Puts configs in place of those that are set, once each was found good. */
export function replaceConfigs(
  type: number,
  name: string,
  change: (own: Map<string, string | null>, resource: ConfigResource) => ConfigProblem | undefined,
  validateOnly: boolean,
  context: RequestContext,
): ConfigProblem | undefined {
  const resource = resourceOf(type, name, Operation.alterConfigs, context)
  if ('errorCode' in resource) return resource
  const own = new Map<string, string | null>(resource.configs.own)
  const problem = change(own, resource) ?? resource.problem(own)
  if (problem === undefined && !validateOnly) resource.replace(own as Map<string, string>)
  return problem
}
