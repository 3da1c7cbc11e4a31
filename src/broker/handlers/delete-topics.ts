import { zeroUuid } from '../../bytes/reader.ts'
import type { RequestOf, ResponseInput } from '../../protocol/api.ts'
import { DeleteTopics } from '../../protocol/delete-topics.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster, deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { lastOfEach, repeatedKeys } from '../topics/named-once.ts'
import { andThen } from '../turns.ts'

type Asked = RequestOf<typeof DeleteTopics>['topics'][number]
type Answer = ResponseInput<typeof DeleteTopics>['responses'][number]

/** By name, or by id (v6). */
export const deleteTopics: Handler = handler(DeleteTopics, [1, 6], ({ topics, topicNames }, context) => {
  const { apiVersion, cluster } = context
  const asked = apiVersion >= 6 ? topics : topicNames.map(name => ({ name, topicId: zeroUuid }))
  // Naming the same twice, or once each way, deletes nothing.
  const repeated = repeatedKeys(asked, keyOf)
  const named = new Set(asked.flatMap(each => (isByName(each) && !repeated.has(keyOf(each)) ? [each.name] : [])))
  const others = lastOfEach(asked, (each, at) => (isByName(each) || isById(each) ? keyOf(each) : `at ${at}`)).flatMap(
    (each): (() => Answer)[] => {
      const { name, topicId } = each
      const topic = isById(each) ? cluster.topicById(topicId) : undefined
      if ((isByName(each) || isById(each)) && repeated.has(keyOf(each))) return [() => duplicate(name, topicId)]
      if (topic !== undefined && named.delete(topic.name)) return [() => duplicate(topic.name, topicId)]
      return isByName(each) ? [] : [() => remove(name, topicId, context)]
    },
  )
  const all = [...others, ...[...named].map(name => () => remove(name, zeroUuid, context))]
  // Each group forgets the offsets of each topic.
  const units = 2 + cluster.groups.count / 12
  return andThen(
    cluster.turns.map(all, answer => answer(), units),
    responses => ({ responses }),
  )
})

function isByName({ name, topicId }: Asked): boolean {
  return name !== null && topicId === zeroUuid
}

function isById({ name, topicId }: Asked): boolean {
  return name === null && topicId !== zeroUuid
}

function keyOf({ name, topicId }: Asked): string {
  return `${topicId} ${name}`
}

function duplicate(name: string | null, topicId: string): Answer {
  return { name, topicId, errorCode: ErrorCode.InvalidRequest, errorMessage: 'Duplicate topic.' }
}

function remove(name: string | null, topicId: string, context: RequestContext): Answer {
  const { cluster } = context
  const failed = (errorCode: number, errorMessage: string): Answer => ({ name, topicId, errorCode, errorMessage })
  if (name !== null && topicId !== zeroUuid)
    return failed(ErrorCode.InvalidRequest, 'You may not specify both topic name and topic id.')
  if (name === null && topicId === zeroUuid)
    return failed(ErrorCode.InvalidRequest, 'Neither topic name nor id were specified.')
  const topic = name === null ? cluster.topicById(topicId) : cluster.topics.get(name)
  const known = name ?? topic?.name
  const mayAll = known === undefined || deniedCluster(context, Operation.delete) === 0
  // Of what may not be seen it is not told whether it is there.
  const unseen = mayAll ? 0 : deniedTopic(context, Operation.describe, known)
  if (unseen !== 0) return failed(unseen, 'Authorization failed.')
  if (topic === undefined)
    return name === null
      ? failed(ErrorCode.UnknownTopicID, 'This server does not host this topic ID.')
      : failed(ErrorCode.UnknownTopicOrPartition, 'This server does not host this topic-partition.')
  const refused = mayAll ? 0 : deniedTopic(context, Operation.delete, topic.name)
  if (refused !== 0) return { ...failed(refused, 'Authorization failed.'), name: topic.name }
  cluster.deleteTopic(topic)
  return { name: topic.name, topicId: topic.id, errorCode: 0, errorMessage: null }
}
