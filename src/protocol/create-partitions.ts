import { array, nullable, withDefault } from '../schema/combinators.ts'
import { boolean, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Adds partitions to topics (KIP-195). The controller's business; a KRaft broker passes it on. */
export const CreatePartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexible: 2,
  route: toController,
  request: {
    topics: array({
      name: string,
      /** All of them together, the present ones too. */
      count: int32,
      /** null: the broker chooses. */
      assignments: nullable(array({ brokerIds: array(int32) })),
    }),
    timeoutMs: int32,
    /** Try without doing. */
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32,
    results: array({ name: string, errorCode: int16, errorMessage: withDefault(nullable(string), null) }),
  },
})
