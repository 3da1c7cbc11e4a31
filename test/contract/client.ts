import {
  Client,
  Compression,
  ConfigError,
  ErrorCode,
  FirstOffset,
  firstOffsetOf,
  IsolationLevel,
  type KafkaError,
  LastOffset,
  lastOffsetOf,
  RequiredAcks,
  Transport,
  timeOffsetOf,
} from '../../src/index.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import type { Assert } from './assert.ts'
import type { Suite, TestContext } from './harness.ts'

/** The Client, each API with what it is for and what it refuses. */
export const suite: Suite = ({ test, assert: given, cluster, adapter, natives }) => {
  // An assertion function must be declared with its type.
  const assert: Assert = given
  async function withClient(body: (client: Client) => Promise<void>): Promise<void> {
    const transport = new Transport({ adapter, natives })
    const client = new Client({ addr: cluster.brokers, transport })
    try {
      await body(client)
    } finally {
      await client.close()
      await transport.close()
    }
  }

  async function newTopic(client: Client, t: TestContext, numPartitions = 1): Promise<string> {
    const topic = t.unique('client')
    const { errors } = await client.createTopics({
      topics: [{ topic, numPartitions, replicationFactor: 1, configEntries: [oneInSync] }],
    })
    assert.equal(errors[topic], null)
    return topic
  }

  /** Before 3.5 a broker demands as many replicas in sync as it is set to, even of a topic that has fewer. */
  const oneInSync = { configName: 'min.insync.replicas', configValue: '1' }

  const codeOf = (error: KafkaError | null | undefined): number => error?.code ?? 0

  test('metadata names the brokers, and a topic with its partitions', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 3)
      const { brokers, clusterId, controller, topics } = await client.metadata({ topics: [topic] })
      assert.equal(brokers.length, cluster.nodes)
      assert.ok(clusterId !== '')
      assert.ok(brokers.some(({ id }) => id === controller.id))
      assert.equal(topics.length, 1)
      assert.equal(topics[0]!.error, null)
      assert.deepEqual(topics[0]!.partitions.map(({ id }) => id).sort(), [0, 1, 2])
      for (const { leader, replicas } of topics[0]!.partitions) {
        assert.ok(brokers.some(({ id, port }) => id === leader.id && port === leader.port))
        assert.deepEqual(
          replicas.map(({ id }) => id),
          [leader.id],
        )
      }
    }))

  test('metadata without topics tells of all, and of an unknown one it says so without making it', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const missing = t.unique('missing')
      const asked = await client.metadata({ topics: [missing] })
      assert.equal(codeOf(asked.topics[0]!.error), ErrorCode.UnknownTopicOrPartition)
      const all = await client.metadata()
      const names = all.topics.map(({ name }) => name)
      assert.ok(names.includes(topic))
      assert.ok(!names.includes(missing))
      assert.equal((await client.metadata({ topics: [] })).topics.length, 0)
    }))

  test('a topic made can be used at once; made twice, badly named, or only checked it is refused or not made', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 2)
      const { error } = await client.produce({ topic, partition: 1, records: [{ value: 'first' }] })
      assert.equal(error, null)
      const again = await client.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] })
      assert.equal(codeOf(again.errors[topic]), ErrorCode.TopicAlreadyExists)
      const bad = await client.createTopics({
        topics: [{ topic: 'no spaces', numPartitions: 1, replicationFactor: 1 }],
      })
      assert.equal(codeOf(bad.errors['no spaces']), ErrorCode.InvalidTopic)
      const checked = t.unique('checked')
      const check = await client.createTopics({
        topics: [{ topic: checked, numPartitions: 1, replicationFactor: 1 }],
        validateOnly: true,
      })
      assert.equal(check.errors[checked], null)
      const { topics } = await client.metadata({ topics: [checked] })
      assert.equal(codeOf(topics[0]!.error), ErrorCode.UnknownTopicOrPartition)
    }))

  test('topics take configs and assignments, and come with the numbers of the broker by default', t =>
    withClient(async client => {
      const byDefault = t.unique('default')
      const assigned = t.unique('assigned')
      const { brokers } = await client.metadata({ topics: [] })
      const replicas = [brokers[0]!.id]
      const { errors } = await client.createTopics({
        topics: [
          { topic: byDefault, configEntries: [{ configName: 'retention.ms', configValue: '60000' }] },
          {
            topic: assigned,
            replicaAssignments: [
              { partition: 0, replicas },
              { partition: 1, replicas },
            ],
          },
        ],
      })
      assert.deepEqual(errors, { [byDefault]: null, [assigned]: null })
      const { topics } = await client.metadata({ topics: [byDefault, assigned] })
      assert.ok(topics.find(({ name }) => name === byDefault)!.partitions.length >= 1)
      assert.equal(topics.find(({ name }) => name === assigned)!.partitions.length, 2)
      const wrong = t.unique('wrong')
      const refused = await client.createTopics({
        topics: [{ topic: wrong, configEntries: [{ configName: 'no.such', configValue: '1' }] }],
      })
      assert.equal(codeOf(refused.errors[wrong]), ErrorCode.InvalidConfiguration)
    }))

  test('a deleted topic is gone, and deleting what is not there is an error of that topic', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const missing = t.unique('missing')
      const { errors } = await client.deleteTopics({ topics: [topic, missing] })
      assert.equal(errors[topic], null)
      assert.equal(codeOf(errors[missing]), ErrorCode.UnknownTopicOrPartition)
      const { topics } = await client.metadata({ topics: [topic] })
      assert.equal(codeOf(topics[0]!.error), ErrorCode.UnknownTopicOrPartition)
    }))

  test('what was produced is fetched as it was: keys, values, headers, times, null and empty apart', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const time = new Date(1_700_000_000_123)
      const written = await client.produce({
        topic,
        partition: 0,
        records: [
          {
            key: 'k',
            value: 'v',
            headers: [
              { key: 'h', value: 'x' },
              { key: 'h', value: null },
            ],
            time,
          },
          { key: null, value: '', time },
          { key: '', value: null, time },
        ],
      })
      assert.equal(written.error, null)
      assert.equal(written.baseOffset, 0)
      assert.equal(written.logAppendTime, null)
      assert.equal(written.recordErrors.size, 0)
      const fetched = await client.fetch({ topic, partition: 0, offset: 0 })
      assert.equal(fetched.error, null)
      assert.equal(fetched.highWatermark, 3)
      assert.equal(fetched.logStartOffset, 0)
      const messages = [...fetched.records]
      assert.deepEqual(
        messages.map(({ offset }) => offset),
        [0, 1, 2],
      )
      assert.equal(messages[0]!.text(), 'v')
      assert.equal(messages[0]!.topic, topic)
      assert.equal(messages[0]!.highWaterMark, 3)
      assert.deepEqual(messages[0]!.time, time)
      assert.deepEqual(
        messages[0]!.headers.map(({ key, value }) => [key, value === null ? null : [...value]]),
        [
          ['h', [120]],
          ['h', null],
        ],
      )
      assert.equal(messages[1]!.key, null)
      assert.deepEqual(messages[1]!.value, new Uint8Array(0))
      assert.deepEqual(messages[2]!.key, new Uint8Array(0))
      assert.equal(messages[2]!.value, null)
    }))

  test('a fetch begins at the offset asked for, also within a batch, and knows first and last', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      await client.produce({
        topic,
        partition: 0,
        records: ['a', 'b', 'c'].map(value => ({ value })),
        compression: Compression.Gzip,
      })
      const read = async (offset: number): Promise<string[]> => {
        const { error, records } = await client.fetch({ topic, partition: 0, offset, maxWait: 50 })
        assert.equal(error, null)
        return [...records].map(message => message.text())
      }
      assert.deepEqual(await read(1), ['b', 'c'])
      assert.deepEqual(await read(FirstOffset), ['a', 'b', 'c'])
      assert.deepEqual(await read(LastOffset), [])
    }))

  test('a fetch waits for records no longer than maxWait, and ends early when they come', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const waiting = client.fetch({ topic, partition: 0, offset: 0, maxWait: 20_000 })
      const empty = await client.fetch({ topic, partition: 0, offset: 0, maxWait: 10 })
      assert.equal(empty.records.readRecord(), null)
      await client.produce({ topic, partition: 0, records: [{ value: 'late' }] })
      assert.equal((await waiting).records.readRecord()?.text(), 'late')
    }))

  test('errors of a partition are in the response: out of range, unknown partition, unknown topic', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const missing = t.unique('missing')
      assert.equal(codeOf((await client.fetch({ topic, partition: 0, offset: 7 })).error), ErrorCode.OffsetOutOfRange)
      const unknown = ErrorCode.UnknownTopicOrPartition
      assert.equal(codeOf((await client.fetch({ topic, partition: 9, offset: 0 })).error), unknown)
      assert.equal(codeOf((await client.fetch({ topic: missing, partition: 0, offset: 0 })).error), unknown)
      assert.equal(codeOf((await client.fetch({ topic: missing, partition: 0, offset: LastOffset })).error), unknown)
      assert.equal(codeOf((await client.produce({ topic, partition: 9, records: [{ value: 'x' }] })).error), unknown)
      assert.equal(
        codeOf((await client.produce({ topic: missing, partition: 0, records: [{ value: 'x' }] })).error),
        unknown,
      )
    }))

  test('produce without records is refused, and acks none answers without an offset', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      await assert.rejects(client.produce({ topic, partition: 0, records: [] }), ConfigError)
      const { error, baseOffset } = await client.produce({
        topic,
        partition: 0,
        records: [{ value: 'x' }],
        requiredAcks: RequiredAcks.None,
      })
      assert.equal(error, null)
      assert.equal(baseOffset, -1)
      const { records } = await client.fetch({ topic, partition: 0, offset: 0, maxWait: 10_000 })
      assert.equal(records.readRecord()?.text(), 'x')
    }))

  test('a batch encoded beforehand is written as it is', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const builder = new BatchBuilder()
      builder.append('k', 'v', [], 1000)
      const rawRecords = builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 })
      assert.equal((await client.rawProduce({ topic, partition: 0, rawRecords })).baseOffset, 0)
      const damaged = rawRecords.slice()
      damaged[damaged.length - 1]! ^= 1
      assert.equal(
        codeOf((await client.rawProduce({ topic, partition: 0, rawRecords: damaged })).error),
        ErrorCode.InvalidMessage,
      )
      await assert.rejects(client.rawProduce({ topic, partition: 0, rawRecords: new Uint8Array(0) }), ConfigError)
      const { records } = await client.fetch({ topic, partition: 0, offset: 0 })
      assert.deepEqual(
        [...records].map(message => [message.text(), message.timestamp]),
        [['v', 1000]],
      )
    }))

  test('an idempotent batch sent twice is stored once', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const { producer, error } = await client.initProducerId({})
      assert.equal(error, null)
      const batch = { topic, partition: 0, records: [{ value: 'once' }], ...producer!, baseSequence: 0 }
      assert.equal((await client.produce(batch)).baseOffset, 0)
      assert.equal((await client.produce(batch)).error, null)
      const { topics } = await client.listOffsets({ topics: { [topic]: [lastOffsetOf(0)] } })
      assert.equal(topics[topic]![0]!.lastOffset, 1)
      const gap = await client.produce({ ...batch, baseSequence: 5 })
      assert.equal(codeOf(gap.error), ErrorCode.OutOfOrderSequenceNumber)
    }))

  test('a topic that stamps records itself says when', t =>
    withClient(async client => {
      const topic = t.unique('stamped')
      await client.createTopics({
        topics: [
          {
            topic,
            numPartitions: 1,
            replicationFactor: 1,
            configEntries: [oneInSync, { configName: 'message.timestamp.type', configValue: 'LogAppendTime' }],
          },
        ],
      })
      const { logAppendTime } = await client.produce({
        topic,
        partition: 0,
        records: [{ value: 'x', time: new Date(1000) }],
      })
      assert.ok(logAppendTime !== null && Math.abs(Date.now() - logAppendTime.getTime()) < 60_000)
      const { records } = await client.fetch({ topic, partition: 0, offset: 0 })
      assert.deepEqual(records.readRecord()?.time, logAppendTime)
    }))

  test('offsets: first, last and by time, of several partitions and brokers in one call', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 3)
      for (const at of [1000, 2000, 3000])
        await client.produce({ topic, partition: 2, records: [{ value: 'x', time: new Date(at) }] })
      const { topics } = await client.listOffsets({
        topics: {
          [topic]: [
            lastOffsetOf(2),
            firstOffsetOf(2),
            timeOffsetOf(2, new Date(1500)),
            timeOffsetOf(2, new Date(9000)),
            lastOffsetOf(0),
            firstOffsetOf(1),
          ],
        },
        isolationLevel: IsolationLevel.ReadCommitted,
      })
      assert.deepEqual(topics[topic], [
        { partition: 0, firstOffset: -1, lastOffset: 0, offsets: new Map(), error: null },
        { partition: 1, firstOffset: 0, lastOffset: -1, offsets: new Map(), error: null },
        {
          partition: 2,
          firstOffset: 0,
          lastOffset: 3,
          offsets: new Map([
            [1, new Date(1500)],
            [-1, new Date(9000)],
          ]),
          error: null,
        },
      ])
    }))

  test('offsets of what is not there are errors of that partition, beside the answers of others', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const missing = t.unique('missing')
      const { topics } = await client.listOffsets({
        topics: { [topic]: [lastOffsetOf(0), lastOffsetOf(4)], [missing]: [lastOffsetOf(0)] },
      })
      assert.deepEqual(
        topics[topic]!.map(({ partition, error }) => [partition, codeOf(error)]),
        [
          [0, 0],
          [4, ErrorCode.UnknownTopicOrPartition],
        ],
      )
      assert.equal(codeOf(topics[missing]![0]!.error), ErrorCode.UnknownTopicOrPartition)
    }))

  test('offsets committed for a group are fetched again, some or all', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 2)
      const groupId = t.unique('group')
      const committed = await client.offsetCommit({
        groupId,
        topics: { [topic]: [{ partition: 0, offset: 5, metadata: 'note' }] },
      })
      assert.deepEqual(committed.topics, { [topic]: [{ partition: 0, error: null }] })
      const stored = { partition: 0, committedOffset: 5, metadata: 'note', error: null }
      const some = await client.offsetFetch({ groupId, topics: { [topic]: [0, 1] } })
      assert.equal(some.error, null)
      assert.deepEqual(some.topics[topic], [stored, { partition: 1, committedOffset: -1, metadata: '', error: null }])
      assert.deepEqual((await client.offsetFetch({ groupId })).topics, { [topic]: [stored] })
      assert.deepEqual(
        // In whatever order the broker answers.
        [...(await client.consumerOffsets({ topic, groupId }))].sort(([a], [b]) => a - b),
        [
          [0, 5],
          [1, -1],
        ],
      )
      const unknown = await client.offsetCommit({
        groupId,
        topics: { [t.unique('missing')]: [{ partition: 0, offset: 1 }] },
      })
      assert.equal(codeOf(Object.values(unknown.topics)[0]![0]!.error), ErrorCode.UnknownTopicOrPartition)
    }))

  test('a member joins, syncs, beats, commits and leaves', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 2)
      const groupId = t.unique('group')
      const { coordinator } = await client.findCoordinator({ key: groupId })
      assert.ok(coordinator!.nodeId >= 0 && coordinator!.port > 0)
      const join = {
        groupId,
        protocols: [{ name: 'range', metadata: { topics: [topic], userData: Uint8Array.of(1, 2) } }],
      }
      const invited = await client.joinGroup(join)
      assert.equal(codeOf(invited.error), ErrorCode.MemberIDRequired)
      const { memberId } = invited
      const joined = await client.joinGroup({ ...join, memberId })
      assert.equal(joined.error, null)
      assert.equal(joined.leaderId, memberId)
      assert.equal(joined.protocolName, 'range')
      assert.deepEqual(
        joined.members.map(({ id, metadata }) => [id, metadata.topics, metadata.userData]),
        [[memberId, [topic], Uint8Array.of(1, 2)]],
      )
      const { generationId } = joined
      const member = { groupId, generationId, memberId }
      const assignments = [{ memberId, assignment: { assignedPartitions: { [topic]: [1, 0] } } }]
      const synced = await client.syncGroup({ ...member, protocolName: 'range', assignments })
      assert.equal(synced.error, null)
      assert.deepEqual(synced.assignment.assignedPartitions, { [topic]: [1, 0] })
      assert.equal((await client.heartbeat(member)).error, null)
      const beat = await client.heartbeat({ ...member, generationId: generationId + 1 })
      assert.equal(codeOf(beat.error), ErrorCode.IllegalGeneration)
      const commit = await client.offsetCommit({ ...member, topics: { [topic]: [{ partition: 0, offset: 1 }] } })
      assert.equal(commit.topics[topic]![0]!.error, null)
      const left = await client.leaveGroup({ groupId, members: [{ id: memberId }, { id: 'stranger' }] })
      assert.equal(left.error, null)
      assert.deepEqual(
        left.members.map(({ id, error }) => [id, codeOf(error)]),
        [
          [memberId, 0],
          ['stranger', ErrorCode.UnknownMemberId],
        ],
      )
      assert.equal(codeOf((await client.heartbeat(member)).error), ErrorCode.UnknownMemberId)
    }))

  test('apiVersions names what the broker speaks', () =>
    withClient(async client => {
      const { error, apiKeys } = await client.apiVersions()
      assert.equal(error, null)
      const produce = apiKeys.find(({ apiKey }) => apiKey === 0)!
      assert.equal(produce.apiName, 'Produce')
      assert.ok(produce.maxVersion >= 9)
    }))

  test('a client without a transport makes and closes its own; closed, it refuses', async () => {
    const transport = new Transport({ adapter, natives })
    const client = new Client({ addr: cluster.brokers, transport })
    await client.close()
    await assert.rejects(client.metadata(), error => error instanceof Error && error.name === 'ClosedError')
    // The transport given is still open.
    const other = new Client({ transport })
    assert.ok((await other.metadata({ addr: cluster.brokers, topics: [] })).brokers.length > 0)
    await assert.rejects(other.metadata(), error => error instanceof Error && error.name === 'ConfigError')
    await transport.close()
  })
}
