import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { ConsumerGroupHeartbeat } from '../../src/protocol/consumer-group-heartbeat.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { numbered } from '../support/reading-fixture.ts'

/** As in a hidden page: timers fire at multiples of `grain` milliseconds only. */
function slowTimers(clock: LeapingClock, grain: number): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(milliseconds, task) {
      const due = clock.monotonic() + milliseconds
      return clock.after(Math.ceil(due / grain) * grain - clock.monotonic(), task)
    },
  }
}

/** Shorter than the grain of the timers of either page. */
const sessionTimeout = 9_000
const configs = {
  'group.consumer.min.session.timeout.ms': String(sessionTimeout),
  'group.consumer.session.timeout.ms': String(sessionTimeout),
  'group.consumer.min.heartbeat.interval.ms': '3000',
  'group.consumer.heartbeat.interval.ms': '3000',
}

/** A cluster in time of its own, whose clients have timers of this grain; and how often members have joined it. */
function hidden(clock: LeapingClock, grain: number) {
  const kafka = new Embedded({ clock, partitions: 4, configs, transport: { clock: slowTimers(clock, grain) } })
  const joins = { count: 0 }
  kafka.broker.control(JoinGroup, ({ memberId }) => void (memberId !== '' && joins.count++))
  kafka.broker.control(ConsumerGroupHeartbeat, ({ memberEpoch }) => void (memberEpoch === 0 && joins.count++))
  const written: string[] = []
  const write = async (): Promise<void> => {
    const messages = numbered(written.length, written.length + 4)
    await kafka.write(messages, { batchTimeout: 1 })
    written.push(...messages.map(({ value }) => String(value)))
  }
  return { kafka, joins, written, write }
}

describe.each(['classic', 'consumer'] as const)(
  'members of a hidden page, by the %s protocol',
  {
    timeout: 60_000,
  },
  protocol => {
    test('keep their place though timers fire once a minute', async () => {
      using clock = new LeapingClock()
      const { kafka, joins, written, write } = hidden(clock, 60_000)
      await using _ = kafka
      const reader = kafka.reader({ groupId: 'g', protocol, sessionTimeout })
      const seen: string[] = []
      const reading = (async () => {
        for await (const message of reader) seen.push(message.text())
      })()
      await write()
      await clock.until(() => seen.length === 4, 300_000)
      const before = joins.count
      await clock.sleep(240_000)
      await write()
      await clock.until(() => seen.length === 8, 120_000)
      expect([joins.count, [...seen].sort()]).toEqual([before, [...written].sort()])
      await reader.close()
      await reading
    })

    test('lose nothing with timers of ten seconds, and read it once', async () => {
      using clock = new LeapingClock()
      const { kafka, joins, written, write } = hidden(clock, 10_000)
      await using _ = kafka
      const seen: string[] = []
      const readers = [0, 1].map(() => kafka.reader({ groupId: 'g', protocol, sessionTimeout, autoCommit: true }))
      const reading = readers.map(async reader => {
        for await (const message of reader) seen.push(message.text())
      })
      await clock.until(() => readers.every(reader => reader.stats().partitions.length === 2), 120_000)
      const before = joins.count
      for (let round = 0; round < 12; round++) {
        await write()
        await clock.sleep(10_000)
      }
      await clock.until(() => new Set(seen).size === written.length, 60_000)
      expect([joins.count, [...seen].sort()]).toEqual([before, [...written].sort()])
      await Promise.all(readers.map(reader => reader.close()))
      await Promise.all(reading)
    })
  },
)
