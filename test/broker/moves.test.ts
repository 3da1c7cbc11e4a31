import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/index.ts'
import { open } from './open.ts'

function three(replicationFactor = 2) {
  const opened = open({ brokers: 3, topics: [{ name: 't', replicationFactor }] })
  const { client } = opened
  const partition = async () => {
    const { leader, replicas, isr } = (await client.metadata({ topics: ['t'] })).topics[0]!.partitions[0]!
    return { leader: leader.id, replicas: replicas.map(({ id }) => id), isr: isr.map(({ id }) => id) }
  }
  const move = async (brokerIds: number[] | null): Promise<number> => {
    const assignments = [{ partitionId: 0, brokerIds }]
    const { partitionResults } = await client.alterPartitionReassignments({ topic: 't', assignments })
    return partitionResults[0]!.error?.code ?? 0
  }
  const moving = async () => (await client.listPartitionReassignments()).topics['t']?.partitions[0]
  const elect = async (electionType: 'preferred' | 'unclean') => {
    const { partitionResults } = await client.electLeaders({ topics: { t: [0] }, electionType })
    return partitionResults[0]!.error?.code ?? 0
  }
  return { ...opened, partition, move, moving, elect }
}

describe('a partition that is moved', () => {
  test('is on its new brokers at once, with all its records, led by one that stays if there is one', async () => {
    const { partition, move, moving, writer, reader, elect } = three()
    expect(await partition()).toEqual({ leader: 1, replicas: [1, 2], isr: [1, 2] })
    await writer({ topic: 't' }).writeMessages([{ value: 'a' }, { value: 'b' }])
    expect(await move([2, 3])).toBe(0)
    expect(await partition()).toEqual({ leader: 2, replicas: [2, 3], isr: [2, 3] })
    expect(await moving()).toBeUndefined()
    await writer({ topic: 't' }).writeMessages({ value: 'c' })
    const own = reader({ topic: 't', partition: 0, startOffset: 'first' } as never)
    for (const value of ['a', 'b', 'c']) expect((await own.readMessage()).text()).toBe(value)
    expect(await move([3, 2])).toBe(0)
    expect((await partition()).leader).toBe(2)
    expect(await elect('preferred')).toBe(0)
    expect((await partition()).leader).toBe(3)
    expect(await elect('preferred')).toBe(ErrorCode.ElectionNotNeeded)
  })

  test('is on both until a broker that is held back has all', async () => {
    const { broker, partition, move, moving, writer } = three()
    const release = broker.holdReplica(3)
    expect(await move([3, 2])).toBe(0)
    expect(await partition()).toEqual({ leader: 1, replicas: [3, 2, 1], isr: [2, 1] })
    expect(await moving()).toMatchObject({ replicas: [3, 2, 1], addingReplicas: [3], removingReplicas: [1] })
    // It waits for none that is on its way.
    await writer({ topic: 't', requiredAcks: 'all' } as never).writeMessages({ value: 'a' })
    release()
    expect(await moving()).toBeUndefined()
    expect(await partition()).toMatchObject({ replicas: [3, 2] })
    expect((await partition()).isr.sort()).toEqual([2, 3])
  })

  test('waits for a broker that is stopped, and stays where it was when that is called off', async () => {
    const { broker, partition, move, moving } = three()
    broker.stopBroker(3)
    await move([3])
    expect(await moving()).toMatchObject({ addingReplicas: [3], removingReplicas: [1, 2] })
    expect(await move(null)).toBe(0)
    expect(await move(null)).toBe(ErrorCode.NoReassignmentInProgress)
    expect(await partition()).toEqual({ leader: 1, replicas: [1, 2], isr: [1, 2] })
    await move([3])
    broker.startBroker(3)
    expect(await moving()).toBeUndefined()
    expect(await partition()).toEqual({ leader: 3, replicas: [3], isr: [3] })
  })

  test('is forgotten with its topic', async () => {
    const { broker, client, move, moving } = three()
    broker.holdReplica(3)
    await move([3])
    expect(await moving()).toBeDefined()
    await client.deleteTopics({ topics: ['t'] })
    expect(await moving()).toBeUndefined()
  })
})

describe('an election', () => {
  test('has no leader that is not in sync, or only if it is to be unclean', async () => {
    const { broker, partition, elect, writer } = three()
    expect(await elect('unclean')).toBe(ErrorCode.ElectionNotNeeded)
    broker.holdReplica(2)
    await writer({ topic: 't', requiredAcks: 'one' } as never).writeMessages({ value: 'a' })
    broker.crashBroker(2)
    broker.crashBroker(1)
    expect((await partition()).leader).toBe(-1)
    expect(await elect('preferred')).toBe(ErrorCode.PreferredLeaderNotAvailable)
    expect(await elect('unclean')).toBe(ErrorCode.EligibleLeadersNotAvailable)
    broker.startBroker(2)
    expect((await partition()).leader).toBe(-1)
    expect(await elect('unclean')).toBe(0)
    expect((await partition()).leader).toBe(2)
  })
})
