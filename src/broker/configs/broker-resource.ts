import { ErrorCode } from '../../protocol/errors.ts'
import type { Cluster } from '../cluster.ts'
import type { Configs } from './configs.ts'
import { invalidConfig, invalidRequest } from './problem.ts'
import { type ConfigResource, wrongValue } from './resource.ts'

/**
 * What is set of one broker while it runs, or of all (KIP-226). What a topic falls back to is that of all alone: here a
 * partition is the same on all brokers.
 */
export function brokerResource(configs: Configs, cluster: Cluster): ConfigResource {
  const ofAll = configs === cluster.configs
  const isFixed = (name: string): boolean => configs.definition(name)?.dynamic !== true
  return {
    configs,
    describe: names => (ofAll ? configs.describeOwn(names) : configs.describe(names)),
    isReadOnly: isFixed,
    noList(definition, name) {
      if (definition?.type === 'list') return undefined
      return invalidConfig(
        definition === undefined
          ? `Unknown config name: ${name}`
          : `Config value append is not allowed for config key: ${name}`,
      )
    },
    unknownOperation: operation => invalidRequest(`Unknown operations type ${operation}`),
    problem(own) {
      const fixed = [...own.keys()].filter(name => configs.definition(name) !== undefined && isFixed(name))
      if (fixed.length > 0) return invalidRequest(`Cannot update these configs dynamically: [${fixed.join(', ')}]`)
      // What nobody knows may be for a plugin.
      const problem = wrongValue({ configs }, own, () => undefined)
      return problem && { ...problem, errorCode: ErrorCode.InvalidRequest }
    },
    replace(own) {
      configs.own.clear()
      for (const [name, value] of own) configs.own.set(name, value)
      if (!ofAll) return
      cluster.turns.spend(cluster.topics.size)
      for (const topic of cluster.topics.values()) cluster.configured(topic)
    },
  }
}
