import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { formatAddress } from '../../src/base/address.ts'
import { ConnectionError, ProtocolError, TimeoutError } from '../../src/base/errors.ts'
import type { ConsumerGroup } from '../../src/group/consumer-group.ts'
import type { Generation } from '../../src/group/generation.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Embedded } from '../support/embedded.ts'
import { pause, until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)

/** The reason a generation's functions are told, when it ends. */
function ended(generation: Generation): Promise<unknown> {
  return new Promise(resolve =>
    generation.start(async signal => {
      if (!signal.aborted) await new Promise<void>(aborted => signal.addEventListener('abort', () => aborted()))
      resolve((signal.reason as Error).cause)
    }),
  )
}

async function failureOf(group: ConsumerGroup): Promise<KafkaError> {
  const error: unknown = await group.next().then(
    () => expect.fail('a generation came'),
    reason => reason,
  )
  expect(error).toBeInstanceOf(KafkaError)
  return error as KafkaError
}

const memberIdOf = async (group: ConsumerGroup): Promise<string> => (await group.next()).memberId

describe('finding the coordinator', () => {
  test('one that is not there yet is waited for', async () => {
    await using kafka = new Embedded()
    const asked = kafka.spoil(FindCoordinator, 3, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map(key => ({
        key,
        nodeId: -1,
        host: '',
        port: -1,
        errorCode: 15,
        errorMessage: null,
      })),
    }))
    await kafka.group({ timeout: 5_000 }).next()
    // A member that waits asks now and then, too.
    expect(asked.count).toBeGreaterThanOrEqual(4)
  })

  test('a group one may not enter is told, each time', async () => {
    await using kafka = new Embedded()
    kafka.spoil(FindCoordinator, 2, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map(key => ({
        key,
        nodeId: -1,
        host: '',
        port: -1,
        errorCode: 30,
        errorMessage: 'not yours',
      })),
    }))
    const group = kafka.group()
    expect(await failureOf(group)).toMatchObject({ code: ErrorCode.GroupAuthorizationFailed })
    expect(await failureOf(group)).toMatchObject({ code: ErrorCode.GroupAuthorizationFailed })
    await group.next()
  })

  test('brokers out of reach are told after `timeout`, and again', async () => {
    await using kafka = new Embedded({ transport: { requestTimeout: 200 } })
    const group = kafka.group({ brokers: ['broker-1:1'], timeout: 200 })
    await expect(group.next()).rejects.toBeInstanceOf(ConnectionError)
    await expect(group.next()).rejects.toBeInstanceOf(ConnectionError)
  })
})

describe('joining', () => {
  test.each([
    ['another broker coordinates', ErrorCode.NotCoordinatorForGroup],
    ['the coordinator loads', ErrorCode.GroupLoadInProgress],
    ['the group is being divided', ErrorCode.RebalanceInProgress],
  ])('%s: tried again, nobody is told', async (_, errorCode) => {
    await using kafka = new Embedded()
    const joins = kafka.spoil(JoinGroup, 2, ({ memberId }) => ({
      errorCode,
      protocolName: null,
      leader: '',
      memberId,
      members: [],
    }))
    await kafka.group().next()
    expect(joins.count).toBeGreaterThanOrEqual(3)
  })

  test('a cluster that elects a coordinator for longer than `timeout` is waited for, and told of after a rebalance', async () => {
    await using kafka = new Embedded()
    const joins = kafka.spoil(JoinGroup, Number.POSITIVE_INFINITY, ({ memberId }) => ({
      errorCode: ErrorCode.NotCoordinatorForGroup,
      protocolName: null,
      leader: '',
      memberId,
      members: [],
    }))
    const began = performance.now()
    const group = kafka.group({ timeout: 100, rebalanceTimeout: 600, joinGroupBackoff: 20 })
    expect(await failureOf(group)).toMatchObject({ code: ErrorCode.NotCoordinatorForGroup })
    expect(performance.now() - began).toBeGreaterThanOrEqual(590)
    expect(joins.count).toBeGreaterThan(1)
  })

  test('while the runtime allows no further connection a member waits for one, and tells only after a rebalance', async () => {
    await using kafka = new Embedded({ brokers: 2, partitions: 2 })
    const { broker, notes } = kafka
    const adapter = { ...memory(broker, natives), limits: { connections: 2 } }
    await using transport = new Transport({ adapter, natives, logger: notes.logger, dialTimeout: 50 })
    const fetches = kafka.spoil(Fetch, 0, () => undefined)
    const busy = [0, 1].map(partition => kafka.reader({ transport, partition, maxWait: 30_000 }))
    const reading = busy.map(reader => reader.readMessage().catch(() => {}))
    await until(forever, () => fetches.count >= 2)

    const error = await kafka
      .group({ transport, timeout: 100, rebalanceTimeout: 500 })
      .next()
      .catch(reason => reason)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toMatch(/all 2 connections that the memory adapter allows are in use/)

    const coming = kafka.group({ transport, timeout: 100, rebalanceTimeout: 30_000 }).next()
    const inVain = (): number => notes.lines.filter(line => line.includes('are in use')).length
    const before = inVain()
    await until(forever, () => inVain() >= before + 3)
    await Promise.all([...busy.map(reader => reader.close()), ...reading])
    expect((await coming).memberId).not.toBe('')
  })

  test('a coordinator that is away and has answered before is waited for; of one never reached it is told after `timeout`', async () => {
    await using kafka = new Embedded({ brokers: 2 })
    const { broker, notes } = kafka
    kafka.broker.moveCoordinator('group', 'g', 2)
    const there = memory(broker, natives)
    let isAway = false
    let refused = 0
    const sockets: Socket[] = []
    const adapter: SocketAdapter = {
      ...there,
      async dial(address, options) {
        const isSecond = formatAddress(address).startsWith('broker-2:')
        if (isAway && isSecond) {
          refused++
          throw new ConnectionError(formatAddress(address), 'nothing listens there')
        }
        const socket = await there.dial(address, options)
        if (isSecond) sockets.push(socket)
        return socket
      },
    }
    const config = { adapter, natives, logger: notes.logger, backoff: { min: 5, max: 20 } }
    await using transport = new Transport(config)
    const times = { timeout: 100, rebalanceTimeout: 30_000 }
    const former = kafka.group({ transport, ...times })
    await former.next()
    await former.close()

    isAway = true
    for (const socket of sockets) socket.abort()
    const began = performance.now()
    const coming = kafka.group({ transport, ...times }).next()
    await using fresh = new Transport(config)
    await expect(kafka.group({ transport: fresh, ...times }).next()).rejects.toThrow('nothing listens there')
    await until(forever, () => refused > 10 && performance.now() - began > 3 * times.timeout)
    isAway = false
    expect((await coming).memberId).not.toBe('')
  })

  test('an id the coordinator has forgotten is dropped', async () => {
    await using kafka = new Embedded()
    const ids: string[] = []
    kafka.spoil(JoinGroup, 3, ({ memberId }) => {
      ids.push(memberId)
      // The second time, with the id just given.
      return memberId === '' || ids.length > 2
        ? undefined
        : { errorCode: 25, protocolName: null, leader: '', memberId, members: [] }
    })
    await kafka.group().next()
    expect(ids).toEqual(['', expect.stringMatching(/./), ''])
  })

  test('a group that is full is told, and left', async () => {
    await using kafka = new Embedded()
    kafka.spoil(JoinGroup, 2, ({ memberId }) =>
      memberId === '' ? undefined : { errorCode: 81, protocolName: null, leader: '', memberId, members: [] },
    )
    const leaves = kafka.spoil(LeaveGroup, 0, () => undefined)
    const group = kafka.group()
    expect(await failureOf(group)).toMatchObject({ code: ErrorCode.GroupMaxSizeReached })
    await group.next()
    expect(leaves.count).toBe(1)
  })

  test('a join whose connection is lost is tried again, nobody is told', async () => {
    await using kafka = new Embedded()
    const joins = kafka.spoil(JoinGroup, 1, () => 'drop')
    await kafka.group().next()
    expect(joins.count).toBeGreaterThanOrEqual(2)
  })

  test('a join without an answer is asked again on another connection, and nobody is told', async () => {
    await using kafka = new Embedded()
    const connections = new Set<number>()
    kafka.spoil(JoinGroup, 1, (_, { connectionId }) => {
      connections.add(connectionId)
      return 'hang'
    })
    kafka.spoil(JoinGroup, 2, (_, { connectionId }) => void connections.add(connectionId))
    await kafka.group({ rebalanceTimeout: 100 }).next()
    expect(connections.size).toBe(2)
  })

  test('a balancer that was not offered is a protocol error', async () => {
    await using kafka = new Embedded()
    kafka.spoil(JoinGroup, 2, async ({ memberId }, context) =>
      memberId === '' ? undefined : { ...(await context.apply()), protocolName: 'sticky' },
    )
    await expect(kafka.group().next()).rejects.toBeInstanceOf(ProtocolError)
  })

  test('a member that sends nonsense gets nothing, and harms nobody', async () => {
    await using kafka = new Embedded({ partitions: 3 })
    kafka.spoil(JoinGroup, 2, async ({ memberId }, context) => {
      const answer = (await context.apply())!
      const strange = { memberId: 'strange', groupInstanceId: null, metadata: Uint8Array.of(0, 1, 255) }
      return memberId === '' ? answer : { ...answer, members: [...(answer.members ?? []), strange] }
    })
    const generation = await kafka.group().next()
    expect(generation.assignments['t']).toHaveLength(3)
    expect(kafka.notes.lines.some(line => line.startsWith('warn') && line.includes('strange'))).toBe(true)
  })
})

describe('syncing', () => {
  test('a rebalance in between keeps the member id, and waits for nothing', async () => {
    await using kafka = new Embedded()
    const ids: string[] = []
    kafka.spoil(JoinGroup, Number.POSITIVE_INFINITY, ({ memberId }) => void ids.push(memberId))
    kafka.spoil(SyncGroup, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress, assignment: new Uint8Array(0) }))
    const started = Date.now()
    const memberId = await memberIdOf(kafka.group({ joinGroupBackoff: 5_000 }))
    expect(ids).toEqual(['', memberId, memberId])
    expect(Date.now() - started).toBeLessThan(2_000)
  })

  test('any other error leaves, and joins as somebody new', async () => {
    await using kafka = new Embedded()
    const leaves = kafka.spoil(LeaveGroup, 0, () => undefined)
    kafka.spoil(SyncGroup, 1, () => ({ errorCode: ErrorCode.GroupAuthorizationFailed, assignment: new Uint8Array(0) }))
    const group = kafka.group()
    expect(await failureOf(group)).toMatchObject({ code: ErrorCode.GroupAuthorizationFailed })
    await group.next()
    expect(leaves.count).toBe(1)
  })

  test('an assignment that can’t be read is a protocol error', async () => {
    await using kafka = new Embedded()
    kafka.spoil(SyncGroup, 1, () => ({ errorCode: 0, assignment: Uint8Array.of(0, 0, 0x7f, 0xff, 0xff, 0xff) }))
    const group = kafka.group()
    await expect(group.next()).rejects.toBeInstanceOf(ProtocolError)
    await group.next()
  })
})

describe('fetching offsets', () => {
  test('offsets of an open transaction are waited for (KIP-447)', async () => {
    await using kafka = new Embedded()
    const asked = kafka.spoil(OffsetFetch, 2, ({ requireStable, groups }) => {
      expect(requireStable).toBe(true)
      const partitions = [
        { partitionIndex: 0, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 88 },
      ]
      return { groups: groups.map(({ groupId }) => ({ groupId, errorCode: 0, topics: [{ name: 't', partitions }] })) }
    })
    expect((await kafka.group().next()).assignments['t']).toEqual([{ id: 0, offset: -2 }])
    expect(asked.count).toBe(3)
  })
})

describe('heartbeats', () => {
  test('a coordinator that moves or goes away for a while ends no generation', async () => {
    await using kafka = new Embedded({ brokers: 2 })
    const group = kafka.group()
    let over: unknown = 'no'
    void ended(await group.next()).then(cause => {
      over = cause
    })
    const beats = kafka.spoil(Heartbeat, 6, () => 'drop')
    kafka.broker.moveCoordinator('group', 'g', 1)
    await until(forever, () => beats.count > 8)
    kafka.broker.moveCoordinator('group', 'g', 2)
    await until(forever, () => beats.count > 14)
    expect(over).toBe('no')
  })

  test('a coordinator silent for a session ends it', async () => {
    await using kafka = new Embedded()
    const group = kafka.group({ sessionTimeout: 900, timeout: 300 })
    const over = ended(await group.next())
    kafka.spoil(Heartbeat, 100, () => 'hang')
    expect(await over).toBeInstanceOf(TimeoutError)
  })

  test.each([
    ['keeps the member id', ErrorCode.RebalanceInProgress, true],
    ['keeps the member id', ErrorCode.IllegalGeneration, true],
    ['drops the member id', ErrorCode.UnknownMemberId, false],
  ])('an error ends the generation and %s (%i)', async (_, errorCode, keeps) => {
    await using kafka = new Embedded()
    const group = kafka.group()
    const generation = await group.next()
    const over = ended(generation)
    kafka.spoil(Heartbeat, 1, () => ({ errorCode }))
    expect(await over).toMatchObject({ code: errorCode })
    expect((await memberIdOf(group)) === generation.memberId).toBe(keeps)
  })

  test('go on while the functions of an ended generation finish', async () => {
    await using kafka = new Embedded()
    const group = kafka.group({ sessionTimeout: 300 })
    const generation = await group.next()
    let finish!: () => void
    generation.start(() => new Promise(resolve => (finish = resolve)))
    const beats = kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress }))
    await until(forever, () => beats.count > 25)
    finish()
    expect(await memberIdOf(group)).toBe(generation.memberId)
  })

  test('another process with the same instance id is the end', async () => {
    await using kafka = new Embedded()
    const group = kafka.group({ groupInstanceId: 'i' })
    const over = ended(await group.next())
    kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.FencedInstanceID }))
    expect(await over).toMatchObject({ code: ErrorCode.FencedInstanceID })
    const joins = kafka.spoil(JoinGroup, 0, () => undefined)
    expect(await failureOf(group)).toMatchObject({ code: ErrorCode.FencedInstanceID })
    expect(await failureOf(group)).toMatchObject({ code: ErrorCode.FencedInstanceID })
    expect(joins.count).toBe(0)
  })
})

describe('commits', () => {
  test('are tried again while the coordinator moves', async () => {
    await using kafka = new Embedded()
    const generation = await kafka.group().next()
    const commits = kafka.spoil(OffsetCommit, 2, ({ topics }) => ({
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCode.NotCoordinatorForGroup,
        })),
      })),
    }))
    await generation.commitOffsets({ t: { 0: 5 } })
    expect(commits.count).toBe(3)
  })

  test('that are refused for one partition, for good or for a while, are stored for the others, and tried again alone', async () => {
    await using kafka = new Embedded({ partitions: 3 })
    const generation = await kafka.group().next()
    const asked: number[][] = []
    kafka.broker.control(OffsetCommit, async ({ topics }, context) => {
      asked.push(topics[0]!.partitions.map(({ partitionIndex }) => partitionIndex))
      const answer = (await context.apply())!
      for (const partition of answer.topics![0]!.partitions!) {
        if (partition.partitionIndex === 0) Object.assign(partition, { errorCode: ErrorCode.OffsetMetadataTooLarge })
        if (partition.partitionIndex === 1 && asked.length < 3)
          Object.assign(partition, { errorCode: ErrorCode.GroupLoadInProgress })
      }
      return answer
    })
    await expect(generation.commitOffsets({ t: { 0: 5, 1: 5, 2: 5 } })).rejects.toMatchObject({
      code: ErrorCode.OffsetMetadataTooLarge,
    })
    expect(asked).toEqual([[0, 1, 2], [1], [1]])
  })

  test('can be cancelled', async () => {
    await using kafka = new Embedded()
    const generation = await kafka.group({ timeout: 5_000 }).next()
    kafka.spoil(OffsetCommit, 1, () => 'hang')
    const controller = new AbortController()
    const committing = generation.commitOffsets({ t: { 0: 5 } }, { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(committing).rejects.toBe(reason)
  })

  test('do not wait behind a join of the same member', async () => {
    await using kafka = new Embedded()
    const group = kafka.group()
    const generation = await group.next()
    let release!: () => void
    const joining = new Promise<void>(seen => {
      kafka.spoil(JoinGroup, 1, () => {
        seen()
        return new Promise(resolve => {
          release = () => resolve(undefined)
        })
      })
    })
    generation.start(() => {})
    await joining
    await generation.commitOffsets({ t: { 0: 7 } })
    release()
    expect((await group.next()).assignments['t']).toEqual([{ id: 0, offset: 7 }])
  })
})

describe('closing', () => {
  test('while a join is held up leaves at once', async () => {
    await using kafka = new Embedded()
    const group = kafka.group()
    const joining = new Promise<void>(seen => {
      kafka.spoil(JoinGroup, 2, ({ memberId }) => {
        if (memberId === '') return undefined
        seen()
        return 'hang'
      })
    })
    const leaves = kafka.spoil(LeaveGroup, 0, () => undefined)
    const waiting = group.next().catch(() => 'closed')
    await joining
    const started = Date.now()
    await group.close()
    expect(await waiting).toBe('closed')
    expect(leaves.count).toBe(1)
    expect(Date.now() - started).toBeLessThan(1_000)
  })

  test('is bounded when a function does not return', async () => {
    await using kafka = new Embedded()
    const group = kafka.group({ rebalanceTimeout: 150 })
    const generation = await group.next()
    generation.start(() => new Promise(() => {}))
    await group.close()
    expect(kafka.notes.lines.some(line => line.includes('still running'))).toBe(true)
  })

  test('is bounded when the coordinator is silent', async () => {
    await using kafka = new Embedded()
    const group = kafka.group({ timeout: 100 })
    await group.next()
    kafka.spoil(LeaveGroup, 1, () => 'hang')
    await group.close()
    expect(kafka.notes.lines.some(line => line.startsWith('warn') && line.includes('leaving failed'))).toBe(true)
  })

  test('of a group that was never used asks nobody', async () => {
    await using kafka = new Embedded()
    const asked = kafka.spoil(FindCoordinator, 0, () => undefined)
    await kafka.group().close()
    await pause(0)
    expect(asked.count).toBe(0)
  })
})
