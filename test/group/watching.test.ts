import { describe, expect, test } from 'vitest'
import type { BrokerConfig } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { SyncGroup } from '../../src/protocol/sync-group.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

function world(metadataTtl: number, config: BrokerConfig = {}) {
  const clock = new LeapingClock()
  const kafka = new Embedded({ clock, transport: { clock, metadataTtl }, ...config })
  const asked = { requests: 0, topics: 0 }
  kafka.broker.control(Metadata, ({ topics }) => {
    asked.requests++
    asked.topics += topics?.length ?? 0
    return undefined
  })
  return { clock, kafka, asked }
}

describe('the leader of a group', () => {
  test('asks for metadata once per metadataTtl, however many topics it reads', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `t${i}`)
    const { clock, kafka, asked } = world(60_000, { topics: names.map(name => ({ name, partitions: 1 })) })
    using _ = clock
    await using __ = kafka
    const reader = kafka.reader({ topic: undefined!, groupId: 'g', groupTopics: names })
    const waiting = reader.readMessage().catch(() => {})
    await clock.until(() => reader.stats().partitions.length === 20)
    await clock.sleep(10_000)
    asked.requests = asked.topics = 0
    await clock.sleep(120_000)
    expect(asked.requests).toBeLessThanOrEqual(2)
    expect(asked.topics).toBeLessThanOrEqual(40)
    await reader.close()
    await waiting
  })

  test('sees partitions and topics that come, in little more than metadataTtl', async () => {
    const { clock, kafka } = world(6_000)
    using _ = clock
    await using __ = kafka
    const reader = kafka.reader({ topic: undefined!, groupId: 'g', groupTopics: ['t', 'later'] })
    const texts: string[] = []
    const loop = (async () => {
      for await (const message of reader) texts.push(message.text())
    })()
    await clock.until(() => reader.stats().partitions.length === 1)
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    await kafka.transport.roundTrip(kafka.broker.addresses, CreatePartitions, {
      topics: [{ name: 't', count: 2, assignments: null }],
      timeoutMs: 1_000,
      validateOnly: false,
    })
    await client.createTopics({ topics: [{ topic: 'later', numPartitions: 1 }] })
    await kafka.write([{ value: 'new topic' }], { topic: 'later' })
    await client.produce({ topic: 't', partition: 1, records: [{ value: 'new partition' }] })
    await clock.until(() => texts.length === 2, 20_000)
    expect(texts.sort()).toEqual(['new partition', 'new topic'])
    await reader.close()
    await loop
  })

  test('asks as often as partitionWatchInterval says, where that is given', async () => {
    const { clock, kafka, asked } = world(300_000)
    using _ = clock
    await using __ = kafka
    const group = kafka.group({ partitionWatchInterval: 1_000, heartbeatInterval: 500, sessionTimeout: 10_000 })
    ;(await group.next()).start(signal => new Promise(resolve => signal.addEventListener('abort', () => resolve())))
    asked.requests = 0
    await clock.sleep(20_500)
    expect(asked.requests).toBeGreaterThanOrEqual(19)
    expect(asked.requests).toBeLessThanOrEqual(22)
  })
})

describe('an error of a group names the group', () => {
  const refused = ErrorCode.GroupAuthorizationFailed
  test.each<[string, (kafka: Embedded) => unknown]>([
    [
      'joining',
      kafka =>
        kafka.spoil(JoinGroup, 9, () => ({
          errorCode: refused,
          generationId: -1,
          protocolType: null,
          protocolName: null,
          leader: '',
          memberId: '',
          members: [],
        })),
    ],
    ['syncing', kafka => kafka.spoil(SyncGroup, 9, () => ({ errorCode: refused, assignment: new Uint8Array(0) }))],
    [
      'asking for offsets',
      kafka =>
        kafka.spoil(OffsetFetch, 9, ({ groups }) => ({
          groups: groups.map(({ groupId }) => ({ groupId, errorCode: refused, topics: [] })),
        })),
    ],
  ])('when %s is refused', async (_, spoil) => {
    await using kafka = new Embedded()
    spoil(kafka)
    const text = /not allowed on this group: group billing/
    await expect(kafka.group({ id: 'billing' }).next()).rejects.toThrow(text)
    await expect(kafka.reader({ groupId: 'billing' }).readMessage()).rejects.toThrow(text)
  })

  test('when a heartbeat says so', async () => {
    await using kafka = new Embedded()
    const group = kafka.group({ id: 'shipping' })
    const generation = await group.next()
    const cause = new Promise<unknown>(resolve =>
      generation.start(async signal => {
        await new Promise<void>(over => signal.addEventListener('abort', () => over()))
        resolve((signal.reason as Error).cause)
      }),
    )
    kafka.spoil(Heartbeat, 1, () => ({ errorCode: ErrorCode.RebalanceInProgress }))
    expect(String(await cause)).toContain('group shipping')
  })
})
