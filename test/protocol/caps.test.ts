import { describe, expect, test } from 'vitest'
import { zeroUuid } from '../../src/bytes/reader.ts'
import { AddPartitionsToTxn } from '../../src/protocol/add-partitions-to-txn.ts'
import type { CapContext } from '../../src/protocol/api.ts'
import { DeleteTopics } from '../../src/protocol/delete-topics.ts'
import { EndTxn } from '../../src/protocol/end-txn.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { requestFrame } from '../../src/protocol/headers.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { TxnOffsetCommit } from '../../src/protocol/txn-offset-commit.ts'

const plain: CapContext = { features: new Map() }
const second: CapContext = { features: new Map([['transaction.version', 2]]) }
const id = 'ABEiM0RVZneImaq7zN3u_w'

describe('topics go by id only when every id is known', () => {
  const known = { name: 'a', topicId: id }
  const unknown = { name: 'b', topicId: zeroUuid }

  test('Produce', () => {
    const request = (...topics: { name: string; topicId?: string }[]) => ({
      acks: -1,
      timeoutMs: 1,
      topicData: topics.map(topic => ({ ...topic, partitionData: [] })),
    })
    expect(Produce.cap!(request(known), plain)).toBe(13)
    expect(Produce.cap!(request(known, unknown), plain)).toBe(12)
    expect(Produce.cap!(request({ name: 'c' }), plain)).toBe(12)
  })

  test('Fetch, with what a session shall forget', () => {
    const topic = { topic: 'a', topicId: id, partitions: [] }
    const request = { maxWaitMs: 1, minBytes: 1, topics: [topic] }
    expect(Fetch.cap!(request, plain)).toBe(18)
    expect(Fetch.cap!({ ...request, topics: [{ topic: 'a', partitions: [] }] }, plain)).toBe(12)
    expect(Fetch.cap!({ ...request, forgottenTopicsData: [{ topic: 'b', partitions: [0] }] }, plain)).toBe(12)
  })

  test('OffsetCommit and OffsetFetch', () => {
    const commit = (topics: { name: string; topicId?: string }[]) => ({
      groupId: 'g',
      topics: topics.map(topic => ({ ...topic, partitions: [] })),
    })
    expect(OffsetCommit.cap!(commit([known]), plain)).toBe(10)
    expect(OffsetCommit.cap!(commit([known, unknown]), plain)).toBe(9)
    const fetch = (topics: { name: string; topicId?: string }[] | null) => ({
      groups: [
        { groupId: 'g', topics: topics === null ? null : topics.map(topic => ({ ...topic, partitionIndexes: [] })) },
      ],
    })
    expect(OffsetFetch.cap!(fetch([known]), plain)).toBe(10)
    expect(OffsetFetch.cap!(fetch([unknown]), plain)).toBe(9)
    // All of the group's: the answer would have ids that nobody can name.
    expect(OffsetFetch.cap!(fetch(null), plain)).toBe(9)
  })

  test('TxnOffsetCommit', () => {
    const request = (topic: { name: string; topicId?: string }) => ({
      transactionalId: 't',
      groupId: 'g',
      producerId: 1n,
      producerEpoch: 0,
      topics: [{ ...topic, partitions: [] }],
    })
    expect(TxnOffsetCommit.cap!(request(known), second)).toBe(6)
    expect(TxnOffsetCommit.cap!(request(unknown), second)).toBe(5)
    expect(TxnOffsetCommit.cap!(request(known), plain)).toBe(4)
  })
})

test('the second transaction protocol only where the cluster runs it', () => {
  const produce = {
    transactionalId: 't',
    acks: -1,
    timeoutMs: 1,
    topicData: [{ name: 'a', topicId: id, partitionData: [] }],
  }
  expect(Produce.cap!(produce, plain)).toBe(11)
  expect(Produce.cap!(produce, second)).toBe(13)
  const end = { transactionalId: 't', producerId: 1n, producerEpoch: 0, committed: true }
  expect(EndTxn.cap!(end, plain)).toBe(4)
  expect(EndTxn.cap!(end, second)).toBe(5)
  expect(AddPartitionsToTxn.cap!({}, second)).toBe(3)
})

test('two-phase commit only for those who ask', () => {
  const request = { transactionalId: 't', transactionTimeoutMs: 1 }
  expect(InitProducerId.cap!(request, plain)).toBe(5)
  expect(InitProducerId.cap!({ ...request, enable2Pc: true }, plain)).toBe(6)
})

test('a request in its older form goes out in a version that has it, one in both forms in any', () => {
  expect(FindCoordinator.cap!({ key: 'g' }, plain)).toBe(3)
  expect(FindCoordinator.cap!({ coordinatorKeys: ['g'] }, plain)).toBe(6)
  expect(LeaveGroup.cap!({ groupId: 'g', memberId: 'm' }, plain)).toBe(2)
  expect(LeaveGroup.cap!({ groupId: 'g', members: [{ memberId: 'm' }] }, plain)).toBe(5)
  expect(OffsetFetch.cap!({ groupId: 'g', topics: [] }, plain)).toBe(7)
  expect(DeleteTopics.cap!({ topicNames: ['a'], timeoutMs: 1 }, plain)).toBe(5)
  expect(DeleteTopics.cap!({ topics: [{ name: 'a', topicId: zeroUuid }], timeoutMs: 1 }, plain)).toBe(6)
  const both = { key: 'g', coordinatorKeys: ['g'] }
  for (let version = 0; version <= 6; version++)
    expect(() => requestFrame(FindCoordinator, version, 1, null, both)).not.toThrow()
  expect(() => requestFrame(FindCoordinator, 3, 1, null, { coordinatorKeys: ['g', 'h'] })).toThrow(
    'coordinatorKeys cannot be sent in version 3',
  )
})
