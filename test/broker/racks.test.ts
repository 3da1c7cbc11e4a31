import { expect, test } from 'vitest'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { batch, open } from './open.ts'

test('a consumer is sent to the replica in its rack, which serves it (KIP-392)', async () => {
  const { broker, connect } = open({
    brokers: 3,
    racks: ['a', 'b', 'c'],
    configs: { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' },
    topics: [{ name: 't', replicationFactor: 3 }],
  })
  broker.moveLeader('t', 0, 1)
  const [leader, follower] = [await connect(1), await connect(2)]
  const fetch = async (on: typeof leader, rackId: string, version = 12) => {
    const asked = { topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }
    const { responses } = await on.request(Fetch, { maxWaitMs: 0, minBytes: 0, rackId, topics: [asked] }, { version })
    const { errorCode, preferredReadReplica, records } = responses[0]!.partitions[0]!
    return [errorCode, preferredReadReplica, records!.length > 0]
  }
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: batch() }] }]
  await leader.request(Produce, { acks: -1, timeoutMs: 1000, topicData }, { version: 9 })
  expect(await fetch(leader, 'b')).toEqual([0, 2, false])
  expect(await fetch(follower, 'b')).toEqual([0, -1, true])
  expect(await fetch(leader, 'a')).toEqual([0, -1, true])
  expect(await fetch(leader, '')).toEqual([0, -1, true])
  // Where the rack has no replica that runs, the leader serves.
  broker.stopBroker(3)
  expect(await fetch(leader, 'c')).toEqual([0, -1, true])
})
