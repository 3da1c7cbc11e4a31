import {
  Client,
  Compression,
  ConfigError,
  ErrorCode,
  type KafkaError,
  lastOffsetOf,
  type ProducerSession,
  ProtocolError,
  Transport,
} from '../../src/index.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { until } from '../support/waiting.ts'
import type { Assert } from './assert.ts'
import type { Suite, TestContext } from './harness.ts'

/** What administrators do with a Client, as far as every cluster can do it. */
export const suite: Suite = ({ test, assert: given, cluster, adapter, natives }) => {
  // An assertion function must be declared with its type.
  const assert: Assert = given
  async function withClient(body: (client: Client) => Promise<void>): Promise<void> {
    // Not `await using`: WebKit has no Symbol.asyncDispose yet.
    const transport = new Transport({ adapter, natives })
    try {
      await body(new Client({ addr: cluster.brokers, transport }))
    } finally {
      await transport.close()
    }
  }

  async function newTopic(client: Client, t: TestContext, numPartitions = 1): Promise<string> {
    const topic = t.unique('admin')
    // Before 3.5 a broker demands as many replicas in sync as it is set to, even of a topic that has fewer.
    const configEntries = [{ configName: 'min.insync.replicas', configValue: '1' }]
    const { errors } = await client.createTopics({
      topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }],
    })
    assert.equal(errors[topic], null)
    return topic
  }

  async function write(client: Client, topic: string, count: number, partition = 0, at = 1000): Promise<void> {
    const records = Array.from({ length: count }, (_, n) => ({ value: `${n}`, time: new Date(at + n) }))
    assert.equal((await client.produce({ topic, partition, records })).error, null)
  }

  /** A transaction that has a record in partition 0. */
  async function begun(client: Client, t: TestContext, topic: string) {
    const transactionalId = t.unique('transaction')
    const { producer, error } = await client.initProducerId({ transactionalId })
    assert.equal(error, null)
    const as = { transactionalId, ...producer! }
    await client.addPartitionsToTxn({ ...as, topics: { [topic]: [{ partition: 0 }] } })
    const written = await client.produce({ topic, partition: 0, records: [{ value: 'open' }], ...as, baseSequence: 0 })
    assert.equal(written.error, null)
    return { as, transactionalId }
  }

  /** What is committed of partition 0. */
  async function committed(client: Client, topic: string): Promise<string[]> {
    const { records } = await client.fetch({
      topic,
      partition: 0,
      offset: 0,
      maxWait: 0,
      isolationLevel: 'read_committed',
    })
    return [...records].map(message => message.text())
  }

  const codeOf = (error: KafkaError | null | undefined): number => error?.code ?? 0
  const major = Number.parseInt(cluster.version, 10)
  const olderThan = (version: number): boolean => Number.parseFloat(cluster.version) < version

  /** Joins a group of its own and leaves it open. */
  async function member(client: Client, groupId: string, topic: string, partitions: number[]) {
    const join = {
      groupId,
      protocols: [{ name: 'range', metadata: { topics: [topic], userData: Uint8Array.of(7) } }],
    }
    const { memberId } = await client.joinGroup(join)
    const { generationId, error } = await client.joinGroup({ ...join, memberId })
    assert.equal(error, null)
    const assignments = [{ memberId, assignment: { assignedPartitions: { [topic]: partitions } } }]
    await client.syncGroup({ groupId, generationId, memberId, protocolName: 'range', assignments })
    return { memberId, generationId }
  }

  test('partitions are added to a topic, and only more of them', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const missing = t.unique('missing')
      const checked = await client.createPartitions({ topics: [{ name: topic, count: 2 }], validateOnly: true })
      assert.deepEqual(checked.errors, { [topic]: null })
      const { brokers } = await client.metadata({ topics: [] })
      const topicPartitionAssignments = [{ brokerIds: [brokers[0]!.id] }, { brokerIds: [brokers.at(-1)!.id] }]
      const { errors } = await client.createPartitions({
        topics: [
          { name: topic, count: 3, topicPartitionAssignments },
          { name: missing, count: 2 },
        ],
      })
      assert.equal(errors[topic], null)
      assert.equal(codeOf(errors[missing]), ErrorCode.UnknownTopicOrPartition)
      const found = await client.waitForTopic({ topic, partitions: 3 })
      assert.deepEqual(
        found.partitions.slice(1).map(({ replicas }) => replicas.map(({ id }) => id)),
        [[brokers[0]!.id], [brokers.at(-1)!.id]],
      )
      const fewer = await client.createPartitions({ topics: [{ name: topic, count: 1 }] })
      assert.equal(codeOf(fewer.errors[topic]), ErrorCode.InvalidPartitionNumber)
    }))

  test('settings are described, changed one by one, and replaced', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const resource = { resourceType: 'topic', resourceName: topic } as const
      const missing = { resourceType: 'topic', resourceName: t.unique('missing') } as const
      // What the controller changed the other brokers learn a moment later, and any of them may be asked.
      const described = async (configNames?: string[]) =>
        (await client.describeConfigs({ resources: [{ ...resource, configNames }], includeSynonyms: true }))
          .resources[0]!
      await until(t.signal, async () => (await described()).error === null)
      const read = async (name: string) => {
        const { error, configEntries } = await described([name])
        assert.equal(error, null)
        assert.equal(configEntries.length, 1)
        return configEntries[0]!
      }
      assert.equal((await read('retention.ms')).isDefault, true)
      const changed = await client.incrementalAlterConfigs({
        resources: [
          {
            ...resource,
            configs: [
              { name: 'retention.ms', value: '86400000' },
              { name: 'cleanup.policy', value: 'compact', configOperation: 'append' },
            ],
          },
          { ...missing, configs: [{ name: 'retention.ms', value: '1' }] },
        ],
      })
      assert.deepEqual(
        changed.resources.map(({ resourceName, error }) => [resourceName, codeOf(error)]),
        [
          [topic, 0],
          [missing.resourceName, ErrorCode.UnknownTopicOrPartition],
        ],
      )
      await until(t.signal, async () => (await read('retention.ms')).configValue === '86400000')
      const retention = await read('retention.ms')
      assert.equal(retention.isDefault, false)
      assert.equal(retention.configSource, 1)
      assert.equal(retention.configSynonyms[0]!.configValue, '86400000')
      assert.equal((await read('cleanup.policy')).configValue, 'delete,compact')
      await client.incrementalAlterConfigs({
        resources: [{ ...resource, configs: [{ name: 'retention.ms', configOperation: 'delete' }] }],
      })
      await until(t.signal, async () => (await read('retention.ms')).isDefault)
      const configs = [{ name: 'retention.ms', value: '5000' }]
      const checked = await client.alterConfigs({ resources: [{ ...resource, configs }], validateOnly: true })
      assert.deepEqual(checked.errors, [{ type: 2, name: topic, error: null }])
      assert.equal((await read('cleanup.policy')).isDefault, false)
      const replaced = await client.alterConfigs({ resources: [{ ...resource, configs }] })
      assert.equal(replaced.errors[0]!.error, null)
      await until(t.signal, async () => (await read('retention.ms')).configValue === '5000')
      assert.equal((await read('cleanup.policy')).isDefault, true)
    }))

  test('settings of each broker come from that broker, in the order asked, beside those of topics', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const { brokers } = await client.metadata({ topics: [] })
      const of = (id: number) =>
        ({ resourceType: 'broker', resourceName: String(id), configNames: ['broker.id', 'node.id'] }) as const
      const ids = brokers.map(({ id }) => id).reverse()
      const ours = { resourceType: 'topic', resourceName: topic } as const
      const asked = [of(ids[0]!), ours, ...ids.slice(1).map(of)]
      const { resources } = await client.describeConfigs({ resources: asked })
      assert.deepEqual(
        resources.map(({ resourceName, error }) => [resourceName, error]),
        asked.map(({ resourceName }) => [resourceName, null]),
      )
      if (cluster.kind === 'embedded') return
      for (const { resourceType, resourceName, configEntries } of resources)
        assert.ok(resourceType === 2 || configEntries.some(({ configValue }) => configValue === resourceName))
    }))

  test('records are deleted up to an offset, or all of them', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 2)
      await write(client, topic, 5)
      await write(client, topic, 3, 1)
      const { topics } = await client.deleteRecords({
        topics: {
          [topic]: [
            { partition: 0, beforeOffset: 2 },
            { partition: 1, beforeOffset: 'latest' },
            { partition: 7, beforeOffset: 0 },
          ],
        },
      })
      assert.deepEqual(
        topics[topic]!.map(({ partition, lowWatermark, error }) => [partition, lowWatermark, codeOf(error)]),
        [
          [0, 2, 0],
          [1, 3, 0],
          [7, -1, ErrorCode.UnknownTopicOrPartition],
        ],
      )
      const tooFar = await client.deleteRecords({ topics: { [topic]: [{ partition: 0, beforeOffset: 99 }] } })
      assert.equal(codeOf(tooFar.topics[topic]![0]!.error), ErrorCode.OffsetOutOfRange)
      const ranges = await client.topicOffsets({ topics: [topic] })
      assert.deepEqual(ranges, {
        topics: {
          [topic]: [
            { partition: 0, firstOffset: 2, lastOffset: 5, error: null },
            { partition: 1, firstOffset: 3, lastOffset: 3, error: null },
          ],
        },
        errors: {},
      })
    }))

  test('groups are listed with their coordinators, described with their members, and deleted when empty', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 2)
      const groups = [t.unique('a'), t.unique('b'), t.unique('c')]
      const missing = t.unique('missing')
      for (const groupId of groups)
        await client.offsetCommit({ groupId, topics: { [topic]: [{ partition: 0, offset: 1 }] } })
      const { memberId } = await member(client, groups[0]!, topic, [1, 0])
      const listed = await client.listGroups()
      assert.equal(listed.error, null)
      for (const groupId of groups) {
        const { coordinator } = await client.findCoordinator({ key: groupId })
        const found = listed.groups.find(group => group.groupId === groupId)
        assert.equal(found?.coordinator, coordinator!.nodeId)
      }
      const [first, second, last] = (
        await client.describeGroups({ groupIds: [groups[0]!, groups[1]!, missing], includeAuthorizedOperations: true })
      ).groups
      assert.equal(first!.error, null)
      assert.equal(first!.groupState, 'Stable')
      assert.equal(first!.protocolType, 'consumer')
      assert.equal(first!.protocolName, 'range')
      const [only] = first!.members
      assert.equal(only!.memberId, memberId)
      assert.deepEqual(only!.memberMetadata!.topics, [topic])
      assert.deepEqual(only!.memberMetadata!.userData, Uint8Array.of(7))
      assert.deepEqual(only!.memberAssignments!.topics, [{ topic, partitions: [1, 0] }])
      assert.ok(first!.authorizedOperations!.includes(3))
      assert.equal(second!.groupState, 'Empty')
      assert.equal(last!.groupState, 'Dead')
      const deleted = await client.deleteGroups({ groupIds: [...groups.slice(0, 2), missing] })
      assert.deepEqual(Object.fromEntries(Object.entries(deleted.errors).map(([id, error]) => [id, codeOf(error)])), {
        [groups[0]!]: ErrorCode.NonEmptyGroup,
        [groups[1]!]: 0,
        [missing]: ErrorCode.GroupIdNotFound,
      })
      await client.leaveGroup({ groupId: groups[0]!, members: [{ id: memberId }] })
      assert.equal((await client.deleteGroups({ groupIds: [groups[0]!] })).errors[groups[0]!], null)
      const left = (await client.listGroups()).groups.map(({ groupId }) => groupId)
      assert.ok(!left.includes(groups[0]!) && !left.includes(groups[1]!) && left.includes(groups[2]!))
    }))

  test('a group that is not one of consumers is described all the same, its members as they are', t =>
    withClient(async client => {
      const groupId = t.unique('connect')
      const join = {
        groupId,
        protocolType: 'connect',
        protocols: [{ name: 'default', metadata: { topics: [] } }],
      }
      const { memberId } = await client.joinGroup(join)
      const { generationId } = await client.joinGroup({ ...join, memberId })
      const stay = { groupId, generationId, memberId, protocolType: 'connect', protocolName: 'default' }
      await client.syncGroup({ ...stay, assignments: [{ memberId, assignment: { assignedPartitions: {} } }] })
      const { groups } = await client.describeGroups({ groupIds: [groupId] })
      assert.equal(groups[0]!.protocolType, 'connect')
      const [found] = groups[0]!.members
      assert.equal(found!.memberMetadata, null)
      assert.equal(found!.memberAssignments, null)
      assert.ok(found!.rawMetadata.length > 0)
    }))

  test('positions of a group are deleted, but not of what it reads', t =>
    withClient(async client => {
      const read = await newTopic(client, t, 2)
      const left = await newTopic(client, t)
      const groupId = t.unique('group')
      const missing = t.unique('missing')
      const at = [{ partition: 0, offset: 1 }]
      await client.offsetCommit({ groupId, topics: { [read]: at, [left]: at } })
      await member(client, groupId, read, [0, 1])
      const { error, topics } = await client.offsetDelete({
        groupId,
        topics: { [read]: [0], [left]: [0], [missing]: [0] },
      })
      assert.equal(error, null)
      assert.equal(codeOf(topics[read]![0]!.error), ErrorCode.GroupSubscribedToTopic)
      assert.equal(topics[left]![0]!.error, null)
      assert.equal(codeOf(topics[missing]![0]!.error), ErrorCode.UnknownTopicOrPartition)
      assert.deepEqual(Object.keys((await client.offsetFetch({ groupId })).topics), [read])
      const none = await client.offsetDelete({ groupId: missing, topics: { [read]: [0] } })
      assert.equal(codeOf(none.error), ErrorCode.GroupIdNotFound)
    }))

  test('a transaction by hand: partitions, offsets, commit; then one that is aborted', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 2)
      const groupId = t.unique('group')
      const transactionalId = t.unique('transaction')
      const begun = await client.initProducerId({ transactionalId })
      assert.equal(begun.error, null)
      let producer: ProducerSession = begun.producer!
      const during = async (baseSequence: number, committed: boolean): Promise<void> => {
        const as = { transactionalId, ...producer }
        const added = await client.addPartitionsToTxn({
          ...as,
          topics: { [topic]: [{ partition: 0 }, { partition: 1 }] },
        })
        assert.deepEqual(
          added.topics[topic]!.map(({ error }) => error),
          [null, null],
        )
        const batch = { topic, partition: 0, records: [{ value: 'x' }], ...as, baseSequence }
        assert.equal((await client.produce(batch)).error, null)
        assert.equal((await client.addOffsetsToTxn({ ...as, groupId })).error, null)
        const stored = await client.txnOffsetCommit({
          ...as,
          groupId,
          topics: { [topic]: [{ partition: 1, offset: committed ? 5 : 9, metadata: 'note' }] },
        })
        assert.equal(stored.topics[topic]![0]!.error, null)
        const ended = await client.endTxn({ ...as, committed })
        assert.equal(ended.error, null)
        producer = ended.producer ?? producer
      }
      const epoch = producer.producerEpoch
      await during(0, true)
      // A new epoch begins its sequence anew.
      await during(producer.producerEpoch === epoch ? 1 : 0, false)
      const positions = async () => (await client.offsetFetch({ groupId, topics: { [topic]: [1] } })).topics[topic]![0]!
      let found = await positions()
      // Markers take a moment to come to the groups' coordinator.
      for (; found.committedOffset !== 5; found = await positions()) t.signal.throwIfAborted()
      assert.equal(found.metadata, 'note')
      const fetched = await client.fetch({ topic, partition: 0, offset: 0, isolationLevel: 'read_committed' })
      assert.equal([...fetched.records].length, 1)
      const stale = await client.endTxn({
        transactionalId,
        producerId: producer.producerId,
        producerEpoch: 999,
        committed: true,
      })
      assert.ok(stale.error !== null)
      const missing = t.unique('missing')
      const refused = await client.addPartitionsToTxn({
        transactionalId,
        ...producer,
        topics: { [topic]: [{ partition: 0 }], [missing]: [{ partition: 0 }] },
      })
      assert.equal(codeOf(refused.topics[missing]![0]!.error), ErrorCode.UnknownTopicOrPartition)
      assert.equal(codeOf(refused.topics[topic]![0]!.error), ErrorCode.OperationNotAttempted)
    }))

  test('transactions and producers are seen from outside', t =>
    withClient(async client => {
      // Before 3.0 there is no such API.
      if (major < 3) return
      const topic = await newTopic(client, t)
      const transactionalId = t.unique('transaction')
      const missing = t.unique('missing')
      const { producer } = await client.initProducerId({ transactionalId, transactionTimeoutMs: 30_000 })
      const as = { transactionalId, ...producer! }
      await client.addPartitionsToTxn({ ...as, topics: { [topic]: [{ partition: 0 }] } })
      await client.produce({ topic, partition: 0, records: [{ value: 'x' }], ...as, baseSequence: 0 })
      const listed = await client.listTransactions({ states: ['Ongoing'], producerIds: [producer!.producerId] })
      assert.equal(listed.error, null)
      assert.deepEqual(
        listed.transactions.map(each => [each.transactionalId, each.state]),
        [[transactionalId, 'Ongoing']],
      )
      const { transactions } = await client.describeTransactions({ transactionalIds: [transactionalId, missing] })
      assert.equal(transactions[0]!.error, null)
      assert.equal(transactions[0]!.timeout, 30_000)
      assert.deepEqual(transactions[0]!.topics, { [topic]: [0] })
      assert.ok(transactions[0]!.startedAt instanceof Date)
      assert.equal(codeOf(transactions[1]!.error), ErrorCode.TransactionalIDNotFound)
      const { topics } = await client.describeProducers({ topics: { [topic]: [0, 7] } })
      const [of, none] = topics[topic]!
      assert.deepEqual(
        of!.producers.map(each => [each.producerId, each.lastSequence, each.currentTransactionStartOffset]),
        [[producer!.producerId, 0, 0]],
      )
      assert.equal(codeOf(none!.error), ErrorCode.UnknownTopicOrPartition)
      assert.equal((await client.endTxn({ ...as, committed: false })).error, null)
    }))

  test('an open transaction is aborted in a partition', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const { as } = await begun(client, t, topic)
      const where = { topic, partition: 0 }
      // Before 3.0 leaders can't be asked whose it is.
      const whose = major < 3 ? { producerId: as.producerId, producerEpoch: as.producerEpoch } : { startOffset: 0 }
      const { error, producer } = await client.abortTransaction({ ...where, ...whose })
      assert.equal(error, null)
      assert.deepEqual(producer, { producerId: as.producerId, producerEpoch: as.producerEpoch })
      await write(client, topic, 1)
      await until(t.signal, async () => `${await committed(client, topic)}` === '0')
      await assert.rejects(client.abortTransaction(where), ConfigError)
      await assert.rejects(client.abortTransaction({ ...where, startOffset: 0, producerId: 1n }), ConfigError)
      assert.equal((await client.endTxn({ ...as, committed: false })).error, null)
    }))

  test('producers are fenced, and their transactions aborted', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const { as, transactionalId } = await begun(client, t, topic)
      const other = t.unique('other')
      const { producers } = await client.fenceProducers({ transactionalIds: [transactionalId, other] })
      assert.deepEqual(
        producers.map(each => [each.transactionalId, each.error]),
        [
          [transactionalId, null],
          [other, null],
        ],
      )
      assert.ok(producers[0]!.producer!.producerEpoch > as.producerEpoch)
      assert.ok((await client.endTxn({ ...as, committed: true })).error !== null)
      await write(client, topic, 1)
      await until(t.signal, async () => `${await committed(client, topic)}` === '0')
      assert.deepEqual((await client.fenceProducers({ transactionalIds: [] })).producers, [])
      await assert.rejects(client.fenceProducers({ transactionalIds: [''] }), ConfigError)
    }))

  test('a transaction is terminated by force, and its writer is over', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const { as, transactionalId } = await begun(client, t, topic)
      assert.equal((await client.forceTerminateTransaction({ transactionalId })).error, null)
      assert.ok((await client.endTxn({ ...as, committed: true })).error !== null)
      await write(client, topic, 1)
      await until(t.signal, async () => `${await committed(client, topic)}` === '0')
    }))

  test('the cluster is described, and its features', () =>
    withClient(async client => {
      const told = await client.describeCluster({ includeAuthorizedOperations: true })
      assert.equal(told.error, null)
      const { brokers, clusterId } = await client.metadata({ topics: [] })
      assert.equal(told.clusterId, clusterId)
      assert.deepEqual(told.brokers.map(({ id }) => id).sort(), brokers.map(({ id }) => id).sort())
      assert.ok(told.brokers.every(({ fenced }) => !fenced))
      assert.ok(told.authorizedOperations!.length > 0)
      const features = await client.describeFeatures()
      assert.equal(features.error, null)
      if (cluster.kind === 'kafka' && major >= 4) assert.ok(features.finalizedFeatures['metadata.version']!.max > 0)
    }))

  test('a broker that there is not can’t be forgotten', () =>
    withClient(async client => {
      if (olderThan(3.9)) return
      const { error } = await client.unregisterBroker({ brokerId: 99 })
      assert.equal(codeOf(error), ErrorCode.BrokerIDNotRegistered)
    }))

  test('which metrics are wanted of clients, where anybody takes them', () =>
    withClient(async client => {
      const { apiKeys } = await client.apiVersions()
      if (!apiKeys.some(({ apiName }) => apiName === 'GetTelemetrySubscriptions')) return
      const told = await client.getTelemetrySubscriptions()
      assert.equal(told.error, null)
      assert.deepEqual(told.requestedMetrics, [])
      assert.ok(told.pushInterval > 0 && told.maxBytes > 0 && told.deltaTemporality)
      assert.ok(told.acceptedCompressionTypes.includes(Compression.Zstd))
      // Each broker knows for itself who has asked.
      if (cluster.brokers.length > 1) return
      const again = await client.getTelemetrySubscriptions({ clientInstanceId: told.clientInstanceId })
      assert.equal(codeOf(again.error), ErrorCode.ThrottlingQuotaExceeded)
    }))

  test('partitions are described a page at a time', t =>
    withClient(async client => {
      if (olderThan(3.9)) return
      const topic = await newTopic(client, t, 5)
      const missing = t.unique('zzz')
      const ids: number[] = []
      let pages = 0
      let cursor = null
      do {
        const page = await client.describeTopicPartitions({ topics: [missing, topic], partitionLimit: 2, cursor })
        for (const { name, error, partitions } of page.topics) {
          assert.equal(codeOf(error), name === topic ? 0 : ErrorCode.UnknownTopicOrPartition)
          for (const { id, leader, isr, replicas } of partitions) {
            ids.push(id)
            assert.deepEqual([isr, replicas], [[leader], [leader]])
          }
        }
        pages++
        cursor = page.nextCursor
      } while (cursor !== null)
      assert.deepEqual(ids, [0, 1, 2, 3, 4])
      assert.equal(pages, 3)
    }))

  test('how far behind groups are, of several at once and of all', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 2)
      await write(client, topic, 5)
      await write(client, topic, 2, 1)
      const [ahead, behind, missing] = [t.unique('ahead'), t.unique('behind'), t.unique('missing')]
      const gone = { partition: 0, offset: 0 }
      await client.offsetCommit({ groupId: ahead, topics: { [topic]: [{ partition: 1, offset: 2 }] } })
      const positions = [gone, { partition: 1, offset: 1 }]
      await client.offsetCommit({ groupId: behind, topics: { [topic]: positions } })
      const { groups } = await client.groupLag({ groupIds: [ahead, behind, missing] })
      assert.deepEqual(
        groups.map(({ groupId, totalLag, error }) => [groupId, totalLag, error]),
        [
          [ahead, 0, null],
          [behind, 6, null],
          [missing, 0, null],
        ],
      )
      assert.deepEqual(groups[1]!.topics[topic], [
        { partition: 0, committedOffset: 0, lastOffset: 5, lag: 5, error: null },
        { partition: 1, committedOffset: 1, lastOffset: 2, lag: 1, error: null },
      ])
      const all = await client.groupLag()
      assert.equal(all.groups.find(({ groupId }) => groupId === behind)?.totalLag, 6)
    }))

  test('a group is set to another place, after it was told where that is', t =>
    withClient(async client => {
      const topic = await newTopic(client, t, 2)
      await write(client, topic, 5)
      await write(client, topic, 3, 1, 5000)
      const groupId = t.unique('group')
      await client.offsetCommit({ groupId, topics: { [topic]: [{ partition: 0, offset: 3 }] } })
      type To = Parameters<Client['resetOffsets']>[0]['to']
      const places = async (to: To, execute = false): Promise<[number, number][]> => {
        const { executed, topics, errors } = await client.resetOffsets({ groupId, topics: [topic], to, execute })
        assert.equal(executed, execute)
        assert.deepEqual(errors, {})
        assert.ok(topics[topic]!.every(({ error }) => error === null))
        return topics[topic]!.map(({ before, offset }) => [before, offset])
      }
      assert.deepEqual(await places('earliest'), [
        [3, 0],
        [-1, 0],
      ])
      assert.deepEqual(await places('latest'), [
        [3, 5],
        [-1, 3],
      ])
      assert.deepEqual(await places('current'), [
        [3, 3],
        [-1, 3],
      ])
      assert.deepEqual(await places({ shift: -2 }), [
        [3, 1],
        [-1, 1],
      ])
      assert.deepEqual(await places({ shift: 99 }), [
        [3, 5],
        [-1, 3],
      ])
      assert.deepEqual(await places({ offset: 2 }), [
        [3, 2],
        [-1, 2],
      ])
      assert.deepEqual(await places({ time: 1002 }), [
        [3, 2],
        [-1, 0],
      ])
      assert.deepEqual(await places({ time: new Date(5001) }), [
        [3, 5],
        [-1, 1],
      ])
      assert.deepEqual(await places({ duration: 0 }), [
        [3, 5],
        [-1, 3],
      ])
      const stored = async () => (await client.offsetFetch({ groupId })).topics[topic]!.length
      assert.equal(await stored(), 1)
      const plan = { offsets: { [topic]: [{ partition: 1, offset: 2 }] } }
      const own = await client.resetOffsets({ groupId, to: plan, execute: true })
      assert.deepEqual(own.topics[topic], [{ partition: 1, before: -1, offset: 2, error: null }])
      assert.equal(await stored(), 2)
      assert.deepEqual(await places('earliest', true), [
        [3, 0],
        [2, 0],
      ])
      assert.deepEqual(await places('current'), [
        [0, 0],
        [0, 0],
      ])
      const missing = t.unique('missing')
      const none = await client.resetOffsets({ groupId, topics: [missing], to: 'earliest' })
      assert.equal(codeOf(none.errors[missing]), ErrorCode.UnknownTopicOrPartition)
    }))

  test('a group that has members is not set to another place behind their backs', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      const groupId = t.unique('group')
      await member(client, groupId, topic, [0])
      const { topics } = await client.resetOffsets({ groupId, topics: [topic], to: 'earliest', execute: true })
      assert.equal(codeOf(topics[topic]![0]!.error), ErrorCode.UnknownMemberId)
    }))

  test('waiting for a topic ends when it is there, when its time is up, and when the caller gives up', t =>
    withClient(async client => {
      const topic = t.unique('awaited')
      const waiting = client.waitForTopic({ topic, partitions: 2 })
      await client.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] })
      const found = await waiting
      assert.equal(found.name, topic)
      assert.equal(found.partitions.length, 2)
      const more = await assert.rejects(client.waitForTopic({ topic, partitions: 3, timeout: 200 }))
      assert.ok(more.name === 'TimeoutError' && more.message.includes('2 of 3 partitions'))
      const controller = new AbortController()
      const given = new Error('given up')
      const never = client.waitForTopic({ topic: t.unique('never') }, { signal: controller.signal })
      controller.abort(given)
      assert.equal(await assert.rejects(never), given)
    }))

  test('any API is sent in its own words, to a broker that is named', t =>
    withClient(async client => {
      const groupId = t.unique('group')
      const { coordinator } = await client.findCoordinator({ key: groupId })
      const asked = { groups: [groupId] }
      const { groups } = await client.roundTrip(DescribeGroups, asked)
      assert.equal(groups[0]!.groupState, 'Dead')
      const { brokers } = await client.metadata({ topics: [] })
      for (const { id } of brokers) {
        const answer = await client.roundTrip(DescribeGroups, asked, { brokerId: id })
        const wrong = answer.groups[0]!.errorCode === ErrorCode.NotCoordinatorForGroup
        assert.equal(wrong, id !== coordinator!.nodeId)
      }
    }))

  test('every call is given up when its signal is aborted', t =>
    withClient(async client => {
      const given = new Error('given up')
      const options = { signal: AbortSignal.abort(given) }
      const resource = { resourceType: 'topic', resourceName: 'x' } as const
      const group = { groupId: t.unique('group') }
      const calls: Promise<unknown>[] = [
        client.listGroups({}, options),
        client.describeGroups({ groupIds: [group.groupId] }, options),
        client.deleteGroups({ groupIds: [group.groupId] }, options),
        client.offsetDelete({ ...group, topics: {} }, options),
        client.describeConfigs({ resources: [resource] }, options),
        client.incrementalAlterConfigs({ resources: [{ ...resource, configs: [] }] }, options),
        client.createPartitions({ topics: [] }, options),
        client.describeCluster({}, options),
        client.topicOffsets({ topics: ['x'] }, options),
        client.groupLag({}, options),
        client.resetOffsets({ ...group, to: 'earliest' }, options),
      ]
      for (const call of calls) assert.equal(await assert.rejects(call), given)
    }))

  test('what a broker has no API for is refused as UNSUPPORTED_VERSION', () =>
    withClient(async client => {
      const { apiKeys } = await client.apiVersions()
      const offers = new Set(apiKeys.map(({ apiName }) => apiName))
      const calls: Record<string, () => Promise<unknown>> = {
        DescribeAcls: () => client.describeAcls(),
        DescribeClientQuotas: () => client.describeClientQuotas(),
        DescribeUserScramCredentials: () => client.describeUserScramCredentials(),
        ListPartitionReassignments: () => client.listPartitionReassignments(),
        DescribeLogDirs: () => client.describeLogDirs(),
        DescribeQuorum: () => client.describeQuorum(),
        DescribeDelegationToken: () => client.describeDelegationTokens(),
        ListConfigResources: () => client.listConfigResources(),
        ConsumerGroupDescribe: () => client.describeConsumerGroups({ groupIds: ['g'] }),
        ShareGroupDescribe: () => client.describeShareGroups({ groupIds: ['g'] }),
        StreamsGroupDescribe: () => client.describeStreamsGroups({ groupIds: ['g'] }),
        GetTelemetrySubscriptions: () => client.getTelemetrySubscriptions(),
      }
      for (const [api, call] of Object.entries(calls)) {
        if (offers.has(api)) continue
        const error = await assert.rejects(call(), ProtocolError)
        assert.equal(codeOf(error.cause as KafkaError), ErrorCode.UnsupportedVersion, api)
      }
    }))

  test('the offsets of all topics, however many there are', t =>
    withClient(async client => {
      const topic = await newTopic(client, t)
      await write(client, topic, 2)
      const { topics } = await client.topicOffsets()
      assert.equal(topics[topic]![0]!.lastOffset, 2)
      assert.ok(!('__consumer_offsets' in topics))
      const listed = await client.listOffsets({ topics: { [topic]: [lastOffsetOf(0)] } })
      assert.equal(listed.topics[topic]![0]!.lastOffset, 2)
      const missing = t.unique('missing')
      const none = await client.topicOffsets({ topics: [missing] })
      assert.deepEqual(none.topics, {})
      assert.equal(codeOf(none.errors[missing]), ErrorCode.UnknownTopicOrPartition)
    }))
}
