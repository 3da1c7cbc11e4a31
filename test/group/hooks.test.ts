import { expect, test } from 'vitest'
import { ConfigError, type Reader, type ReaderConfig } from '../../src/index.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { LeaveGroup } from '../../src/protocol/leave-group.ts'
import { Embedded } from '../support/embedded.ts'
import { numbered, take } from '../support/reading-fixture.ts'
import { pause, until } from '../support/waiting.ts'

const soon = (): AbortSignal => AbortSignal.timeout(15_000)

function member(kafka: Embedded, config: Partial<ReaderConfig> = {}): Reader {
  return kafka.reader({
    groupId: 'g',
    heartbeatInterval: 20,
    sessionTimeout: 1_000,
    rebalanceTimeout: 2_000,
    joinGroupBackoff: 20,
    ...config,
  })
}

test('a hook that throws is told of, and the group goes on', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  await kafka.write(numbered(0, 10))
  const fail = (): never => {
    throw new Error('no such thing')
  }
  const first = member(kafka, { onAssigned: fail, onRevoked: fail })
  await take(first, 10, soon())
  const waiting = first.fetchMessage({ signal: soon() }).catch(() => {})
  const second = member(kafka)
  await second.fetchMessage({ signal: soon() })
  expect(kafka.notes.lines).toContain('error group g: onAssigned failed: no such thing')
  expect(kafka.notes.lines).toContain('error group g: onRevoked failed: no such thing')
  await first.close()
  await waiting
})

test('a hook that never ends holds the group up no longer than it may, and its signal says so', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  await kafka.write(numbered(0, 10))
  let late: unknown
  const first = member(kafka, {
    rebalanceTimeout: 800,
    onRevoked: (_, { signal }) => {
      signal.addEventListener('abort', () => (late = signal.reason))
      return new Promise(() => {})
    },
  })
  await take(first, 10, soon())
  const waiting = first.fetchMessage({ signal: soon() }).catch(() => {})
  const second = member(kafka)
  await second.fetchMessage({ signal: soon() })
  expect(late).toMatchObject({ name: 'TimeoutError' })
  expect(first.stats().partitions).toHaveLength(1)
  await first.close()
  await waiting
})

test('what onAssigned seeks and pauses is read as it says, and nothing before it is done', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  await kafka.write(numbered(0, 20))
  let done = false
  const reader = member(kafka, {
    onAssigned: async () => {
      reader.seek('t', 0, 7)
      reader.pause([{ topic: 't', partition: 1 }])
      await pause(100)
      done = true
    },
  })
  const message = await reader.fetchMessage({ signal: soon() })
  expect(done).toBe(true)
  expect([message.partition, message.offset]).toEqual([0, 7])
  expect(reader.paused()).toEqual([{ topic: 't', partition: 1 }])
  reader.resume()
  const rest = await take(reader, 12, soon())
  expect(rest).toHaveLength(12)
})

test('work in onAssigned of any length keeps its place', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 1))
  const joins = kafka.spoil(JoinGroup, 0, () => undefined)
  const reader = member(kafka, { sessionTimeout: 200, rebalanceTimeout: 200, onAssigned: () => pause(700) })
  await reader.fetchMessage({ signal: soon() })
  expect(joins.count).toBe(2)
})

test('partitions that are lost are told of as lost, and not as given back', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 5))
  const told: string[] = []
  const reader = member(kafka, {
    onAssigned: () => void told.push('assigned'),
    onRevoked: () => void told.push('revoked'),
    onLost: () => void told.push('lost'),
  })
  await reader.fetchMessage({ signal: soon() })
  kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.UnknownMemberId }))
  await until(soon(), () => told.length === 3)
  expect(told).toEqual(['assigned', 'lost', 'assigned'])
  await reader.close()
  expect(told.at(-1)).toBe('revoked')
})

test('a member says why it leaves, and why it joins again', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 5))
  const reasons: (string | null | undefined)[] = []
  kafka.broker.control(LeaveGroup, ({ members }) => void reasons.push(members?.[0]?.reason))
  kafka.broker.control(JoinGroup, ({ reason }) => void reasons.push(reason))
  const reader = member(kafka, { maxPollInterval: 200 })
  await reader.fetchMessage({ signal: soon() })
  await until(soon(), () => reasons.some(reason => reason?.includes('maxPollInterval')))
  kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress }))
  const waiting = take(reader, 100, soon()).catch(() => {})
  await until(soon(), () => reasons.some(reason => reason?.includes('rebalanc')))
  await reader.close()
  await waiting
  expect(reasons.at(-1)).toBe('the consumer was closed')
})

test('a handler that asks in time keeps its place, however long it takes altogether', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 10))
  const leaves = kafka.spoil(LeaveGroup, 0, () => undefined)
  const reader = member(kafka, { maxPollInterval: 400 })
  for (let i = 0; i < 10; i++) {
    await reader.fetchMessage({ signal: soon() })
    await pause(100)
  }
  // Nor does one that waits for what does not come.
  await expect(reader.fetchMessage({ signal: AbortSignal.timeout(700) })).rejects.toThrow()
  expect(leaves.count).toBe(0)
})

test('hooks and maxPollInterval that can’t be meant are refused', () => {
  const brokers = 'localhost:1'
  const wrong = [{ onAssigned: 'log' }, { onLost: 5 }, { maxPollInterval: 0 }, { maxPollInterval: '5' }]
  for (const config of wrong as object[])
    expect(() => member(new Embedded(), { brokers, ...config })).toThrow(ConfigError)
  expect(() => new Embedded().reader({ maxPollInterval: 5 })).toThrow(/groupId/)
})
