import { array, nullable, since } from '../schema/combinators.ts'
import { int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Makes access rules (KIP-140). The controller's business; a KRaft broker passes it on. */
export const CreateAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: [0, 3],
  flexible: 2,
  route: toController,
  request: {
    creations: array({
      resourceType: int8,
      resourceName: string,
      resourcePatternType: since(1, int8, 3),
      principal: string,
      host: string,
      operation: int8,
      permissionType: int8,
    }),
  },
  response: { throttleTimeMs: int32, results: array({ errorCode: int16, errorMessage: nullable(string) }) },
})
