import type { RequestOf } from '../../protocol/api.ts'
import { IncrementalAlterConfigs } from '../../protocol/incremental-alter-configs.ts'
import { type ConfigProblem, duplicateKeys, duplicateResource, invalidRequest } from '../configs/problem.ts'
import type { ConfigResource } from '../configs/resource.ts'
import { replaceConfigs, resourceKey } from '../configs/resources.ts'
import { type Handler, handler } from '../handler.ts'
import { repeatedKeys } from '../topics/named-once.ts'
import { andThen } from '../turns.ts'

type Change = RequestOf<typeof IncrementalAlterConfigs>['resources'][number]['configs'][number]

const Operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export const incrementalAlterConfigs: Handler = handler(
  IncrementalAlterConfigs,
  [0, 1],
  ({ resources, validateOnly }, context) => {
    const repeated = repeatedKeys(resources, resourceKey)
    const changed = context.cluster.turns.map(resources, resource => {
      const { resourceType, resourceName, configs } = resource
      const change = (own: Map<string, string | null>, present: ConfigResource): ConfigProblem | undefined => {
        if (repeatedKeys(configs, ({ name }) => name).size > 0) return duplicateKeys
        for (const each of configs) {
          const problem = apply(each, own, present)
          if (problem !== undefined) return problem
        }
        return undefined
      }
      const problem = repeated.has(resourceKey(resource))
        ? duplicateResource
        : replaceConfigs(resourceType, resourceName, change, validateOnly, context)
      return { errorCode: 0, errorMessage: null, ...problem, resourceType, resourceName }
    })
    return andThen(changed, responses => ({ responses }))
  },
)

function apply(
  { name, value, configOperation }: Change,
  own: Map<string, string | null>,
  present: ConfigResource,
): ConfigProblem | undefined {
  if (configOperation === Operation.delete) {
    own.delete(name)
    return undefined
  }
  if (value === null) return invalidRequest(`Null value not supported for : ${name}`)
  if (configOperation === Operation.set) {
    own.set(name, value)
    return undefined
  }
  if (configOperation !== Operation.append && configOperation !== Operation.subtract)
    return present.unknownOperation(configOperation)
  const verb = configOperation === Operation.append ? 'APPEND' : 'SUBTRACT'
  const problem = present.noList(present.configs.definition(name), name, verb)
  if (problem !== undefined) return problem
  const items = present.configs.get(name).split(',').filter(Boolean)
  const given = value.split(',').filter(Boolean)
  const [here, named] = [new Set(items), new Set(given)]
  const rest = items.filter(item => !named.has(item))
  own.set(
    name,
    (configOperation === Operation.append ? [...items, ...given.filter(item => !here.has(item))] : rest).join(','),
  )
  return undefined
}
