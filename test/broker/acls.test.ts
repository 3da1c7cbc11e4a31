import { describe, expect, test } from 'vitest'
import { type ACLEntry, Client, ErrorCode, type KafkaError, plain, type TransportConfig } from '../../src/index.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { open } from './open.ts'

const users = { admin: 'secret', alice: 'secret' }
const codeOf = (error: KafkaError | null | undefined): number => error?.code ?? 0

function guarded(config: Parameters<typeof open>[0] = {}) {
  const opened = open({
    users,
    superUsers: ['User:admin'],
    topics: [{ name: 'orders' }, { name: 'orders-old' }],
    ...config,
  })
  const transportOf = (username: string, more: TransportConfig = {}) =>
    opened.transport({ sasl: plain({ username, password: 'secret' }), logger: null, ...more })
  const clientOf = (username: string): Client =>
    new Client({ addr: opened.broker.addresses, transport: transportOf(username), timeout: 3_000 })
  const admin = clientOf('admin')
  const rule = async (operation: ACLEntry['operation'], more: Partial<ACLEntry> = {}): Promise<void> => {
    const acl: ACLEntry = {
      resourceType: 'topic',
      resourceName: 'orders',
      principal: 'User:alice',
      permissionType: 'allow',
      operation,
      ...more,
    }
    expect((await admin.createAcls({ acls: [acl] })).errors).toEqual([null])
  }
  return { ...opened, transportOf, admin, alice: clientOf('alice'), rule }
}

async function sees(client: Client): Promise<string[]> {
  return (await client.metadata({})).topics.map(({ name }) => name).sort()
}

describe('access rules', () => {
  test('allow what they name, all of a prefix, or everyone; what one denies no other allows', async () => {
    const { alice, admin, rule } = guarded()
    expect(await sees(alice)).toEqual([])
    expect(await sees(admin)).toEqual(['orders', 'orders-old'])
    await rule('describe')
    expect(await sees(alice)).toEqual(['orders'])
    await rule('read', { resourceName: 'ord', resourcePatternType: 'prefixed', principal: 'User:*' })
    expect(await sees(alice)).toEqual(['orders', 'orders-old'])
    await rule('describe', { permissionType: 'deny', resourceName: 'orders-', resourcePatternType: 'prefixed' })
    expect(await sees(alice)).toEqual(['orders'])
    await rule('all', { permissionType: 'deny', resourceName: '*' })
    expect(await sees(alice)).toEqual([])
    await admin.deleteAcls({
      filters: [
        { resourceTypeFilter: 'any', resourcePatternTypeFilter: 'any', operation: 'any', permissionType: 'deny' },
      ],
    })
    expect(await sees(alice)).toEqual(['orders', 'orders-old'])
  })

  test('go by the address clients come from', async () => {
    const { alice, rule } = guarded()
    await rule('all', { host: '10.0.0.1' })
    expect(await sees(alice)).toEqual([])
    await rule('all', { host: '127.0.0.1' })
    expect(await sees(alice)).toEqual(['orders'])
  })

  test('where none is about a resource, nobody may, or everyone, as the broker has it', async () => {
    const { alice, rule } = guarded({ configs: { 'allow.everyone.if.no.acl.found': 'true' } })
    expect(await sees(alice)).toEqual(['orders', 'orders-old'])
    await rule('describe', { principal: 'User:bob' })
    expect(await sees(alice)).toEqual(['orders-old'])
  })

  test('are told by filter, and deleted by what two filters mean once', async () => {
    const { admin, rule } = guarded()
    await rule('read')
    await rule('read')
    await rule('write', { resourceName: 'ord', resourcePatternType: 'prefixed' })
    await rule('read', { resourceType: 'group', resourceName: '*' })
    const found = async (filter: object) =>
      (await admin.describeAcls({ filter })).resources.map(({ resourceName }) => resourceName).sort()
    expect(await found({})).toEqual(['*', 'ord', 'orders'])
    expect(await found({ resourceNameFilter: 'orders-new', resourcePatternTypeFilter: 'match' })).toEqual(['*', 'ord'])
    expect(await found({ resourceTypeFilter: 'group' })).toEqual(['*'])
    const filter = {
      resourceTypeFilter: 'topic',
      resourcePatternTypeFilter: 'any',
      operation: 'any',
      permissionType: 'any',
    } as const
    const { results } = await admin.deleteAcls({ filters: [filter, { ...filter, operation: 'read' }] })
    expect(results.map(({ matchingAcls }) => matchingAcls.length)).toEqual([2, 1])
    expect(await found({})).toEqual(['*'])
  })

  test('are for those who may, and only so many', async () => {
    const { admin, alice, rule } = guarded({ limits: { acls: 2 } })
    const acl = {
      resourceType: 'topic',
      resourceName: 't',
      principal: 'User:b',
      operation: 'read',
      permissionType: 'allow',
    } as const
    expect((await alice.createAcls({ acls: [acl] })).errors.map(codeOf)).toEqual([ErrorCode.ClusterAuthorizationFailed])
    expect(codeOf((await alice.describeAcls()).error)).toBe(ErrorCode.ClusterAuthorizationFailed)
    await rule('read')
    const acls = [acl, { ...acl, operation: 'write' }, acl] as const
    expect((await admin.createAcls({ acls })).errors.map(codeOf)).toEqual([0, ErrorCode.PolicyViolation, 0])
  })

  test('without an authorizer there are none', async () => {
    const { client } = open()
    const acl = {
      resourceType: 'topic',
      resourceName: 't',
      principal: 'User:b',
      operation: 'read',
      permissionType: 'allow',
    } as const
    expect((await client.createAcls({ acls: [acl] })).errors.map(codeOf)).toEqual([ErrorCode.SecurityDisabled])
    expect(codeOf((await client.describeAcls()).error)).toBe(ErrorCode.SecurityDisabled)
  })
})

describe('who reads and writes', () => {
  test('a Writer may write once a rule says so, and its idempotence is allowed with that', async () => {
    const { transportOf, writer, rule } = guarded()
    const own = writer({ topic: 'orders', transport: transportOf('alice') })
    await expect(own.writeMessages({ value: 'a' })).rejects.toThrow(/not authorized|TopicAuthorization|authoriz/i)
    await rule('write')
    await own.writeMessages({ value: 'a' })
  })

  test('who may write to any topic at all may do so idempotently, unless all of those are denied (KIP-679)', async () => {
    const { alice, rule } = guarded()
    const asks = async () => (await alice.initProducerId({ transactionTimeoutMs: 1000 })).error?.code ?? 0
    expect(await asks()).toBe(ErrorCode.ClusterAuthorizationFailed)
    await rule('write', { resourceName: 'ord', resourcePatternType: 'prefixed' })
    expect(await asks()).toBe(0)
    await rule('write', { permissionType: 'deny', resourceName: 'o', resourcePatternType: 'prefixed' })
    expect(await asks()).toBe(ErrorCode.ClusterAuthorizationFailed)
    await rule('write', { resourceName: 'news' })
    expect(await asks()).toBe(0)
    await rule('write', { permissionType: 'deny', resourceName: 'news', principal: 'User:*' })
    expect(await asks()).toBe(ErrorCode.ClusterAuthorizationFailed)
    await rule('IdempotentWrite', { resourceType: 'cluster', resourceName: 'kafka-cluster' })
    expect(await asks()).toBe(0)
  })

  test('a Reader of a group needs the topic and the group, and loses what it may no longer read', async () => {
    const { transportOf, reader, writer, rule, admin } = guarded()
    await writer({ topic: 'orders', transport: transportOf('admin') }).writeMessages({ value: 'a' })
    await rule('read')
    const own = reader({ topic: 'orders', groupId: 'readers', transport: transportOf('alice') })
    await expect(own.readMessage()).rejects.toThrow(/authoriz/i)
    await rule('read', { resourceType: 'group', resourceName: 'readers' })
    const other = reader({ topic: 'orders', groupId: 'readers', transport: transportOf('alice') })
    expect((await other.readMessage()).text()).toBe('a')
    await admin.deleteAcls({
      filters: [
        {
          resourceTypeFilter: 'topic',
          resourcePatternTypeFilter: 'any',
          operation: 'read',
          permissionType: 'any',
        },
      ],
    })
    await expect(other.readMessage()).rejects.toThrow(/authoriz/i)
  })

  test('what one may do is told (KIP-430)', async () => {
    const { alice, admin, rule } = guarded()
    await rule('write')
    const bits = async (client: Client) => {
      const asked = { topics: [{ name: 'orders' }], includeTopicAuthorizedOperations: true }
      const { topics } = await client.roundTrip(Metadata, asked)
      const { authorizedOperations } = await client.describeCluster({ includeAuthorizedOperations: true })
      return [topics[0]!.topicAuthorizedOperations, authorizedOperations?.length]
    }
    expect(await bits(admin)).toEqual([3576, 7])
    expect(await bits(alice)).toEqual([(1 << 4) | (1 << 8), 0])
    await rule('describe', { resourceType: 'cluster', resourceName: 'kafka-cluster' })
    expect(await bits(alice)).toEqual([(1 << 4) | (1 << 8), 1])
  })
})
