import { describe, expect, onTestFinished, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { parseAddress } from '../../src/base/address.ts'
import { systemClock } from '../../src/base/clock.ts'
import { Broker, type BrokerLimits } from '../../src/broker/index.ts'
import { concat } from '../../src/bytes/writer.ts'
import { ErrorCode } from '../../src/index.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { DescribeProducers } from '../../src/protocol/describe-producers.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { requestFrame } from '../../src/protocol/headers.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { ListTransactions } from '../../src/protocol/list-transactions.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { Produce } from '../../src/protocol/produce.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { batch, open } from './open.ts'

const topics = [{ name: 't', partitions: 2 }]

async function dial(broker: Broker): Promise<Socket> {
  const socket = await memory(broker).dial(parseAddress(broker.address(1)), {})
  onTestFinished(() => socket.abort())
  return socket
}

/** Whether the broker hangs up, rather than answer. */
async function hungUp(socket: Socket): Promise<boolean> {
  return (await socket.read().catch(() => null)) === null
}

function wanted(name: string, numPartitions = 1) {
  return { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
}

async function limited(limits: BrokerLimits, more: object = {}): Promise<BrokerConnection> {
  return open({ topics, limits, ...more }).connect()
}

async function join(connection: BrokerConnection, groupId: string, metadata = new Uint8Array(4)): Promise<number> {
  const request = {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
  }
  const answer = await connection.request(
    JoinGroup,
    { ...request, protocols: [{ name: 'range', metadata }] },
    { version: 3 },
  )
  return answer.errorCode
}

async function commit(connection: BrokerConnection, groupId: string, partitionIndex = 0): Promise<number> {
  const partitions = [{ partitionIndex, committedOffset: 1, committedMetadata: '' }]
  const request = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name: 't', partitions }] }
  const answer = await connection.request(OffsetCommit, request, { version: 8 })
  return answer.topics[0]!.partitions[0]!.errorCode
}

async function produce(connection: BrokerConnection, records: Uint8Array, index = 0): Promise<number> {
  const topicData = [{ name: 't', partitionData: [{ index, records }] }]
  const answer = await connection.request(Produce, { acks: -1, timeoutMs: 1000, topicData }, { version: 9 })
  return answer.responses[0]!.partitionResponses[0]!.errorCode
}

describe('an embedded cluster holds no more than so many', () => {
  test('topics and partitions, whichever way they are made', async () => {
    const connection = await limited({ topics: 2, partitions: 4 })
    const create = async (name: string, partitions: number) =>
      (await connection.request(CreateTopics, { topics: [wanted(name, partitions)] })).topics[0]!.errorCode
    expect(await create('large', 3)).toBe(ErrorCode.PolicyViolation)
    expect(await create('u', 1)).toBe(0)
    expect(await create('v', 1)).toBe(ErrorCode.PolicyViolation)
    const grow = async (count: number) => {
      const asked = { topics: [{ name: 't', count, assignments: null }], timeoutMs: 1000, validateOnly: false }
      return (await connection.request(CreatePartitions, asked)).results[0]!.errorCode
    }
    expect(await grow(4)).toBe(ErrorCode.PolicyViolation)
    expect(await grow(3)).toBe(0)
    await connection.request(Metadata, { topics: [{ name: 'w' }], allowAutoTopicCreation: true })
    const { topics: all } = await connection.request(Metadata, { topics: null })
    expect(all.map(({ name }) => name)).toEqual(['t', 'u'])
  })

  test('groups: of those with neither members nor offsets the oldest goes, others are not to be had', async () => {
    const connection = await limited({ groups: 2 })
    expect(await commit(connection, 'a')).toBe(0)
    expect(await commit(connection, 'b')).toBe(0)
    expect(await commit(connection, 'c')).toBe(ErrorCode.PolicyViolation)
    expect(await join(connection, 'c')).toBe(ErrorCode.PolicyViolation)
    expect(await commit(connection, 'a')).toBe(0)
  })

  test('committed offsets', async () => {
    const connection = await limited({ offsets: 2 })
    expect(await commit(connection, 'a', 0)).toBe(0)
    expect(await commit(connection, 'a', 1)).toBe(0)
    expect(await commit(connection, 'a', 1)).toBe(0)
    expect(await commit(connection, 'b', 0)).toBe(ErrorCode.PolicyViolation)
  })

  test('members of all groups, and bytes that they say of themselves', async () => {
    const connection = await limited({ members: 2, memberBytes: 100_000 })
    expect(await join(connection, 'a', new Uint8Array(200_000))).toBe(ErrorCode.GroupMaxSizeReached)
    expect(await join(connection, 'a')).toBe(0)
    expect(await join(connection, 'b')).toBe(0)
    expect(await join(connection, 'c')).toBe(ErrorCode.GroupMaxSizeReached)
  })

  test('ids given out to members that never come', async () => {
    const connection = await limited({ members: 2 })
    const request = { groupId: 'g', sessionTimeoutMs: 10_000, memberId: '', protocolType: 'consumer' }
    const codes: number[] = []
    for (let asked = 0; asked < 3; asked++) {
      const protocols = [{ name: 'range', metadata: new Uint8Array(0) }]
      codes.push((await connection.request(JoinGroup, { ...request, protocols }, { version: 9 })).errorCode)
    }
    expect(codes).toEqual([ErrorCode.MemberIDRequired, ErrorCode.MemberIDRequired, ErrorCode.GroupMaxSizeReached])
  })

  test('transactional ids: the one longest unused goes', async () => {
    const connection = await limited({ transactionalIds: 2 })
    for (const transactionalId of ['a', 'b', 'a', 'c'])
      await connection.request(InitProducerId, { transactionalId, transactionTimeoutMs: 60_000 })
    const request = { stateFilters: [], producerIdFilters: [] }
    const { transactionStates } = await connection.request(ListTransactions, request)
    expect(transactionStates.map(({ transactionalId }) => transactionalId)).toEqual(['a', 'c'])
  })

  test('producers: those longest silent are forgotten', async () => {
    const connection = await limited({ producers: 8 })
    for (let producerId = 0n; producerId < 20n; producerId++) {
      const timestamp = 1_700_000_000_000 + Number(producerId)
      await produce(connection, batch({ producerId, producerEpoch: 0, baseSequence: 0, timestamp }))
    }
    const { topics: told } = await connection.request(DescribeProducers, {
      topics: [{ name: 't', partitionIndexes: [0] }],
    })
    const ids = told[0]!.partitions[0]!.activeProducers.map(({ producerId }) => producerId)
    expect(ids.length).toBeLessThanOrEqual(8)
    expect(ids).toContain(19n)
    expect(ids).not.toContain(0n)
  })

  test('partitions in fetch sessions: the session longest unused goes', async () => {
    const connection = await limited({ sessionPartitions: 3 })
    const begin = (partitions: number[]) =>
      connection.request(
        Fetch,
        {
          maxWaitMs: 0,
          minBytes: 0,
          sessionEpoch: 0,
          topics: [
            {
              topic: 't',
              partitions: partitions.map(partition => ({ partition, fetchOffset: 0, partitionMaxBytes: 9 })),
            },
          ],
        },
        { version: 12 },
      )
    const resume = async (sessionId: number, sessionEpoch = 1) =>
      (
        await connection.request(
          Fetch,
          { maxWaitMs: 0, minBytes: 0, sessionId, sessionEpoch, topics: [] },
          { version: 12 },
        )
      ).errorCode
    const [a, b] = [await begin([0, 1]), await begin([0])]
    expect(await resume(a.sessionId)).toBe(0)
    const c = await begin([0])
    expect(await resume(b.sessionId)).toBe(ErrorCode.FetchSessionIDNotFound)
    expect(await resume(a.sessionId, 2)).toBe(0)
    expect(await resume(c.sessionId)).toBe(0)
    expect((await begin([0, 1, 2, 3])).sessionId).toBe(0)
  })

  test('elements in a request, and in an answer that says the same again and again', async () => {
    const { broker, connect } = open({ topics, limits: { requestElements: 100, answerElements: 100 } })
    const connection = await connect()
    const ask = (length: number) =>
      connection.request(Metadata, {
        topics: Array.from({ length }, (_, index) => ({ name: `${index}` })),
        allowAutoTopicCreation: false,
      })
    expect((await ask(100)).topics).toHaveLength(100)
    await expect(ask(101)).rejects.toThrow()
    const resource = { resourceType: 2, resourceName: 't', configurationKeys: null }
    const other = await connect()
    expect((await other.request(DescribeConfigs, { resources: [resource] })).results).toHaveLength(1)
    await expect(other.request(DescribeConfigs, { resources: new Array(50).fill(resource) })).rejects.toThrow()
    expect((await (await connect()).request(Metadata, { topics: null })).topics).toHaveLength(1)
    await broker.close()
  })

  test('connections: the newest is refused', async () => {
    const { broker } = open({ topics, limits: { connections: 2 } })
    const frame = concat(requestFrame(Metadata, 12, 1, 'me', { topics: [] }))
    const sockets = [await dial(broker), await dial(broker)]
    expect(await hungUp(await dial(broker))).toBe(true)
    for (const socket of sockets) {
      await socket.write([frame])
      expect(await hungUp(socket)).toBe(false)
    }
    sockets[0]!.abort()
    await expect
      .poll(async () => {
        const socket = await dial(broker)
        await socket.write([frame])
        return hungUp(socket)
      })
      .toBe(false)
  })

  test('bytes of requests that came in part: who goes beyond is hung up on, the others are served', async () => {
    const { broker } = open({ topics, limits: { pendingBytes: 1_000_000 } })
    const half = new Uint8Array(600_000)
    new DataView(half.buffer).setInt32(0, 50_000_000)
    const sockets = [await dial(broker), await dial(broker)]
    for (const socket of sockets) void socket.write([half])
    expect(await Promise.race(sockets.map(hungUp))).toBe(true)
    const served = await dial(broker)
    await served.write(requestFrame(Metadata, 12, 1, 'me', { topics: [] }))
    expect(await hungUp(served)).toBe(false)
  })

  test('partitions that waiting Fetches watch: one beyond does not wait', async () => {
    const { connect } = open({ topics, limits: { watchedPartitions: 1 } })
    const fetch = async (partition: number, maxWaitMs: number) => {
      const asked = [{ topic: 't', partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 9 }] }]
      await (await connect()).request(Fetch, { maxWaitMs, minBytes: 1, topics: asked }, { version: 12 })
      return partition
    }
    const waiting = fetch(0, 60_000)
    await expect.poll(() => Promise.race([fetch(1, 5_000), new Promise(resolve => setTimeout(resolve, 1_000))])).toBe(1)
    await produce(await connect(), batch())
    expect(await waiting).toBe(0)
  })
})

test('what all partitions keep together is bounded whatever the batches, and in memory as it is taken', async () => {
  const maxBytes = 1_000_000
  const { broker, connect } = open({ topics: [{ name: 't', partitions: 200 }], maxBytes })
  const connection = await connect()
  for (const size of [3_000, 60_000]) {
    const records = batch({ value: 'x'.repeat(size) })
    for (let round = 0; round < 200; round++) expect(await produce(connection, records, round)).toBe(0)
  }
  const all = Array.from({ length: 200 }, (_, partitionIndex) => ({ partitionIndex, timestamp: -2 }))
  const { topics: begin } = await connection.request(ListOffsets, {
    replicaId: -1,
    topics: [{ name: 't', partitions: all }],
  })
  const partitions = begin[0]!.partitions.map(({ partitionIndex: partition, offset: fetchOffset }) => ({
    partition,
    fetchOffset,
    partitionMaxBytes: 1e7,
  }))
  const { responses } = await connection.request(
    Fetch,
    { maxWaitMs: 0, minBytes: 0, topics: [{ topic: 't', partitions }] },
    { version: 12 },
  )
  const kept = responses[0]!.partitions.reduce((sum, { records }) => sum + records!.length, 0)
  expect(kept).toBeGreaterThan(maxBytes / 2)
  expect(kept).toBeLessThan(maxBytes + 100_000)
  expect(await produce(connection, batch({ value: 'x'.repeat(1_020_000) }))).toBe(ErrorCode.MessageSizeTooLarge)
  await broker.close()
})

test('a connection that has nothing to ask for long is ended; one whose request waits is not', async () => {
  const clock = new ManualClock()
  const background = (milliseconds: number, task: () => void) => clock.after(milliseconds, task)
  const { broker } = open({
    topics,
    clock: Object.assign(clock, { background }),
    configs: { 'connections.max.idle.ms': '1000' },
  })
  const [idle, waiting] = [await dial(broker), await dial(broker)]
  const asked = { topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 9 }] }
  await waiting.write(requestFrame(Fetch, 12, 1, 'me', { maxWaitMs: 5_000, minBytes: 1, topics: [asked] }))
  const answer = hungUp(waiting)
  // Two that watch for idleness, and the Fetch's.
  await expect.poll(() => clock.pending).toBe(3)
  clock.advance(3_000)
  expect(await hungUp(idle)).toBe(true)
  clock.advance(3_000)
  expect(await answer).toBe(false)
})

test('limits that make no sense are refused', () => {
  expect(() => new Broker({ limits: { topics: 0 } })).toThrow('limits.topics must be a number from 1 up, not 0')
  expect(() => new Broker({ limits: { topic: 1 } as BrokerLimits })).toThrow('topic is no setting of limits')
  expect(systemClock.background).toBeUndefined()
})
