import { nullable } from '../schema/combinators.ts'
import { int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Forgets a broker that is gone for good (KIP-500). */
export const UnregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  versions: [0, 0],
  flexible: 0,
  route: toController,
  request: { brokerId: int32 },
  response: { throttleTimeMs: int32, errorCode: int16, errorMessage: nullable(string) },
})
