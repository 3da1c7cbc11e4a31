import { zeroUuid } from '../../bytes/reader.ts'
import type { ResponseInput } from '../../protocol/api.ts'
import { DeleteTopics } from '../../protocol/delete-topics.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler } from '../handler.ts'

type Answer = ResponseInput<typeof DeleteTopics>['responses'][number]

/** By name, or by id (v6). */
export const deleteTopics: Handler = handler(
  DeleteTopics,
  [1, 6],
  ({ topics, topicNames }, { apiVersion, cluster }) => {
    const asked = apiVersion >= 6 ? topics : topicNames.map(name => ({ name, topicId: zeroUuid }))
    return { responses: asked.map(({ name, topicId }) => remove(name, topicId, cluster)) }
  },
)

function remove(name: string | null, topicId: string, cluster: Cluster): Answer {
  const failed = (errorCode: number, errorMessage: string): Answer => ({ name, topicId, errorCode, errorMessage })
  if (name !== null && topicId !== zeroUuid)
    return failed(ErrorCode.InvalidRequest, 'You may not specify both topic name and topic id.')
  if (name === null && topicId === zeroUuid)
    return failed(ErrorCode.InvalidRequest, 'Neither topic name nor id were specified.')
  const topic = name === null ? cluster.topicById(topicId) : cluster.topics.get(name)
  if (topic === undefined)
    return name === null
      ? failed(ErrorCode.UnknownTopicID, 'This server does not host this topic ID.')
      : failed(ErrorCode.UnknownTopicOrPartition, 'This server does not host this topic-partition.')
  cluster.deleteTopic(topic)
  return { name: topic.name, topicId: topic.id, errorCode: 0, errorMessage: null }
}
