import { array, ignorable, nullable, since, until, withDefault } from '../schema/combinators.ts'
import { int16, int32, string, uuid } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Deletes topics by name, or from v6 by id (KIP-516). The controller's business; a KRaft broker passes it on. */
export const DeleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [0, 6],
  flexible: 4,
  route: toController,
  request: {
    /** Each by name, or null and an id. */
    topics: ignorable(since(6, array({ name: withDefault(nullable(string), null), topicId: uuid })), {
      beside: 'topicNames',
    }),
    /** Until v5. Give both forms: a version takes its own. */
    topicNames: ignorable(until(5, array(string)), { beside: 'topics' }),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: ignorable(since(1, int32)),
    responses: array({
      name: nullable(string, { since: 6 }),
      topicId: ignorable(since(6, uuid)),
      errorCode: int16,
      errorMessage: ignorable(since(5, nullable(string), null)),
    }),
  },
  cap: ({ topics = [] }) => (topics.length === 0 ? 5 : 6),
})
