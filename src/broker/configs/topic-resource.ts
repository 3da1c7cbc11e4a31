import { ErrorCode } from '../../protocol/errors.ts'
import type { Cluster } from '../cluster.ts'
import type { Topic } from '../topics/topic.ts'
import { invalidConfig } from './problem.ts'
import { type ConfigResource, notAList, wrongValue } from './resource.ts'

export function topicResource(topic: Topic, cluster: Cluster): ConfigResource {
  const { configs } = topic
  return {
    configs,
    describe: names => configs.describe(names),
    isReadOnly: () => false,
    noList: (definition, name, verb) => notAList(definition?.type === 'list', name, verb),
    unknownOperation: operation => ({
      errorCode: ErrorCode.Unknown,
      errorMessage: `Unknown operation ${operation}`,
    }),
    problem: own => wrongValue({ configs }, own, name => invalidConfig(`Unknown topic config name: ${name}`)),
    replace(own) {
      configs.own.clear()
      for (const [name, value] of own) configs.own.set(name, value)
      cluster.configured(topic)
    },
  }
}
