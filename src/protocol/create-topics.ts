import { array, ignorable, nullable, since, tagged, withDefault } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/**
 * Makes topics. The controller's business; a KRaft broker passes it on. From v5 the answer has what was made (KIP-525).
 */
export const CreateTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [0, 7],
  flexible: 5,
  route: toController,
  request: {
    topics: array({
      name: string,
      /** -1: as the broker is set (v4), or as assigned below. */
      numPartitions: int32,
      /** -1: as the broker is set (v4), or as assigned below. */
      replicationFactor: int16,
      assignments: array({ partitionIndex: int32, brokerIds: array(int32) }),
      configs: array({ name: string, value: nullable(string) }),
    }),
    timeoutMs: withDefault(int32, 60000),
    validateOnly: since(1, boolean),
  },
  response: {
    throttleTimeMs: ignorable(since(2, int32)),
    topics: array({
      name: string,
      topicId: ignorable(since(7, uuid)),
      errorCode: int16,
      errorMessage: ignorable(since(1, nullable(string))),
      /** Why configs is null. */
      topicConfigErrorCode: ignorable(tagged(0, since(5, int16))),
      numPartitions: ignorable(since(5, int32, -1)),
      replicationFactor: ignorable(since(5, int16, -1)),
      configs: ignorable(
        since(
          5,
          nullable(
            array({
              name: string,
              value: nullable(string),
              readOnly: boolean,
              configSource: ignorable(withDefault(int8, -1)),
              isSensitive: boolean,
            }),
          ),
        ),
      ),
    }),
  },
})
