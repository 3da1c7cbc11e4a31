import { nullable } from '../schema/combinators.ts'
import { int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Forgets a controller that is gone for good. */
export const UnregisterController = api({
  key: 94,
  name: 'UnregisterController',
  versions: [0, 0],
  flexible: 0,
  route: toController,
  request: { controllerId: int32 },
  response: { throttleTimeMs: int32, errorCode: int16, errorMessage: nullable(string) },
})
