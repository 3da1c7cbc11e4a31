import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { crc32c } from '#crc32c'
import { memory } from '../../adapters/memory/index.ts'
import { parseAddress } from '../../src/base/address.ts'
import { Broker } from '../../src/broker/index.ts'
import { concat } from '../../src/bytes/writer.ts'
import { ErrorCode } from '../../src/index.ts'
import { AlterConfigs } from '../../src/protocol/alter-configs.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DeleteGroups } from '../../src/protocol/delete-groups.ts'
import { DeleteRecords } from '../../src/protocol/delete-records.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { readResponse, requestFrame } from '../../src/protocol/headers.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import { batch, open, stored } from './open.ts'

// What a real broker answers to all of this is asked of one in e2e/broker-differential.test.ts.

const topics = [
  { name: 't', partitions: 2 },
  { name: 'u', partitions: 1 },
]

function produce(
  connection: BrokerConnection,
  partitionData: readonly { index: number; records: Uint8Array }[],
  transactionalId: string | null = null,
) {
  const request = { transactionalId, acks: -1, timeoutMs: 1000, topicData: [{ name: 't', partitionData }] }
  return connection.request(Produce, request, { version: 9 })
}

async function codesOf(answer: ReturnType<typeof produce>): Promise<number[]> {
  return (await answer).responses[0]!.partitionResponses.map(({ errorCode }) => errorCode)
}

/** The bytes of a batch, changed and with the right checksum. */
function altered(records: Uint8Array, attributes: number): Uint8Array {
  const view = new DataView(records.buffer)
  view.setInt16(21, attributes)
  view.setUint32(17, crc32c(records, 21, records.length))
  return records
}

describe('as Kafka answers', () => {
  test('bytes left over behind a request are ignored: librdkafka sends such a Metadata', async () => {
    const { broker } = open({ topics })
    const socket = await memory(broker).dial(parseAddress(broker.address(1)), {})
    const frame = concat([...requestFrame(Metadata, 4, 1, 'me', { topics: [{ name: 't' }] }), new Uint8Array(1)])
    new DataView(frame.buffer).setInt32(0, frame.length - 4)
    await socket.write([frame])
    const { response } = readResponse(Metadata, 4, (await socket.read())!.subarray(4))
    expect(response.topics).toMatchObject([{ name: 't', errorCode: 0 }])
    socket.abort()
  })

  test('DescribeConfigs with an empty list of keys gives all', async () => {
    const connection = await open({ topics }).connect()
    const described = async (configurationKeys: string[] | null) => {
      const resources = [{ resourceType: 2, resourceName: 't', configurationKeys }]
      return (await connection.request(DescribeConfigs, { resources })).results[0]!.configs.length
    }
    expect(await described([])).toBe(await described(null))
    expect(await described(['no.such'])).toBe(0)
  })

  test('names that differ in . and _ alone collide, those of one request with what is there', async () => {
    const { broker, connect } = open({ topics: [{ name: 'a.b_c' }] })
    const connection = await connect()
    const create = async (...names: string[]) => {
      const wanted = names.map(name => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }))
      const { topics } = await connection.request(CreateTopics, { topics: wanted })
      return topics.map(({ errorCode }) => errorCode)
    }
    expect(await create('a_b.c', 'a_b_c', 'abc')).toEqual([ErrorCode.InvalidTopic, ErrorCode.InvalidTopic, 0])
    expect(await create('d.e', 'd_e')).toEqual([0, 0])
    await connection.request(Metadata, { topics: [{ name: 'a_b_c' }], allowAutoTopicCreation: true })
    const { topics } = await connection.request(Metadata, { topics: null })
    expect(topics.map(({ name }) => name)).toEqual(['a.b_c', 'abc', 'd.e', 'd_e'])
    expect(() => new Broker({ topics: [{ name: 'x.y' }, { name: 'x_y' }] })).toThrow('differ in . and _ alone')
    await broker.close()
  })

  test('a topic named twice is told once by Metadata, and refused by CreatePartitions and DeleteTopics', async () => {
    const connection = await open({ topics }).connect()
    const twice = [{ name: 't' }, { name: 'u' }, { name: 't' }]
    const { topics: told } = await connection.request(Metadata, { topics: twice })
    expect(told.map(({ name }) => name)).toEqual(['t', 'u'])
    const growing = twice.map(({ name }) => ({ name, count: 3, assignments: null }))
    const { results } = await connection.request(CreatePartitions, {
      topics: growing,
      timeoutMs: 1000,
      validateOnly: false,
    })
    expect(results.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['t', ErrorCode.InvalidRequest],
      ['u', 0],
    ])
    const topicNames = twice.map(({ name }) => name)
    const request = { topicNames, topics: [], timeoutMs: 1000 }
    const { responses } = await connection.request(DeleteTopics, request, { version: 5 })
    expect(responses.map(({ name, errorCode }) => [name, errorCode]).toSorted()).toEqual([
      ['t', ErrorCode.InvalidRequest],
      ['u', 0],
    ])
    expect((await connection.request(Metadata, { topics: null })).topics.map(({ name }) => name)).toEqual(['t'])
  })

  test('a topic named by id and by name is not deleted, nor is a name beside ids told by Metadata', async () => {
    const connection = await open({ topics }).connect()
    const [t] = (await connection.request(Metadata, { topics: [{ name: 't' }] })).topics
    const { topicId } = t!
    const asked = [
      { name: null, topicId },
      { name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
    ]
    const request = { topicNames: [], topics: asked, timeoutMs: 1000 }
    const { responses } = await connection.request(DeleteTopics, request, { version: 6 })
    expect(responses).toMatchObject([{ name: 't', topicId, errorCode: ErrorCode.InvalidRequest }])
    const { topics: told } = await connection.request(Metadata, { topics: [{ name: null, topicId }, { name: 'u' }] })
    expect(told.map(({ name }) => name)).toEqual(['t'])
  })

  test('a resource named twice is refused by AlterConfigs and IncrementalAlterConfigs, and so is a key', async () => {
    const connection = await open({ topics }).connect()
    const setting = { name: 'retention.ms', value: '5000', configOperation: 0 }
    const resource = (resourceName: string, configs = [setting]) => ({ resourceType: 2, resourceName, configs })
    const twice = [resource('t'), resource('u'), resource('t')]
    for (const api of [AlterConfigs, IncrementalAlterConfigs]) {
      const { responses } = await connection.request(api, { resources: twice, validateOnly: false })
      expect(responses.map(({ errorCode }) => errorCode)).toEqual([42, 0, 42])
      const sameKey = [resource('t', [setting, setting])]
      const refused = await connection.request(api, { resources: sameKey, validateOnly: false })
      expect(refused.responses[0]!.errorCode).toBe(ErrorCode.InvalidRequest)
    }
  })

  test('of a partition named twice Produce and DeleteRecords take the last, ListOffsets none', async () => {
    const connection = await open({ topics }).connect()
    const answer = await produce(connection, [
      { index: 0, records: batch({ value: 'first' }) },
      { index: 1, records: batch() },
      { index: 0, records: batch({ value: 'last, and longer' }) },
    ])
    expect(answer.responses[0]!.partitionResponses.map(({ index, baseOffset }) => [index, baseOffset])).toEqual([
      [0, 0],
      [1, 0],
    ])
    expect(await stored(connection, 't')).toEqual([[0, 1]])
    await produce(connection, [{ index: 0, records: batch() }])
    const at = (timestamp: number) => ({ partitionIndex: 0, timestamp })
    const { topics: listed } = await connection.request(ListOffsets, {
      replicaId: -1,
      topics: [
        { name: 't', partitions: [at(-1), { partitionIndex: 1, timestamp: -1 }] },
        { name: 't', partitions: [at(-2)] },
      ],
    })
    expect(listed).toHaveLength(1)
    expect(listed[0]!.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])).toEqual([
      [0, ErrorCode.InvalidRequest],
      [1, 0],
    ])
    const partitions = [2, 1].map(offset => ({ partitionIndex: 0, offset }))
    const { topics: cut } = await connection.request(DeleteRecords, {
      topics: [{ name: 't', partitions }],
      timeoutMs: 1000,
    })
    expect(cut[0]!.partitions).toMatchObject([{ partitionIndex: 0, lowWatermark: 1, errorCode: 0 }])
  })

  test('a group named twice is deleted once', async () => {
    const connection = await open({ topics }).connect()
    const { results } = await connection.request(DeleteGroups, { groupsNames: ['g', 'g'] })
    expect(results).toMatchObject([{ groupId: 'g', errorCode: ErrorCode.GroupIdNotFound }])
  })

  test('replica assignments: as many for each partition, no broker twice, no hole', async () => {
    const connection = await open({
      brokers: 3,
      topics: [{ name: 't', partitions: 1, replicationFactor: 2 }],
    }).connect()
    const create = async (...assigned: number[][]) => {
      const assignments = assigned.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
      const wanted = { name: 'new', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
      const { topics } = await connection.request(CreateTopics, { topics: [wanted], validateOnly: true })
      return topics[0]!.errorCode
    }
    expect(await create([1, 2], [3])).toBe(ErrorCode.InvalidReplicaAssignment)
    expect(await create([1, 1], [2, 3])).toBe(ErrorCode.InvalidReplicaAssignment)
    expect(await create([1, 2], [2, 3])).toBe(0)
    const grow = async (...assigned: number[][]) => {
      const assignments = assigned.map(brokerIds => ({ brokerIds }))
      const asked = { name: 't', count: 1 + assigned.length, assignments }
      const { results } = await connection.request(CreatePartitions, {
        topics: [asked],
        timeoutMs: 1000,
        validateOnly: false,
      })
      return results[0]!.errorCode
    }
    expect(await grow([1])).toBe(ErrorCode.InvalidReplicaAssignment)
    expect(await grow([1, 1])).toBe(ErrorCode.InvalidReplicaAssignment)
    expect(await grow([1, 2], [1, 2, 3])).toBe(ErrorCode.InvalidReplicaAssignment)
    expect(await grow([3, 2])).toBe(0)
  })

  test('a group nobody knows is dead, and from version 6 on that is an error', async () => {
    const connection = await open({ topics }).connect()
    for (const [version, errorCode] of [
      [5, 0],
      [6, ErrorCode.GroupIdNotFound],
    ] as const) {
      const { groups } = await connection.request(DescribeGroups, { groups: ['g', ''] }, { version })
      expect(groups.map(each => [each.groupState, each.errorCode])).toEqual([
        ['Dead', errorCode],
        ['Dead', errorCode],
      ])
    }
  })

  test('what a codec cannot read is an unknown error, an unknown codec too; bad records in it are invalid', async () => {
    const connection = await open({ topics }).connect()
    const codes = async (records: Uint8Array) => (await codesOf(produce(connection, [{ index: 0, records }])))[0]
    for (const codec of [1, 2, 3, 4, 5, 6, 7]) expect(await codes(altered(batch(), codec))).toBe(-1)
    const packed = gzipSync(new Uint8Array(10))
    const records = concat([batch().subarray(0, 61), packed])
    new DataView(records.buffer).setInt32(8, records.length - 12)
    expect(await codes(altered(records, 1))).toBe(ErrorCode.InvalidRecord)
  })

  test('a batch larger than max.decompressed.message.bytes is invalid', async () => {
    const configs = { 'max.decompressed.message.bytes': '1000' }
    const connection = await open({ topics: [{ name: 't', configs }] }).connect()
    const packed = gzipSync(batch({ value: 'x'.repeat(2000) }).subarray(61))
    const records = concat([batch().subarray(0, 61), packed])
    new DataView(records.buffer).setInt32(8, records.length - 12)
    expect(await codesOf(produce(connection, [{ index: 0, records: altered(records, 1) }]))).toEqual([87])
  })

  test('without a transactional id one transactional batch has the whole request refused, a control batch too', async () => {
    const connection = await open({ topics }).connect()
    for (const attributes of [0x10, 0x30]) {
      const data = [
        { index: 0, records: batch() },
        { index: 1, records: altered(batch(), attributes) },
      ]
      expect(await codesOf(produce(connection, data))).toEqual([53, 53])
    }
    expect(await stored(connection, 't')).toEqual([])
    const { producerId, producerEpoch } = await connection.request(InitProducerId, {
      transactionalId: 'id',
      transactionTimeoutMs: 60_000,
    })
    const stamp = { producerId, producerEpoch, baseSequence: 0 }
    const control = [{ index: 0, records: altered(batch(stamp), 0x30) }]
    expect(await codesOf(produce(connection, control, 'id'))).toEqual([ErrorCode.InvalidTransactionState])
    const bare = [{ index: 0, records: altered(batch(), 0x20) }]
    expect(await codesOf(produce(connection, bare))).toEqual([ErrorCode.InvalidRecord])
  })

  test('FindCoordinator knows share partitions by group, topic id and partition, from version 6 on', async () => {
    const connection = await open().connect()
    const key = 'group:AAAAAAAAAAAAAAAAAAAAAQ:0'
    const find = async (coordinatorKeys: string[], version: number) => {
      const { coordinators } = await connection.request(FindCoordinator, { keyType: 2, coordinatorKeys }, { version })
      return coordinators.map(({ errorCode, nodeId }) => [errorCode, nodeId])
    }
    expect(await find([key, 'group', 'group:short:0', `:${key.slice(6)}`], 6)).toEqual([
      [0, 1],
      [42, -1],
      [42, -1],
      [42, -1],
    ])
    expect(await find([key], 5)).toEqual([[42, -1]])
  })
})
