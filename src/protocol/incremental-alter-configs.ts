import { array, nullable } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toBroker, toController } from './route.ts'

/** Sets, resets, appends to and subtracts from single settings (KIP-339). */
export const IncrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexible: 1,
  route: toBroker(['resources'], ['responses'], toController),
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        /** 0 set, 1 delete, 2 append, 3 subtract. */
        configOperation: int8,
        value: nullable(string),
      }),
    }),
    /** Try without doing. */
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32,
    responses: array({ errorCode: int16, errorMessage: nullable(string), resourceType: int8, resourceName: string }),
  },
})
