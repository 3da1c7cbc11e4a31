import { zeroUuid } from '../../bytes/reader.ts'
import type { ResponseInput } from '../../protocol/api.ts'
import { DescribeTopicPartitions } from '../../protocol/describe-topic-partitions.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { authorizedOperations, deniedTopic } from '../access/access.ts'
import { Operation, ResourceType } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import { invalidTopicName } from '../topics/names.ts'

type Answer = ResponseInput<typeof DescribeTopicPartitions>
type TopicAnswer = Answer['topics'][number]

const mostPartitions = 2000

/** Topics in order of name, partitions in order, a page at a time. No topics named: all. */
export const describeTopicPartitions: Handler = handler(
  DescribeTopicPartitions,
  [0, 0],
  async ({ topics, responsePartitionLimit, cursor }, context) => {
    const { cluster } = context
    const isSeen = (name: string): boolean => deniedTopic(context, Operation.describe, name) === 0
    const operationsOn = (name: string): number => authorizedOperations(context, ResourceType.topic, name)
    const asked = topics.length === 0 ? [...cluster.topics.keys()].filter(isSeen) : topics.map(({ name }) => name)
    const names = [...new Set(asked)].sort().filter(name => cursor === null || name >= cursor.topicName)
    let room = Math.min(responsePartitionLimit, mostPartitions)
    const answers: TopicAnswer[] = []
    let nextCursor: Answer['nextCursor'] = null
    for (const name of names) {
      if (cluster.turns.isOver) await cluster.turns.pause()
      if (!isSeen(name)) {
        answers.push({ errorCode: ErrorCode.TopicAuthorizationFailed, name, topicId: zeroUuid, partitions: [] })
        continue
      }
      const topic = cluster.topics.get(name)
      if (topic === undefined) {
        const errorCode =
          invalidTopicName(name) === undefined ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopic
        answers.push({
          errorCode,
          name,
          topicId: zeroUuid,
          partitions: [],
          topicAuthorizedOperations: operationsOn(name),
        })
        continue
      }
      const from = name === cursor?.topicName ? cursor.partitionIndex : 0
      const page = topic.partitions.slice(from, from + room)
      room -= page.length
      const partitions = page.map(({ index, leader, leaderEpoch, replicas: { ids, isr } }) => ({
        errorCode: leader < 0 ? ErrorCode.LeaderNotAvailable : 0,
        partitionIndex: index,
        leaderId: leader,
        leaderEpoch,
        replicaNodes: ids,
        isrNodes: isr,
        eligibleLeaderReplicas: [],
        lastKnownElr: [],
        offlineReplicas: ids.filter(id => !cluster.nodes.get(id)?.running),
      }))
      answers.push({
        errorCode: 0,
        name,
        topicId: topic.id,
        partitions,
        topicAuthorizedOperations: operationsOn(name),
      })
      if (from + page.length < topic.partitions.length) {
        nextCursor = { topicName: name, partitionIndex: from + page.length }
        break
      }
    }
    return { topics: answers, nextCursor }
  },
)
