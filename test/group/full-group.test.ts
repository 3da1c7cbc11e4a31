import { expect, test } from 'vitest'
import { ConsumerGroupHeartbeat } from '../../src/protocol/consumer-group-heartbeat.ts'
import { ErrorCode, KafkaError } from '../../src/protocol/errors.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'

test.each(['classic', 'consumer'] as const)(
  'a reader that finds its group full asks ever more seldom, costs who is in it nothing, and has its turn, by the %s protocol',
  async protocol => {
    using clock = new LeapingClock()
    const configs = { 'group.max.size': '1', 'group.consumer.max.size': '1' }
    await using kafka = new Embedded({ clock, configs, transport: { clock } })
    const established = kafka.reader({ groupId: 'g', protocol })
    const texts: string[] = []
    const loop = (async () => {
      for await (const message of established) texts.push(message.text())
    })()
    await clock.until(() => established.stats().partitions.length === 1)
    const asked: number[] = []
    kafka.broker.control(JoinGroup, () => void asked.push(clock.monotonic()))
    kafka.broker.control(
      ConsumerGroupHeartbeat,
      ({ memberEpoch }) => void (memberEpoch === 0 && asked.push(clock.monotonic())),
    )
    established.stats()
    const outside = kafka.reader({ groupId: 'g', protocol })
    const codes = new Set<number>()
    const reading = (async () => {
      for (;;) {
        try {
          return (await outside.readMessage()).text()
        } catch (error) {
          if (!(error instanceof KafkaError)) throw error
          codes.add(error.code)
        }
      }
    })()
    for (let i = 0; i < 5; i++) {
      await clock.sleep(30_000)
      await kafka.write([{ value: String(i) }])
    }
    await clock.until(() => texts.length === 5)
    expect(established.stats().rebalances).toBe(0)
    expect([...codes]).toEqual([ErrorCode.GroupMaxSizeReached])
    // In two minutes and a half.
    expect(asked.length).toBeGreaterThan(2)
    expect(asked.length).toBeLessThan(20)
    expect(asked.at(-1)! - asked.at(-2)!).toBeGreaterThan(asked[1]! - asked[0]!)
    await established.close()
    await loop
    await kafka.write([{ value: 'its turn' }])
    for (;;) if (['0', 'its turn'].includes(await reading)) break
  },
  60_000,
)
