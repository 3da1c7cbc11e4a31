import { createHash, pbkdf2Sync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type ACLEntry,
  AuthenticationError,
  Client,
  ErrorCode,
  type KafkaError,
  plain,
  Transport,
  type TransportConfig,
} from '../../src/index.ts'
import { hang } from './hanging.ts'

/** A cluster that checks who may do what, and that nobody else uses. */
export interface Administered {
  /** Where nobody is asked who he is, and everyone may do everything. */
  readonly brokers: readonly string[]
  /** Where one must log in, and may do what rules allow. */
  readonly guarded: string
  /** Who may log in there, by PLAIN. */
  readonly credentials: { readonly username: string; readonly password: string }
  stop(): Promise<void>
}

/** A cluster as its administrator has it, once the tests have begun. */
export interface Stage {
  readonly client: Client
  readonly brokers: readonly string[]
  /** A client that has logged in. */
  alice(config?: TransportConfig): Client
  readonly credentials: Administered['credentials']
  /** Makes a topic; answers its name. */
  newTopic(topic: string): Promise<string>
}

export const codeOf = (error: KafkaError | null | undefined): number => error?.code ?? 0

/** Starts a cluster before the tests around and stops it after them. */
export function stageOf(start: () => Promise<Administered>): Stage {
  let cluster: Administered
  let client: Client
  const open: Transport[] = []
  const opened = (config: TransportConfig): Transport => {
    const transport = new Transport(config)
    open.push(transport)
    return transport
  }
  beforeAll(async () => {
    cluster = await start()
    client = new Client({ addr: cluster.brokers, transport: opened({}) })
  })
  afterAll(async () => {
    for (const each of open) await each.close()
    await cluster?.stop()
  })
  return {
    get client() {
      return client
    },
    get brokers() {
      return cluster.brokers
    },
    get credentials() {
      return cluster.credentials
    },
    alice: (config = {}) =>
      new Client({ addr: cluster.guarded, transport: opened({ sasl: plain(cluster.credentials), ...config }) }),
    async newTopic(topic) {
      const { errors } = await client.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
      expect(errors).toEqual({ [topic]: null })
      return topic
    },
  }
}

/** What administrators do with the Client, alike on Kafka and on the embedded broker. `old`: a Kafka with ZooKeeper. */
export function administration(stage: Stage, old = false): void {
  const { alice, newTopic } = stage
  let client: Client
  beforeAll(() => {
    client = stage.client
  })

  test('access rules are made, found, obeyed, and deleted', async () => {
    const topic = await newTopic('guarded')
    const user = alice()
    const denied = await user.describeConfigs({ resources: [{ resourceType: 'topic', resourceName: topic }] })
    expect(codeOf(denied.resources[0]!.error)).toBe(ErrorCode.TopicAuthorizationFailed)
    const group = await user.describeGroups({ groupIds: ['others'] })
    expect(codeOf(group.groups[0]!.error)).toBe(ErrorCode.GroupAuthorizationFailed)
    const rule: ACLEntry = {
      resourceType: 'topic',
      resourceName: 'guard',
      resourcePatternType: 'prefixed',
      principal: `User:${stage.credentials.username}`,
      operation: 'DescribeConfigs',
      permissionType: 'allow',
    }
    expect((await client.createAcls({ acls: [rule] })).errors).toEqual([null])
    const { errors } = await client.createAcls({ acls: [{ ...rule, principal: 'nobody' }] })
    // With ZooKeeper a broker has no better word for it.
    expect(errors.map(codeOf)).toEqual([old ? ErrorCode.Unknown : ErrorCode.InvalidRequest])
    const allowed = async (): Promise<number> => {
      const { resources } = await user.describeConfigs({ resources: [{ resourceType: 'topic', resourceName: topic }] })
      return codeOf(resources[0]!.error)
    }
    await expect.poll(allowed, { timeout: 10_000 }).toBe(0)
    const filter = {
      resourceTypeFilter: 'topic',
      resourceNameFilter: topic,
      resourcePatternTypeFilter: 'match',
    } as const
    const found = await client.describeAcls({ filter })
    expect(found.error).toBeNull()
    expect(found.resources).toEqual([
      {
        resourceType: 2,
        resourceName: 'guard',
        patternType: 4,
        acls: [{ principal: 'User:alice', host: '*', operation: 10, permissionType: 3 }],
      },
    ])
    expect((await client.describeAcls({ filter: { principalFilter: 'User:bob' } })).resources).toEqual([])
    expect(codeOf((await user.describeAcls()).error)).toBe(ErrorCode.ClusterAuthorizationFailed)
    const { results } = await client.deleteAcls({ filters: [{ ...filter, operation: 'any', permissionType: 'any' }] })
    expect(results[0]!.error).toBeNull()
    expect(results[0]!.matchingAcls).toMatchObject([{ error: null, resourceName: 'guard', operation: 10 }])
    await expect.poll(allowed, { timeout: 10_000 }).toBe(ErrorCode.TopicAuthorizationFailed)
  })

  test('quotas are set, found and removed', async () => {
    const entities = [
      { entityType: 'user', entityName: 'alice' },
      { entityType: 'client-id', entityName: null },
    ]
    const altered = await client.alterClientQuotas({
      entries: [
        { entities, ops: [{ key: 'producer_byte_rate', value: 1e6 }] },
        { entities: [{ entityType: 'planet' }], ops: [{ key: 'producer_byte_rate', value: 1 }] },
      ],
    })
    expect(altered.entries.map(({ error }) => codeOf(error))).toEqual([0, ErrorCode.InvalidRequest])
    const read = async () => {
      const components = [
        { entityType: 'user', match: 'alice' },
        { entityType: 'client-id', matchType: 'default' as const },
      ]
      const { entries, error } = await client.describeClientQuotas({ components, strict: true })
      expect(error).toBeNull()
      return entries.flatMap(({ values }) => values)
    }
    await expect.poll(read, { timeout: 10_000 }).toEqual([{ key: 'producer_byte_rate', value: 1e6 }])
    const remove = [{ key: 'producer_byte_rate', remove: true }]
    await client.alterClientQuotas({ entries: [{ entities, ops: remove }], validateOnly: true })
    expect(await read()).toHaveLength(1)
    await client.alterClientQuotas({ entries: [{ entities, ops: remove }] })
    await expect.poll(read, { timeout: 10_000 }).toEqual([])
  })

  test('SCRAM users are made, found and deleted', async () => {
    const salt = createHash('sha256').update('salt').digest()
    const upsertion = { name: 'carol', mechanism: 'SCRAM-SHA-256' as const, iterations: 4096, salt }
    const saltedPassword = pbkdf2Sync('secret', salt, 4096, 32, 'sha256')
    const { results } = await client.alterUserScramCredentials({
      upsertions: [
        { ...upsertion, saltedPassword },
        { ...upsertion, name: 'weak', iterations: 1, saltedPassword },
      ],
      deletions: [{ name: 'missing', mechanism: 'sha512' }],
    })
    expect(Object.fromEntries(results.map(({ user, error }) => [user, codeOf(error)]))).toEqual({
      carol: 0,
      weak: ErrorCode.UnacceptableCredential,
      missing: ErrorCode.ResourceNotFound,
    })
    const read = async () => (await client.describeUserScramCredentials({ users: [{ name: 'carol' }] })).results[0]!
    await expect
      .poll(read, { timeout: 10_000 })
      .toEqual({ user: 'carol', error: null, credentialInfos: [{ mechanism: 1, iterations: 4096 }] })
    expect((await client.describeUserScramCredentials()).results.map(({ user }) => user)).toEqual(['carol'])
    await client.alterUserScramCredentials({ deletions: [{ name: 'carol', mechanism: 'sha256' }] })
    await expect.poll(async () => codeOf((await read()).error), { timeout: 10_000 }).toBe(ErrorCode.ResourceNotFound)
  })

  test('delegation tokens are made, found, renewed and ended by who has logged in', async () => {
    expect(codeOf((await client.createDelegationToken()).error)).toBe(ErrorCode.DelegationTokenRequestNotAllowed)
    const user = alice()
    const { token, error } = await user.createDelegationToken({ renewers: [{ name: 'bob' }], maxLifetime: 3_600_000 })
    expect(error).toBeNull()
    expect(token!.owner).toEqual({ type: 'User', name: 'alice' })
    expect(token!.maxTime.getTime() - token!.issuedAt.getTime()).toBe(3_600_000)
    const read = async () => (await user.describeDelegationTokens({ owners: [{ name: 'alice' }] })).tokens
    await expect
      .poll(async () => (await read()).map(({ tokenId }) => tokenId), { timeout: 10_000 })
      .toEqual([token!.tokenId])
    expect((await read())[0]).toMatchObject({ hmac: token!.hmac, renewers: [{ type: 'User', name: 'bob' }] })
    const renewed = await user.renewDelegationToken({ hmac: token!.hmac, period: 60_000 })
    expect(renewed.error).toBeNull()
    expect(renewed.expiresAt!.getTime()).toBeLessThan(token!.maxTime.getTime())
    const unknown = await user.renewDelegationToken({ hmac: new Uint8Array(32) })
    expect(unknown).toMatchObject({ expiresAt: null })
    expect(codeOf(unknown.error)).toBe(ErrorCode.DelegationTokenNotFound)
    expect((await user.expireDelegationToken({ hmac: token!.hmac })).error).toBeNull()
    await expect.poll(read, { timeout: 10_000 }).toEqual([])
  })

  test('a transaction that hangs is ended in its partition, by who may alter the cluster', async () => {
    const topic = await newTopic('hanging')
    const hanging = await hang(stage.brokers, topic, 'hangs')
    await client.produce({ topic, partition: 0, records: [{ value: 'behind it' }] })
    const read = async (): Promise<string[]> => {
      const { records } = await client.fetch({
        topic,
        partition: 0,
        offset: 0,
        maxWait: 0,
        isolationLevel: 'read_committed',
      })
      return [...records].map(message => message.text())
    }
    expect(await read()).toEqual([])
    const [place, owner] = [{ topic, partition: 0 }, hanging]
    const rule = { resourceType: 'topic', resourceName: topic, operation: 'All', permissionType: 'allow' } as const
    const principal = `User:${stage.credentials.username}`
    await client.createAcls({ acls: [{ ...rule, principal, resourcePatternType: 'literal' }] })
    const refused = async (): Promise<number> => {
      const asked = await alice().abortTransaction({ ...place, ...owner }, { signal: AbortSignal.timeout(10_000) })
      return codeOf(asked.error)
    }
    await expect.poll(refused, { timeout: 10_000 }).toBe(ErrorCode.ClusterAuthorizationFailed)
    if (old) expect(await client.abortTransaction({ ...place, ...owner })).toEqual({ error: null, producer: owner })
    else {
      const { transactions } = await client.describeTransactions({ transactionalIds: ['hangs'] })
      expect(transactions[0]).toMatchObject({ state: 'Empty', topics: {} })
      const elsewhere = await client.abortTransaction({ ...place, startOffset: 1 })
      expect(codeOf(elsewhere.error)).toBe(ErrorCode.InvalidTransactionState)
      const nowhere = await client.abortTransaction({ ...place, partition: 7, startOffset: 0 })
      expect(codeOf(nowhere.error)).toBe(ErrorCode.UnknownTopicOrPartition)
      expect(await client.abortTransaction({ ...place, startOffset: 0 })).toEqual({ error: null, producer: owner })
      const { topics } = await client.describeProducers({ topics: { [topic]: [0] } })
      expect(topics[topic]![0]!.producers.map(each => each.currentTransactionStartOffset)).toEqual([-1])
    }
    await expect.poll(read, { timeout: 10_000 }).toEqual(['behind it'])
    const stale = await client.abortTransaction({ ...place, ...owner, producerEpoch: owner.producerEpoch - 1 })
    expect(stale.error).not.toBeNull()
  })

  test('log directories and what lies in them', async () => {
    const topic = await newTopic('stored')
    await client.produce({ topic, partition: 0, records: [{ value: 'x'.repeat(1000) }] })
    const { brokers } = await client.describeLogDirs({ topics: { [topic]: [0] } })
    expect(brokers).toHaveLength(1)
    expect(brokers[0]!.error).toBeNull()
    const [dir] = brokers[0]!.logDirs
    expect(dir!.error).toBeNull()
    expect(dir!.replicas).toMatchObject([{ topic, partition: 0, offsetLag: 0, future: false }])
    expect(dir!.replicas[0]!.size).toBeGreaterThan(1000)
    if (!old) expect(dir!.usableBytes).toBeGreaterThan(0)
    const { brokerId } = brokers[0]!
    const { results } = await client.alterReplicaLogDirs({
      replicas: [
        { brokerId, topic, partition: 0, path: dir!.path },
        { brokerId, topic: 'missing', partition: 0, path: '/nowhere' },
      ],
    })
    expect(results.map(({ topic, error }) => [topic, codeOf(error)]).sort()).toEqual([
      ['missing', ErrorCode.LogDirNotFound],
      [topic, 0],
    ])
  })

  test('elections and reassignments say what there is nothing to do about', async () => {
    const topic = await newTopic('moved')
    const { brokers } = await client.metadata({ topics: [] })
    const elected = await client.electLeaders({ topic, partitions: [0, 7] })
    expect(elected.error).toBeNull()
    expect(elected.partitionResults.map(({ partition, error }) => [partition, codeOf(error)]).sort()).toEqual([
      [0, ErrorCode.ElectionNotNeeded],
      [7, ErrorCode.UnknownTopicOrPartition],
    ])
    expect((await client.electLeaders()).error).toBeNull()
    const moved = await client.alterPartitionReassignments({
      topic,
      assignments: [
        { partitionId: 0, brokerIds: [brokers[0]!.id] },
        { topic: 'missing', partitionId: 0, brokerIds: [1] },
        { partitionId: 7, brokerIds: null },
      ],
    })
    expect(moved.error).toBeNull()
    expect(moved.partitionResults.map(each => [each.topic, each.partitionId, codeOf(each.error)]).sort()).toEqual([
      ['missing', 0, ErrorCode.UnknownTopicOrPartition],
      [topic, 0, 0],
      [topic, 7, old ? ErrorCode.NoReassignmentInProgress : ErrorCode.UnknownTopicOrPartition],
    ])
    const cancelled = await client.alterPartitionReassignments({
      topic,
      assignments: [{ partitionId: 0, brokerIds: null }],
    })
    expect(codeOf(cancelled.partitionResults[0]!.error)).toBe(ErrorCode.NoReassignmentInProgress)
    expect(await client.listPartitionReassignments({ topics: { [topic]: { partitionIndexes: [0] } } })).toMatchObject({
      error: null,
      topics: {},
    })
  })

  test('a password that is wrong is told, and not shown', async () => {
    const error = await alice({ sasl: plain({ ...stage.credentials, password: 'guess' }) })
      .describeAcls()
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(String(error)).not.toContain('guess')
  })
}

/** What takes three nodes. */
export function administrationOfThree(brokers: () => Promise<readonly string[]>): void {
  let transport: Transport
  let client: Client
  let ids: number[]
  beforeAll(async () => {
    transport = new Transport()
    client = new Client({ addr: await brokers(), transport })
    ids = (await client.metadata({ topics: [] })).brokers.map(({ id }) => id).sort()
  })
  afterAll(() => transport?.close())

  async function newTopic(name: string, replicas: readonly number[]): Promise<string> {
    const topic = `${name}-${Date.now()}`
    const replicaAssignments = [{ partition: 0, replicas }]
    expect((await client.createTopics({ topics: [{ topic, replicaAssignments }] })).errors[topic]).toBeNull()
    return topic
  }
  const partitionOf = async (topic: string) => {
    const { leader, replicas } = (await client.metadata({ topics: [topic] })).topics[0]!.partitions[0]!
    return { leader: leader.id, replicas: replicas.map(({ id }) => id) }
  }

  test('a partition moves to other brokers, and then elects the leader it prefers', async () => {
    const [a, b, c] = ids as [number, number, number]
    const topic = await newTopic('moves', [a, b])
    const assign = async (brokerIds: number[]): Promise<void> => {
      const request = { topic, assignments: [{ partitionId: 0, brokerIds }] }
      const { error, partitionResults } = await client.alterPartitionReassignments(request)
      expect([error, ...partitionResults.map(each => each.error)]).toEqual([null, null])
      const moving = async () => Object.keys((await client.listPartitionReassignments()).topics).includes(topic)
      await expect.poll(moving, { timeout: 20_000 }).toBe(false)
      await expect.poll(async () => (await partitionOf(topic)).replicas, { timeout: 10_000 }).toEqual(brokerIds)
    }
    await assign([b, c])
    const { leader } = await partitionOf(topic)
    const preferred = leader === b ? c : b
    await assign([preferred, leader])
    expect((await partitionOf(topic)).leader).toBe(leader)
    const elected = await client.electLeaders({ topics: { [topic]: [0] }, electionType: 'preferred' })
    expect(elected.partitionResults).toEqual([{ topic, partition: 0, error: null }])
    await expect.poll(async () => (await partitionOf(topic)).leader, { timeout: 10_000 }).toBe(preferred)
  })

  test('each broker tells of its own log directories', async () => {
    const topic = await newTopic('stored', ids)
    const all = async () => {
      const { brokers } = await client.describeLogDirs({ topics: { [topic]: [0] } })
      return brokers.map(({ brokerId, logDirs }) => [brokerId, logDirs.flatMap(({ replicas }) => replicas).length])
    }
    await expect.poll(all, { timeout: 10_000 }).toEqual(ids.map(id => [id, 1]))
    const { brokers } = await client.describeLogDirs({ brokerIds: [ids[2]!, ids[0]!] })
    expect(brokers.map(({ brokerId }) => brokerId)).toEqual([ids[2], ids[0]])
    expect(new Set(brokers.flatMap(({ logDirs }) => logDirs.map(({ path }) => path))).size).toBe(2)
    const replicas = brokers.map(({ brokerId, logDirs }) => ({ brokerId, topic, partition: 0, path: logDirs[0]!.path }))
    // Each is refused by all brokers but its own.
    const { results } = await client.alterReplicaLogDirs({ replicas })
    expect(results).toEqual(brokers.map(({ brokerId }) => ({ brokerId, topic, partition: 0, error: null })))
  })

  test('the three controllers', async () => {
    const { voters, observers, leaderId, error } = await client.describeQuorum()
    expect(error).toBeNull()
    expect([...voters, ...observers].map(({ replicaId }) => replicaId).sort()).toEqual(ids)
    expect(ids).toContain(leaderId)
  })
}
