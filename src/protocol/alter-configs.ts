import { array, nullable } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toBroker, toController } from './route.ts'

/** Replaces all settings of a resource: what is not named is reset. IncrementalAlterConfigs is the better one. */
export const AlterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexible: 2,
  route: toBroker(['resources'], ['responses'], toController),
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({ name: string, value: nullable(string) }),
    }),
    /** Try without doing. */
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32,
    responses: array({ errorCode: int16, errorMessage: nullable(string), resourceType: int8, resourceName: string }),
  },
})
