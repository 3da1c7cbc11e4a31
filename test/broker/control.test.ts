import { describe, expect, test } from 'vitest'
import { deferred } from '../../src/base/deferred.ts'
import { Client, ErrorCode, TimeoutError, WriteErrors } from '../../src/index.ts'
import { EndTxn } from '../../src/protocol/end-txn.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { open, stored } from './open.ts'

const topics = [{ name: 't', partitions: 1 }]

/** An answer to a Produce of one partition. */
function refused(errorCode: number) {
  return {
    responses: [
      { name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionResponses: [{ index: 0, errorCode, baseOffset: -1 }] },
    ],
  }
}

describe('a control function', () => {
  test('answers with an error code that the Writer retries', async () => {
    const { broker, writer, connect } = open({ topics })
    let left = 2
    broker.control(Produce, ({ topicData }) =>
      left-- > 0
        ? {
            responses: topicData.map(({ name, topicId, partitionData }) => ({
              name,
              topicId,
              partitionResponses: partitionData.map(({ index }) => ({
                index,
                errorCode: ErrorCode.NotEnoughReplicas,
                baseOffset: -1,
              })),
            })),
          }
        : undefined,
    )
    await writer({ topic: 't', writeBackoffMin: 1 }).writeMessages({ value: 'v' })
    expect(left).toBeLessThan(0)
    expect(await stored(await connect(), 't')).toEqual([[0, 1]])
  })

  test('answers with an error code that the caller gets', async () => {
    const { broker, writer } = open({ topics, versions: { Produce: 12 } })
    const remove = broker.control(Produce, () => refused(ErrorCode.TopicAuthorizationFailed))
    const w = writer({ topic: 't' })
    const error: unknown = await w.writeMessages([{ value: 'v' }]).catch(reason => reason)
    expect(error).toBeInstanceOf(WriteErrors)
    expect((error as WriteErrors).errors).toEqual([
      expect.objectContaining({ code: ErrorCode.TopicAuthorizationFailed }),
    ])
    remove()
    await w.writeMessages([{ value: 'v' }])
  })

  test('drops the connection: the write is tried again, and stored once', async () => {
    const { broker, writer, connect } = open({ topics })
    let left = 2
    broker.control(Produce, () => (left-- > 0 ? 'drop' : undefined))
    await writer({ topic: 't', writeBackoffMin: 1 }).writeMessages({ value: 'v' })
    expect(await stored(await connect(), 't')).toEqual([[0, 1]])
  })

  test('lets a request hang until the client gives up', async () => {
    const { broker, transport } = open({ topics })
    broker.control(Heartbeat, () => 'hang')
    const impatient = new Client({ addr: broker.addresses, timeout: 100, transport: transport() })
    await expect(impatient.heartbeat({ groupId: 'g', generationId: 1, memberId: 'm' })).rejects.toBeInstanceOf(
      TimeoutError,
    )
  })

  test('applies the request, and answers late: what is behind it waits', async () => {
    const { broker, connect } = open({ topics })
    const held = deferred<void>()
    broker.control(Heartbeat, async (_request, context) => {
      const answer = await context.apply()
      await held.promise
      return answer
    })
    const connection = await connect()
    const order: string[] = []
    const first = connection
      .request(Heartbeat, { groupId: 'g', generationId: 1, memberId: 'm' })
      .then(({ errorCode }) => order.push(`heartbeat ${errorCode}`))
    const second = connection.request(Metadata, { topics: [] }).then(() => order.push('metadata'))
    // Another connection is served meanwhile.
    await (await connect()).request(Metadata, { topics: [] })
    expect(order).toEqual([])
    held.resolve()
    await Promise.all([first, second])
    expect(order).toEqual([`heartbeat ${ErrorCode.UnknownMemberId}`, 'metadata'])
  })

  test('changes the answer, knows who asks, and is asked before older ones', async () => {
    const { broker, connect } = open({ topics })
    const asked: unknown[] = []
    broker.control(Metadata, () => {
      throw new Error('the newer one decides')
    })
    broker.control(Metadata, async (request, context) => {
      asked.push([request.topics, context.brokerId, context.apiVersion, context.clientId])
      const answer = await context.apply()
      return { ...answer!, clusterId: 'changed' }
    })
    const { clusterId } = await (await connect(1, 'me')).request(Metadata, { topics: [] }, { version: 9 })
    expect(clusterId).toBe('changed')
    expect(asked).toEqual([[[], 1, 9, 'me']])
  })

  test('given twice is asked twice, and taken away one at a time', async () => {
    const { broker, connect } = open({ topics })
    let asked = 0
    const count = (): undefined => void asked++
    const remove = broker.control(Metadata, count)
    broker.control(Metadata, count)
    const connection = await connect()
    await connection.request(Metadata, { topics: [] })
    expect(asked).toBe(2)
    remove()
    await connection.request(Metadata, { topics: [] })
    expect(asked).toBe(3)
  })

  test('that throws closes the connection and is logged', async () => {
    const warnings: string[] = []
    const { broker, connect } = open({
      topics,
      logger: { debug() {}, info() {}, warn: text => void warnings.push(text), error() {} },
    })
    broker.control(Metadata, () => {
      throw new Error('no such luck')
    })
    await expect((await connect()).request(Metadata, { topics: [] })).rejects.toThrow('broker-1:9092')
    expect(warnings).toEqual([expect.stringContaining('no such luck')])
  })
})

describe('an answer lost after the request was applied', () => {
  test('is a duplicate without idempotence', async () => {
    const { broker, writer, connect } = open({ topics })
    broker.loseAnswer(Produce)
    await writer({ topic: 't', idempotent: false, writeBackoffMin: 1 }).writeMessages({ value: 'v' })
    expect(await stored(await connect(), 't')).toEqual([
      [0, 1],
      [1, 1],
    ])
  })

  test('is none with it, however often it happens', async () => {
    const { broker, writer, connect } = open({ topics })
    broker.loseAnswer(Produce, { times: 3 })
    const { offset } = await writer({ topic: 't', writeBackoffMin: 1 }).writeMessage({ value: 'v' })
    expect(offset).toBe(0)
    expect(await stored(await connect(), 't')).toEqual([[0, 1]])
  })

  test('of a commit is made up for', async () => {
    const { broker, writer, reader, client } = open({ topics })
    await writer({ topic: 't' }).writeMessages([{ value: 'a' }, { value: 'b' }])
    broker.loseAnswer(OffsetCommit)
    const r = reader({ topic: 't', groupId: 'g' })
    await r.commitMessages(await r.fetchMessage())
    const { topics: committed } = await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })
    expect(committed['t']![0]!.committedOffset).toBe(1)
  })

  test('of EndTxn is the same transaction asked for again', async () => {
    const { broker, client, connect } = open({ topics })
    const { producer } = await client.initProducerId({ transactionalId: 'x', transactionTimeoutMs: 10_000 })
    const undo = broker.loseAnswer(EndTxn, { times: 1 })
    const request = {
      transactionalId: 'x',
      producerId: producer!.producerId,
      producerEpoch: producer!.producerEpoch,
      committed: false,
    }
    await expect((await connect()).request(EndTxn, request)).rejects.toThrow()
    expect(await (await connect()).request(EndTxn, request)).toMatchObject({
      errorCode: 0,
      producerEpoch: producer!.producerEpoch + 1,
    })
    undo()
  })
})

describe('leaders and coordinators', () => {
  test('a moved leader is found, by Writer and Reader', async () => {
    const { broker, writer, reader } = open({ brokers: 3, topics })
    const w = writer({ topic: 't' })
    const r = reader({ topic: 't' })
    const served = new Set<number>()
    broker.control(Produce, (_request, { brokerId }) => void served.add(brokerId))
    for (const [index, leader] of [1, 2, 3, 1].entries()) {
      broker.moveLeader('t', 0, leader)
      await w.writeMessages({ value: String(index) })
      expect((await r.readMessage()).text()).toBe(String(index))
    }
    expect([...served].sort()).toEqual([1, 2, 3])
  })

  test('the old leader says so, and the leader epoch fences those who know an old one', async () => {
    const { broker, connect } = open({ brokers: 2, topics })
    broker.moveLeader('t', 0, 2)
    const fetchFrom = async (brokerId: number, currentLeaderEpoch: number) => {
      const asked = {
        topic: 't',
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, currentLeaderEpoch }],
      }
      const { responses } = await (await connect(brokerId)).request(
        Fetch,
        { maxWaitMs: 0, minBytes: 0, topics: [asked] },
        { version: 10 },
      )
      return responses[0]!.partitions[0]!.errorCode
    }
    expect(await fetchFrom(1, -1)).toBe(ErrorCode.NotLeaderForPartition)
    expect(await fetchFrom(2, -1)).toBe(0)
    expect(await fetchFrom(2, 0)).toBe(ErrorCode.FencedLeaderEpoch)
    expect(await fetchFrom(2, 1)).toBe(0)
    expect(await fetchFrom(2, 9)).toBe(ErrorCode.UnknownLeaderEpoch)
  })

  test('a moved coordinator is found: the member stays, and commits', async () => {
    const { broker, writer, reader, client } = open({ brokers: 3, topics })
    const w = writer({ topic: 't' })
    const r = reader({ topic: 't', groupId: 'g', heartbeatInterval: 50 })
    let joins = 0
    broker.control(JoinGroup, () => void joins++)
    for (const [index, coordinator] of [1, 2, 3].entries()) {
      broker.moveCoordinator('group', 'g', coordinator)
      await w.writeMessages({ value: String(index) })
      const message = await r.fetchMessage()
      expect(message.text()).toBe(String(index))
      await r.commitMessages(message)
    }
    const { topics: committed } = await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })
    expect(committed['t']![0]!.committedOffset).toBe(3)
    expect(joins).toBeGreaterThan(0)
  })
})

describe('brokers that come and go', () => {
  test('a stopped broker is missed by nobody for long', async () => {
    const { broker, writer, reader } = open({ brokers: 3, topics: [{ name: 't', partitions: 3 }] })
    const w = writer({ topic: 't', balancer: (_message, [first]) => first!, writeBackoffMin: 10 })
    const r = reader({ topic: 't', groupId: 'g', heartbeatInterval: 50 })
    for (const [index, id] of [1, 2, 3].entries()) {
      broker.stopBroker(id)
      expect(broker.addresses).toHaveLength(2)
      await w.writeMessages({ value: String(index) })
      expect((await r.readMessage()).text()).toBe(String(index))
      broker.startBroker(id)
    }
  }, 30_000)

  test('what only a stopped broker has waits until it is back', async () => {
    const { broker, writer, connect } = open({ brokers: 2, topics: [{ name: 't', replicationFactor: 1 }] })
    const w = writer({ topic: 't', writeBackoffMin: 5, writeBackoffMax: 20 })
    await w.writeMessages({ value: 'before' })
    broker.stopBroker(1)
    const { topics: told } = await (await connect(2)).request(Metadata, { topics: [{ name: 't' }] })
    expect(told[0]!.partitions[0]).toMatchObject({ errorCode: ErrorCode.LeaderNotAvailable, leaderId: -1 })
    const later = w.writeMessages({ value: 'meanwhile' })
    broker.startBroker(1)
    await later
    expect((await stored(await connect(1), 't')).map(([offset]) => offset)).toEqual([0, 1])
  })

  test('an added broker is told of, and leads what is moved to it', async () => {
    const { broker, client, writer, connect } = open({ topics })
    const id = broker.addBroker({ rack: 'new' })
    expect(id).toBe(2)
    broker.moveLeader('t', 0, id)
    await writer({ topic: 't' }).writeMessages({ value: 'v' })
    expect(await stored(await connect(id), 't')).toEqual([[0, 1]])
    const { brokers } = await client.metadata({ topics: [] })
    expect(brokers.map(({ id, rack }) => [id, rack])).toEqual([
      [1, ''],
      [2, 'new'],
    ])
  })
})

describe('throttling', () => {
  test('is told in the answer, and the connection is mute meanwhile', async () => {
    const { broker, writer, connect } = open({ topics })
    broker.throttle(80, Produce)
    const connection = await connect()
    const w = writer({ topic: 't' })
    await w.writeMessages({ value: 'v' })
    expect(w.stats().waitTime.max).toBe(80)
    broker.throttle(80)
    expect((await connection.request(Metadata, { topics: [] })).throttleTimeMs).toBe(80)
    const began = performance.now()
    await connection.request(Metadata, { topics: [] })
    expect(performance.now() - began).toBeGreaterThan(70)
    broker.throttle(0)
    await connection.request(Metadata, { topics: [] })
    expect((await connection.request(Metadata, { topics: [] })).throttleTimeMs).toBe(0)
  })
})

describe('passing for an older Kafka', () => {
  test('with the versions of 2.1, Writer, group and transactions still work', async () => {
    const { writer, reader, connect } = open({
      topics,
      features: {},
      versions: {
        Produce: 7,
        Fetch: 10,
        ListOffsets: 4,
        Metadata: 7,
        OffsetCommit: 6,
        OffsetFetch: 5,
        FindCoordinator: 2,
        JoinGroup: 3,
        Heartbeat: 2,
        LeaveGroup: 2,
        SyncGroup: 2,
        ApiVersions: 2,
        InitProducerId: 1,
        DescribeCluster: null,
      },
    })
    await writer({ topic: 't' }).writeMessages([{ value: 'a' }, { value: 'b' }])
    const r = reader({ topic: 't', groupId: 'g' })
    expect((await r.readMessage()).text()).toBe('a')
    expect((await r.readMessage()).text()).toBe('b')
    const connection = await connect()
    expect(connection.version(Produce)).toBe(7)
    expect(connection.features.size).toBe(0)
  })

  test('settings that make no sense are refused', () => {
    expect(() => open({ versions: { Prodce: 7 } })).toThrow('no API named Prodce')
    expect(() => open({ versions: { Produce: 99 } })).toThrow('Produce can be 0–13 here')
    expect(() => open({ versions: { Produce: [8, 7] } })).toThrow('Produce')
  })
})
