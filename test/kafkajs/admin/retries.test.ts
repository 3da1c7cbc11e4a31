import { describe, expect, test } from 'vitest'
import type { KafkaJSDeleteTopicRecordsError, KafkaJSNumberOfRetriesExceeded } from '../../../adapters/kafkajs/index.ts'
import { ErrorCode } from '../../../src/index.ts'
import { CreateTopics } from '../../../src/protocol/create-topics.ts'
import { DeleteRecords } from '../../../src/protocol/delete-records.ts'
import { DeleteTopics } from '../../../src/protocol/delete-topics.ts'
import { DescribeGroups } from '../../../src/protocol/describe-groups.ts'
import { Metadata } from '../../../src/protocol/metadata.ts'
import { open } from './open.ts'

const topics = [{ name: 't', partitions: 2 }]

describe('an admin tries again', () => {
  test('to delete a topic that is not there, as often as it is told to', async () => {
    const { broker, admin, log } = open({ topics })
    let asked = 0
    broker.control(DeleteTopics, () => void asked++)
    const deleting = (await admin({ retry: { retries: 2 } })).deleteTopics({ topics: ['none'] })
    const error: KafkaJSNumberOfRetriesExceeded = await deleting.then(
      () => undefined as never,
      reason => reason,
    )
    expect(error).toMatchObject({
      name: 'KafkaJSNumberOfRetriesExceeded',
      retryCount: 2,
      cause: { type: 'UNKNOWN_TOPIC_OR_PARTITION' },
    })
    expect(asked).toBe(3)
    const warned = log.filter(({ namespace }) => namespace === 'Admin').map(entry => entry.log)
    expect(warned.map(({ message, retryCount }) => [message, retryCount])).toEqual(
      [0, 1, 2].map(count => ['Could not delete topics', count]),
    )
  })

  test('where the controller is another one now', async () => {
    const { broker, admin } = open()
    let left = 3
    broker.control(CreateTopics, ({ topics }) =>
      left-- > 0
        ? { topics: topics.map(({ name }) => ({ name, errorCode: ErrorCode.NotController })), throttleTimeMs: 0 }
        : undefined,
    )
    await expect((await admin()).createTopics({ topics: [{ topic: 'made' }] })).resolves.toBe(true)
    expect(left).toBeLessThan(0)
  })

  test('to describe groups that are being loaded', async () => {
    const { broker, admin } = open()
    let left = 2
    broker.control(DescribeGroups, ({ groups }) =>
      left-- > 0
        ? {
            throttleTimeMs: 0,
            groups: groups.map(groupId => ({
              errorCode: ErrorCode.GroupLoadInProgress,
              groupId,
              groupState: '',
              protocolType: '',
              protocolData: '',
              members: [],
            })),
          }
        : undefined,
    )
    const { groups } = await (await admin()).describeGroups(['g'])
    expect(groups.map(({ state }) => state)).toEqual(['Dead'])
  })

  test('not what can’t succeed: a topic that can’t be', async () => {
    const { broker, admin } = open()
    let asked = 0
    broker.control(CreateTopics, () => void asked++)
    await expect((await admin()).createTopics({ topics: [{ topic: 'in valid' }] })).rejects.toMatchObject({
      name: 'KafkaJSAggregateError',
      errors: [{ name: 'KafkaJSCreateTopicError', topic: 'in valid', type: 'INVALID_TOPIC_EXCEPTION' }],
    })
    expect(asked).toBe(1)
  })

  test('to delete records of those partitions alone that failed', async () => {
    const { broker, admin } = open({ topics })
    const asked: number[][] = []
    broker.control(DeleteRecords, async ({ topics }, { apply }) => {
      asked.push(topics.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex)))
      const answer = await apply()
      if (asked.length > 1 || answer === null || typeof answer !== 'object') return answer
      return {
        ...answer,
        topics: answer.topics!.map(topic => ({
          ...topic,
          partitions: topic.partitions!.map(partition =>
            partition.partitionIndex === 1 ? { ...partition, errorCode: ErrorCode.RequestTimedOut } : partition,
          ),
        })),
      }
    })
    const partitions = [0, 1].map(partition => ({ partition, offset: '0' }))
    await (await admin()).deleteTopicRecords({ topic: 't', partitions })
    expect(asked).toEqual([[0, 1], [1]])
  })

  test('and tells which records could not be deleted at last', async () => {
    const { broker, admin } = open({ topics })
    broker.control(DeleteRecords, async (_, { apply }) => {
      const answer = await apply()
      if (answer === null || typeof answer !== 'object') return answer
      return {
        ...answer,
        topics: answer.topics!.map(topic => ({
          ...topic,
          partitions: topic.partitions!.map(each => ({ ...each, errorCode: ErrorCode.TopicAuthorizationFailed })),
        })),
      }
    })
    const partitions = [{ partition: 1, offset: '-1' }]
    const error = await (await admin()).deleteTopicRecords({ topic: 't', partitions }).catch(reason => reason)
    expect(error).toMatchObject({ name: 'KafkaJSNonRetriableError', message: 'Error while deleting records' })
    expect((error.cause as KafkaJSDeleteTopicRecordsError).partitions).toMatchObject([
      { partition: 1, offset: '-1', error: { type: 'TOPIC_AUTHORIZATION_FAILED' } },
    ])
  })

  test('until the topics it made have leaders, as long as its timeout allows', async () => {
    const { broker, admin } = open()
    const client = await admin()
    broker.control(Metadata, async ({ topics }, { apply }) => {
      const answer = await apply()
      if (!topics?.some(({ name }) => name === 'led') || answer === null || typeof answer !== 'object') return answer
      return { ...answer, topics: answer.topics!.map(topic => ({ ...topic, errorCode: ErrorCode.LeaderNotAvailable })) }
    })
    await expect(client.createTopics({ topics: [{ topic: 'led' }], timeout: 150 })).rejects.toMatchObject({
      name: 'KafkaJSTimeout',
      message: 'Timed out while waiting for topic leaders',
    })
    expect(await client.createTopics({ topics: [{ topic: 'other' }], waitForLeaders: false })).toBe(true)
  })
})

test('an admin lists topics, whether or not they have leaders just now', async () => {
  const { broker, admin } = open({ topics })
  broker.control(Metadata, async (_, { apply }) => {
    const answer = await apply()
    if (answer === null || typeof answer !== 'object') return answer
    return { ...answer, topics: answer.topics!.map(topic => ({ ...topic, errorCode: ErrorCode.LeaderNotAvailable })) }
  })
  const client = await admin({ retry: { retries: 1 } })
  expect(await client.listTopics()).toEqual(['t'])
  expect((await client.describeCluster()).brokers).toHaveLength(1)
  await expect(client.fetchTopicMetadata({ topics: ['t'] })).rejects.toMatchObject({
    name: 'KafkaJSNumberOfRetriesExceeded',
    cause: { type: 'LEADER_NOT_AVAILABLE' },
  })
})
