import { ignorable, nullable } from '../schema/combinators.ts'
import { int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Removes a voter from the controller quorum (KIP-853). */
export const RemoveRaftVoter = api({
  key: 81,
  name: 'RemoveRaftVoter',
  versions: [0, 0],
  flexible: 0,
  route: toController,
  request: { clusterId: nullable(string), voterId: int32, voterDirectoryId: uuid },
  response: { throttleTimeMs: int32, errorCode: int16, errorMessage: ignorable(nullable(string)) },
})
