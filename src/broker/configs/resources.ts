import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster, deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import type { RequestContext } from '../handler.ts'
import { invalidTopicName } from '../topics/names.ts'
import type { Topic } from '../topics/topic.ts'
import type { Configs } from './configs.ts'
import { invalidValue, tooLong } from './configs.ts'

/** Kafka's numbers for what can have configs. */
const ResourceType = { topic: 2, broker: 4 } as const

export interface ConfigProblem {
  readonly errorCode: number
  readonly errorMessage: string
}

export const duplicateKeys: ConfigProblem = {
  errorCode: ErrorCode.InvalidRequest,
  errorMessage: 'Error due to duplicate config keys',
}

export const duplicateResource: ConfigProblem = {
  errorCode: ErrorCode.InvalidRequest,
  errorMessage: 'Each resource must appear at most once.',
}

export function resourceKey({ resourceType, resourceName }: { resourceType: number; resourceName: string }): string {
  return `${resourceType} ${resourceName}`
}

/** The configs of a topic, or of the broker that was asked, for a client that wants to do this with them. */
export function configsOf(
  type: number,
  name: string,
  operation: number,
  context: RequestContext,
): { configs: Configs; topic?: Topic } | ConfigProblem {
  const { cluster, node } = context
  const refused =
    type === ResourceType.topic ? deniedTopic(context, operation, name) : deniedCluster(context, operation)
  if (refused !== 0) return { errorCode: refused, errorMessage: '' }
  if (type === ResourceType.topic) {
    const invalid = invalidTopicName(name)
    if (invalid !== undefined) return { errorCode: ErrorCode.InvalidTopic, errorMessage: invalid }
    const topic = cluster.topics.get(name)
    return topic === undefined
      ? { errorCode: ErrorCode.UnknownTopicOrPartition, errorMessage: '' }
      : { configs: topic.configs, topic }
  }
  if (type !== ResourceType.broker)
    return { errorCode: ErrorCode.InvalidRequest, errorMessage: `Unsupported resource type: ${type}` }
  if (name !== '' && name !== String(node.id))
    return {
      errorCode: ErrorCode.InvalidRequest,
      errorMessage: `Unexpected broker id, expected ${node.id} or empty string, but received ${name}`,
    }
  return { configs: node.configs }
}

/**
 * Puts a topic's own configs in place of those it has, once each was found good. A broker's stay as they were given at
 * the start.
 */
export function replaceConfigs(
  type: number,
  name: string,
  change: (own: Map<string, string | null>, configs: Configs) => ConfigProblem | undefined,
  validateOnly: boolean,
  context: RequestContext,
): ConfigProblem | undefined {
  const found = configsOf(type, name, Operation.alterConfigs, context)
  if ('errorCode' in found)
    return found.errorCode === ErrorCode.UnknownTopicOrPartition
      ? { ...found, errorMessage: `The topic '${name}' does not exist.` }
      : found
  const { configs, topic } = found
  const own = new Map<string, string | null>(configs.own)
  const problem = change(own, configs)
  if (problem !== undefined) return problem
  if (topic === undefined) {
    // Who takes back what was never set, as Java's tool does behind a reassignment, has what he wants.
    const isSame = own.size === configs.own.size && [...own].every(([key, value]) => configs.own.get(key) === value)
    if (isSame) return undefined
    return { errorCode: ErrorCode.InvalidRequest, errorMessage: 'The configs of an embedded broker do not change' }
  }
  for (const [key, value] of own) {
    const definition = configs.definition(key)
    const invalid = definition === undefined ? `Unknown topic config name: ${key}` : invalidValue(definition, value)
    if (invalid !== undefined) return { errorCode: ErrorCode.InvalidConfiguration, errorMessage: invalid }
  }
  const long = tooLong(own.values())
  if (long !== undefined) return { errorCode: ErrorCode.InvalidConfiguration, errorMessage: long }
  if (validateOnly) return undefined
  configs.own.clear()
  for (const [key, value] of own) configs.own.set(key, value!)
  topic.configured()
  // Partitions without a leader may have one now.
  if (topic.settings.uncleanElection) context.cluster.replication.electIn(topic)
  return undefined
}
