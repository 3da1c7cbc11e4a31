import { AlterConfigs } from '../../protocol/alter-configs.ts'
import { replaceConfigs } from '../configs/resources.ts'
import { type Handler, handler } from '../handler.ts'

/** Sets all of a resource's configs: those not named go back to their defaults. */
export const alterConfigs: Handler = handler(AlterConfigs, [0, 2], ({ resources, validateOnly }, context) => ({
  responses: resources.map(({ resourceType, resourceName, configs }) => {
    const problem = replaceConfigs(
      resourceType,
      resourceName,
      own => {
        own.clear()
        for (const { name, value } of configs) own.set(name, value)
        return undefined
      },
      validateOnly,
      context,
    )
    return { errorCode: 0, errorMessage: null, ...problem, resourceType, resourceName }
  }),
}))
