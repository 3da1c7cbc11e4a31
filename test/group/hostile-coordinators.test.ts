import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { encodeAssignment, encodeSubscription } from '../../src/protocol/consumer-protocol.ts'
import { ErrorCode, type KafkaError } from '../../src/protocol/errors.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import { Embedded } from '../support/embedded.ts'
import { numbered } from '../support/reading-fixture.ts'
import { pause } from '../support/waiting.ts'

const always = Number.POSITIVE_INFINITY

describe('a coordinator', () => {
  test('that asks for a member id and gives none is told, and not asked in a hot loop', async () => {
    await using kafka = new Embedded()
    const joins = kafka.spoil(JoinGroup, 5_000, () => ({
      errorCode: ErrorCode.MemberIDRequired,
      protocolName: null,
      leader: '',
      memberId: '',
      members: [],
    }))
    const group = kafka.group()
    await expect(group.next({ signal: AbortSignal.timeout(3_000) })).rejects.toMatchObject({
      code: ErrorCode.MemberIDRequired,
    })
    expect(joins.count).toBeLessThan(10)
  })

  test.each([
    ['does not know the member it named', ErrorCode.UnknownMemberId],
    ['is always dividing', ErrorCode.RebalanceInProgress],
  ])('that for ever %s is told', async (_, errorCode) => {
    await using kafka = new Embedded()
    kafka.spoil(SyncGroup, always, () => ({ errorCode, assignment: new Uint8Array(0) }))
    const group = kafka.group({ rebalanceTimeout: 200 })
    // The broker behind it forgets who never syncs, and may be asked in between.
    const codes: readonly number[] = [errorCode, ErrorCode.UnknownMemberId]
    await expect(group.next({ signal: AbortSignal.timeout(3_000) })).rejects.toSatisfy(error =>
      codes.includes((error as KafkaError).code),
    )
  })

  test('that loads its groups for ever is told, though it answers at once', async () => {
    await using kafka = new Embedded()
    kafka.spoil(JoinGroup, always, () => ({
      errorCode: ErrorCode.GroupLoadInProgress,
      protocolName: null,
      leader: '',
      memberId: '',
      members: [],
    }))
    const group = kafka.group()
    await expect(group.next({ signal: AbortSignal.timeout(3_000) })).rejects.toMatchObject({
      code: ErrorCode.GroupLoadInProgress,
    })
  })

  test('that names a topic and a partition twice gives each partition once, and all of them', async () => {
    await using kafka = new Embedded({ partitions: 3 })
    kafka.spoil(SyncGroup, always, () => ({
      errorCode: 0,
      assignment: encodeAssignment({
        assignedPartitions: [
          { topic: 't', partitions: [0, 1, 1] },
          { topic: 't', partitions: [1, 2] },
        ],
        userData: null,
      }),
    }))
    const { assignments } = await kafka.group().next()
    expect(assignments['t']!.map(({ id }) => id)).toEqual([0, 1, 2])
  })

  test('that leaves partitions out of its answer about offsets sends nobody to the start of them', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    kafka.spoil(OffsetFetch, 1, async (_, context) => {
      const answer = (await context.apply())!
      return { ...answer, groups: answer.groups!.map(group => ({ ...group, topics: [] })) }
    })
    const group = kafka.group()
    await expect(group.next()).rejects.toBeInstanceOf(ProtocolError)
    expect((await group.next()).assignments['t']).toHaveLength(2)
  })

  test('that leaves partitions out of its answer to a commit has not committed them', async () => {
    await using kafka = new Embedded({ partitions: 2 })
    const generation = await kafka.group().next()
    kafka.spoil(OffsetCommit, 1, () => ({ topics: [] }))
    await expect(generation.commitOffsets({ t: { 0: 5, 1: 5 } })).rejects.toBeInstanceOf(ProtocolError)
    await generation.commitOffsets({ t: { 0: 5, 1: 5 } })
  })

  test('that refuses each commit as one of a former generation is not joined in a hot loop', async () => {
    await using kafka = new Embedded()
    kafka.spoil(OffsetCommit, always, ({ topics }) => ({
      topics: topics.map(topic => ({
        ...topic,
        partitions: topic.partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCode.IllegalGeneration,
        })),
      })),
    }))
    const joins = kafka.spoil(JoinGroup, 0, () => undefined)
    await kafka.write(numbered(0, 2))
    const reader = kafka.reader({ groupId: 'g', commitInterval: 5 })
    const reading = (async () => {
      for (;;) await reader.readMessage()
    })().catch(() => {})
    await pause(2_000)
    expect(joins.count).toBeLessThan(20)
    await reader.close()
    await reading
  })

  test('that falls silent step by step holds up close() for twice the timeout at most', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 1))
    const member = kafka.reader({ groupId: 'g', timeout: 300, commitInterval: 60_000 })
    await member.commitMessages(await member.fetchMessage())
    kafka.spoil(OffsetCommit, always, () => 'drop')
    kafka.spoil(FindCoordinator, always, async () => {
      await pause(280)
      return undefined
    })
    kafka.spoil(LeaveGroup, always, () => 'hang')
    const started = performance.now()
    await member.close()
    expect(performance.now() - started).toBeLessThan(800)
  })
})

test('a member that asks for a topic that can’t be keeps nobody from being given partitions', async () => {
  await using kafka = new Embedded({ partitions: 3 })
  kafka.spoil(JoinGroup, 2, async ({ memberId }, context) => {
    const answer = (await context.apply())!
    const strange = {
      memberId: 'strange',
      groupInstanceId: null,
      metadata: encodeSubscription({ topics: ['no topic!'], userData: null }),
    }
    return memberId === '' ? answer : { ...answer, members: [...(answer.members ?? []), strange] }
  })
  expect((await kafka.group().next({ signal: AbortSignal.timeout(3_000) })).assignments['t']).toHaveLength(3)
})
