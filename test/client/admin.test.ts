import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { AddPartitionsToTxn } from '../../src/protocol/add-partitions-to-txn.ts'
import { AlterConfigs } from '../../src/protocol/alter-configs.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { DeleteGroups } from '../../src/protocol/delete-groups.ts'
import { DeleteRecords } from '../../src/protocol/delete-records.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { DescribeProducers } from '../../src/protocol/describe-producers.ts'
import { DescribeTransactions } from '../../src/protocol/describe-transactions.ts'
import { EndTxn } from '../../src/protocol/end-txn.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import { ListTransactions } from '../../src/protocol/list-transactions.ts'
import { OffsetDelete } from '../../src/protocol/offset-delete.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { TxnOffsetCommit } from '../../src/protocol/txn-offset-commit.ts'
import { type Bench, bench, countOf } from '../transport/support.ts'

let b: Bench
let client: Client
beforeEach(() => {
  b = bench()
  client = new Client({ addr: b.broker.addresses, transport: b.transport })
})
afterEach(() => b.close())

const transactionalId = 'transaction'
const begun = async () => ({ transactionalId, ...(await client.initProducerId({ transactionalId })).producer! })

describe('who is asked', () => {
  const resource = (resourceName: string) => ({ resourceType: 'broker' as const, resourceName, configs: [] })
  /** Brokers 1 to 3 lead partitions 0 to 2; `group` is coordinated by 2, `transaction` by 3. */
  const calls: [string, AnyApi, () => Promise<unknown>, number[]][] = [
    ['listGroups', ListGroups, () => client.listGroups(), [1, 2, 3]],
    ['describeGroups', DescribeGroups, () => client.describeGroups({ groupIds: ['group'] }), [2]],
    ['deleteGroups', DeleteGroups, () => client.deleteGroups({ groupIds: ['group'] }), [2]],
    ['offsetDelete', OffsetDelete, () => client.offsetDelete({ groupId: 'group', topics: { topic: [0] } }), [2]],
    ['groupLag', OffsetFetch, () => client.groupLag({ groupIds: ['group'] }), [2]],
    [
      'txnOffsetCommit',
      TxnOffsetCommit,
      async () => client.txnOffsetCommit({ ...(await begun()), groupId: 'group', topics: {} }),
      [2],
    ],
    [
      'addPartitionsToTxn',
      AddPartitionsToTxn,
      async () => client.addPartitionsToTxn({ ...(await begun()), topics: { topic: [{ partition: 0 }] } }),
      [3],
    ],
    ['endTxn', EndTxn, async () => client.endTxn({ ...(await begun()), committed: true }), [3]],
    ['listTransactions', ListTransactions, () => client.listTransactions(), [1, 2, 3]],
    [
      'describeTransactions',
      DescribeTransactions,
      () => client.describeTransactions({ transactionalIds: [transactionalId] }),
      [3],
    ],
    ['describeProducers', DescribeProducers, () => client.describeProducers({ topics: { topic: [0, 2] } }), [1, 3]],
    [
      'deleteRecords',
      DeleteRecords,
      () => client.deleteRecords({ topics: { topic: [{ partition: 1, beforeOffset: 0 }] } }),
      [2],
    ],
    [
      'describeConfigs',
      DescribeConfigs,
      () => client.describeConfigs({ resources: ['1', '3'].map(resourceOf) }),
      [1, 3],
    ],
    ['alterConfigs', AlterConfigs, () => client.alterConfigs({ resources: [resource('2')] }), [2]],
    [
      'incrementalAlterConfigs',
      IncrementalAlterConfigs,
      () => client.incrementalAlterConfigs({ resources: [resource('3'), resource('1')] }),
      [1, 3],
    ],
  ]
  const resourceOf = (resourceName: string) => ({ resourceType: 'broker' as const, resourceName })

  test.each(calls)('%s', async (_name, api, call, brokers) => {
    for (const partition of [0, 1, 2]) b.broker.moveLeader('topic', partition, partition + 1)
    b.broker.moveCoordinator('group', 'group', 2)
    b.broker.moveCoordinator('transaction', transactionalId, 3)
    const asked: number[] = []
    b.broker.control(api, (_request, { brokerId }) => void asked.push(brokerId))
    await call()
    expect(asked.sort()).toEqual(brokers)
  })

  test('createPartitions: the controller, and the next one when it is that no more', async () => {
    let refused = 0
    b.broker.control(CreatePartitions, ({ topics }) =>
      refused++ < 2
        ? { results: topics.map(({ name }) => ({ name, errorCode: ErrorCode.NotController, errorMessage: null })) }
        : undefined,
    )
    expect((await client.createPartitions({ topics: [{ name: 'topic', count: 4 }] })).errors).toEqual({ topic: null })
    expect(refused).toBe(3)
  })
})

describe('what goes wrong', () => {
  test('a broker that can’t tell of its groups does not hide those of the others', async () => {
    await client.offsetCommit({ groupId: 'group', topics: { topic: [{ partition: 0, offset: 1 }] } })
    const { coordinator } = await client.findCoordinator({ key: 'group' })
    b.broker.control(ListGroups, (_, { brokerId }) =>
      brokerId === coordinator!.nodeId ? undefined : { errorCode: ErrorCode.ClusterAuthorizationFailed, groups: [] },
    )
    const { error, groups } = await client.listGroups()
    expect(error?.code).toBe(ErrorCode.ClusterAuthorizationFailed)
    expect(groups.map(({ groupId }) => groupId)).toEqual(['group'])
  })

  test('a member whose metadata is garbled does not hide the others', async () => {
    const member = { groupInstanceId: null, clientId: 'c', clientHost: '/h', memberAssignment: new Uint8Array(0) }
    b.broker.control(DescribeGroups, () => ({
      groups: [
        {
          errorCode: 0,
          errorMessage: null,
          groupId: 'group',
          groupState: 'Stable',
          protocolType: 'consumer',
          protocolData: 'range',
          members: [
            { ...member, memberId: 'garbled', memberMetadata: Uint8Array.of(0, 1, 127, 255, 255, 255) },
            { ...member, memberId: 'fine', memberMetadata: Uint8Array.of(0, 0, 0, 0, 0, 0, 255, 255, 255, 255) },
          ],
        },
      ],
    }))
    const [group] = (await client.describeGroups({ groupIds: ['group'] })).groups
    expect(group!.members.map(({ memberId, memberMetadata }) => [memberId, memberMetadata?.topics])).toEqual([
      ['garbled', undefined],
      ['fine', []],
    ])
  })

  test('a step of a transaction waits for the one before', async () => {
    const as = await begun()
    let early = 3
    b.broker.control(AddPartitionsToTxn, ({ v3AndBelowTopics }) =>
      early-- > 0
        ? {
            resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
              name,
              resultsByPartition: partitions.map(partitionIndex => ({
                partitionIndex,
                partitionErrorCode: ErrorCode.ConcurrentTransactions,
              })),
            })),
          }
        : undefined,
    )
    const { topics } = await client.addPartitionsToTxn({ ...as, topics: { topic: [{ partition: 0 }] } })
    expect(topics).toEqual({ topic: [{ partition: 0, error: null }] })
    expect(early).toBe(-1)
    b.broker.control(EndTxn, () => ({ errorCode: ErrorCode.ConcurrentTransactions }))
    const hasty = new Client({ addr: b.broker.addresses, transport: b.transport, timeout: 100 })
    expect((await hasty.endTxn({ ...as, committed: true })).error?.code).toBe(ErrorCode.ConcurrentTransactions)
  })

  test('what is forgotten in a filter deletes no access rules', async () => {
    const filters = [{ principalFilter: 'User:alice' }]
    await expect(client.deleteAcls({ filters: filters as never })).rejects.toThrow(/resourceTypeFilter is missing/)
  })

  test('resetOffsets is told one place, and which', async () => {
    const reset = (to: object) => client.resetOffsets({ groupId: 'group', topics: ['topic'], to: to as never })
    for (const to of [{}, { offset: 1, shift: 2 }, { time: new Date(Number.NaN) }])
      await expect(reset(to)).rejects.toThrow(/resetOffsets\(\)/)
    await expect(client.resetOffsets({ groupId: 'group', to: 'begin' as never })).rejects.toThrow(
      /'earliest', 'latest', 'current'/,
    )
  })

  test('an election of one topic needs its partitions: forgetting them elects nothing everywhere', async () => {
    await expect(client.electLeaders({ topic: 'topic' })).rejects.toThrow(/topic and partitions together/)
    await expect(client.electLeaders({ partitions: [0] })).rejects.toThrow(/topic and partitions together/)
  })
})

describe('how much is asked', () => {
  const groupIds = Array.from({ length: 1200 }, (_, n) => `group-${n}`)
  const commitAll = () =>
    Promise.all(
      groupIds.map((groupId, n) =>
        client.offsetCommit({ groupId, topics: { topic: [{ partition: n % 3, offset: 0 }] } }),
      ),
    )

  test('the lag of 1,200 groups takes few requests', async () => {
    await commitAll()
    await client.produce({ topic: 'topic', partition: 1, records: [{ value: 'x' }, { value: 'y' }] })
    const before = b.events.filter(({ type }) => type === 'request').length
    const { groups } = await client.groupLag()
    const requests = b.events.filter(({ type }) => type === 'request').length - before
    expect(groups.length).toBe(1200)
    expect(groups.reduce((sum, { totalLag }) => sum + totalLag, 0)).toBe(800)
    // Metadata, three ListGroups, three batches at three brokers, three ListOffsets.
    expect(requests).toBeLessThanOrEqual(20)
  })

  test('brokers that know one group at a time are asked for one at a time', async () => {
    await b.close()
    b = bench({ versions: { OffsetFetch: 7 } })
    client = new Client({ addr: b.broker.addresses, transport: b.transport })
    for (const groupId of ['a', 'b'])
      await client.offsetCommit({ groupId, topics: { topic: [{ partition: 0, offset: 0 }] } })
    const { groups } = await client.groupLag({ groupIds: ['a', 'b', 'c'] })
    expect(groups.map(({ groupId, topics }) => [groupId, Object.keys(topics)])).toEqual([
      ['a', ['topic']],
      ['b', ['topic']],
      ['c', []],
    ])
    expect(countOf(b.events, OffsetFetch)).toBe(3)
  })

  test('an API that no broker has is asked of none', async () => {
    await b.close()
    b = bench({ versions: { DescribeProducers: null } })
    client = new Client({ addr: b.broker.addresses, transport: b.transport })
    const { topics } = await client.describeProducers({ topics: { topic: [0] } }).catch(error => {
      expect(error).toBeInstanceOf(ProtocolError)
      return { topics: null }
    })
    expect(topics).toBeNull()
    expect(countOf(b.events, DescribeProducers)).toBe(0)
  })
})
