import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { CooperativeStickyGroupBalancer } from '../../src/group/balancers/cooperative-sticky.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { LastOffset } from '../../src/protocol/offsets.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Embedded } from '../support/embedded.ts'
import { flakyAdapter } from '../support/flaky-adapter.ts'
import { random as randomOf } from '../support/random.ts'
import { pause, until } from '../support/waiting.ts'

interface Member {
  readonly reader: Reader
  readonly transport: Transport
  crash(): void
}

test.each([
  [1, 'eager'],
  [2, 'eager'],
  [1, 'cooperative'],
  [2, 'cooperative'],
])(
  'members come, leave and die, partitions are added, coordinators move (%i, %s): nothing is skipped',
  async (seed, kind) => {
    const next = randomOf(seed)
    const upTo = (most: number): number => Math.floor(next() * (most + 1))
    await using kafka = new Embedded({ partitions: 4, brokers: 2 })
    const brokers = kafka.broker.addresses
    const seen = new Set<string>()
    /** Who has which partition, by generation. */
    const owners = new Map<string, string>()
    const committed = new Map<string, number>()
    const faults: string[] = []
    kafka.broker.control(OffsetCommit, async (request, context) => {
      const answer = await context.apply()
      for (const { partitions } of request.topics)
        for (const { partitionIndex, committedOffset } of partitions) {
          const told = answer?.topics
            ?.flatMap(topic => topic.partitions ?? [])
            .find(each => each.partitionIndex === partitionIndex)
          if (told?.errorCode !== 0) continue
          const before = committed.get(`${partitionIndex}`) ?? -1
          if (committedOffset < before)
            faults.push(`partition ${partitionIndex}: ${committedOffset} committed after ${before}`)
          committed.set(`${partitionIndex}`, committedOffset)
        }
      return answer ?? undefined
    })
    const members: Member[] = []
    const join = (): void => {
      const plug = flakyAdapter(memory(kafka.broker, natives))
      const transport = new Transport({
        adapter: plug.adapter,
        natives,
        backoff: { min: 5, max: 50 },
        onEvent: event => {
          if (event.type !== 'rebalance') return
          for (const partition of event.assignments['t'] ?? []) {
            const place = `${event.generationId} ${partition}`
            if ((owners.get(place) ?? event.memberId) !== event.memberId)
              faults.push(`generation and partition ${place} given twice`)
            owners.set(place, event.memberId)
          }
        },
      })
      const times = {
        heartbeatInterval: 50,
        sessionTimeout: 1_500,
        rebalanceTimeout: 2_000,
        joinGroupBackoff: 50,
        partitionWatchInterval: 200,
      }
      const reader = new Reader({
        brokers,
        groupId: 'g',
        topic: 't',
        transport,
        startOffset: LastOffset,
        maxWait: 100,
        timeout: 1_000,
        ...(kind === 'cooperative' && { groupBalancers: [new CooperativeStickyGroupBalancer()] }),
        ...times,
      })
      members.push({ reader, transport, crash: plug.pull })
      void (async () => {
        for (;;) {
          try {
            for await (const message of reader) {
              seen.add(message.text())
              await reader.commitMessages(message).catch(() => {})
            }
            return
          } catch {
            await pause(20)
          }
        }
      })()
    }
    const end = async ({ reader, transport }: Member): Promise<void> => {
      await reader.close()
      await transport.close()
    }
    const ending: Promise<void>[] = []

    join()
    join()
    await until(AbortSignal.timeout(15_000), () => committed.size === 4)
    const written: string[] = []
    let partitions = 4
    for (let step = 0; step < 16; step++) {
      const chance = upTo(9)
      const victim = members[upTo(members.length - 1)]!
      if (members.length < 2 || (chance < 3 && members.length < 4)) join()
      else if (chance < 5) {
        members.splice(members.indexOf(victim), 1)
        ending.push(end(victim))
      } else if (chance < 6) {
        members.splice(members.indexOf(victim), 1)
        victim.crash()
        ending.push(end(victim))
      } else if (chance < 7) kafka.broker.moveCoordinator('group', 'g', 1 + upTo(1))
      if (step === 5 || step === 10) {
        partitions += 2
        const topics = [{ name: 't', count: partitions, assignments: null }]
        await kafka.transport.roundTrip(brokers, CreatePartitions, { topics, timeoutMs: 5_000, validateOnly: false })
      }
      const batch = Array.from({ length: 10 }, (_, i) => ({ value: String(written.length + i) }))
      await kafka.write(batch, { balancer: ({ value }) => Number(value) % partitions, batchTimeout: 1 })
      written.push(...batch.map(({ value }) => value))
      await pause(upTo(300))
    }
    try {
      await until(AbortSignal.timeout(30_000), () => written.every(value => seen.has(value)))
    } catch {
      expect(written.filter(value => !seen.has(value))).toEqual([])
    }
    expect(faults).toEqual([])
    await Promise.all([...ending, ...members.map(end)])
  },
  90_000,
)
