import { describe, expect, test } from 'vitest'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { open } from './open.ts'

describe('partitions', () => {
  test('of one request beyond Kafka’s 10,000 are refused, however the request adds them up', async () => {
    const { connect } = open({ topics: [{ name: 't' }] })
    const connection = await connect()
    const wanted = (name: string, numPartitions: number) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    })
    const made = await connection.request(CreateTopics, {
      topics: [wanted('a', 2 ** 31 - 1), wanted('b', -(2 ** 31))],
      validateOnly: false,
    })
    expect(made.topics.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.PolicyViolation,
      ErrorCode.PolicyViolation,
    ])
    const topics = [{ name: 't', count: 2 ** 31 - 1, assignments: null }]
    const grown = await connection.request(CreatePartitions, { topics, timeoutMs: 1000, validateOnly: false })
    expect(grown.results[0]!.errorCode).toBe(ErrorCode.PolicyViolation)
  })

  test('have no more replicas than brokers run', async () => {
    const { broker, connect } = open({ brokers: 3, topics: [{ name: 't' }] })
    const connection = await connect()
    broker.stopBroker(3)
    const topics = [{ name: 'a', numPartitions: 1, replicationFactor: -1, assignments: [], configs: [] }]
    const made = await connection.request(CreateTopics, { topics, validateOnly: false })
    expect(made.topics[0]!.errorCode).toBe(ErrorCode.InvalidReplicationFactor)
    const more = { topics: [{ name: 't', count: 2, assignments: null }], timeoutMs: 1000, validateOnly: false }
    expect((await connection.request(CreatePartitions, more)).results[0]!.errorCode).toBe(
      ErrorCode.InvalidReplicationFactor,
    )
    const asked = { topics: [{ name: 'b' }], allowAutoTopicCreation: true }
    await connection.request(Metadata, asked)
    expect((await connection.request(Metadata, asked)).topics[0]!.errorCode).toBe(ErrorCode.UnknownTopicOrPartition)
    broker.startBroker(3)
    await connection.request(Metadata, asked)
    expect((await connection.request(Metadata, asked)).topics[0]!.partitions[0]!.replicaNodes.length).toBe(3)
  })
})
