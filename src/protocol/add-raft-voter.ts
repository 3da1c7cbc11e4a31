import { array, ignorable, nullable, since } from '../schema/combinators.ts'
import { boolean, int16, int32, string, uint16, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Adds a voter to the controller quorum (KIP-853). */
export const AddRaftVoter = api({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexible: 0,
  route: toController,
  request: {
    clusterId: nullable(string),
    timeoutMs: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array({ name: string, host: string, port: uint16 }),
    ackWhenCommitted: since(1, boolean, true),
  },
  response: { throttleTimeMs: int32, errorCode: int16, errorMessage: ignorable(nullable(string)) },
})
