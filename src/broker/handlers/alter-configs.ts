import { AlterConfigs } from '../../protocol/alter-configs.ts'
import { duplicateKeys, duplicateResource } from '../configs/problem.ts'
import { replaceConfigs, resourceKey } from '../configs/resources.ts'
import { type Handler, handler } from '../handler.ts'
import { repeatedKeys } from '../topics/named-once.ts'
import { andThen } from '../turns.ts'

/** Sets all of a resource's configs: those not named go back to their defaults. */
export const alterConfigs: Handler = handler(AlterConfigs, [0, 2], ({ resources, validateOnly }, context) => {
  const repeated = repeatedKeys(resources, resourceKey)
  const changed = context.cluster.turns.map(resources, resource => {
    const { resourceType, resourceName, configs } = resource
    // Kafka leaves such a request without any answer.
    const problem = repeated.has(resourceKey(resource))
      ? duplicateResource
      : replaceConfigs(
          resourceType,
          resourceName,
          own => {
            if (repeatedKeys(configs, ({ name }) => name).size > 0) return duplicateKeys
            own.clear()
            for (const { name, value } of configs) own.set(name, value)
            return undefined
          },
          validateOnly,
          context,
        )
    return { errorCode: 0, errorMessage: null, ...problem, resourceType, resourceName }
  })
  return andThen(changed, responses => ({ responses }))
})
