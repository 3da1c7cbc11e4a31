import { expect, test } from 'vitest'
import type { ClientEvent } from '../../src/base/events.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { FirstOffset } from '../../src/protocol/offsets.ts'
import type { Message } from '../../src/records/message.ts'
import { Writer } from '../../src/writer/writer.ts'
import { Embedded } from '../support/embedded.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { random } from '../support/random.ts'

const brokers = 3
const partitions = 8
const steps = 150

/**
 * A topic that is written to while leaders move and vanish, brokers refuse, damage, delay or lose their answers, and
 * the reader is sent about, paused and resumed: from wherever it is sent, each partition's messages must come each
 * once, in their order, none left out.
 */
test.each(Array.from({ length: 6 }, (_, i) => i + 1))(
  'whatever happens, every message comes once and in order; seed %i',
  async seed => {
    using clock = new LeapingClock()
    const next = random(seed)
    const pick = (count: number): number => Math.floor(next() * count)
    const dials: string[] = []
    let hangUps = 0
    const onEvent = (event: ClientEvent): void => {
      if (event.type === 'connect' && event.lane === 'fetch') dials.push(event.broker)
    }
    const kafka = new Embedded({
      clock,
      brokers,
      topics: [{ name: 't', partitions, replicationFactor: brokers }],
      transport: { clock, onEvent },
    })
    await using _ = kafka
    const { broker, transport } = kafka
    const writer = new Writer({
      addr: broker.addresses,
      topic: 't',
      transport,
      batchSize: 5,
      balancer: message => Number(message.key),
    })

    let calm = false
    broker.control(Fetch, async (_, context) => {
      const dice = calm ? 1 : next()
      if (dice < 0.02) {
        hangUps++
        return 'drop'
      }
      if (dice < 0.05) return { errorCode: ErrorCode.KafkaStorageError, responses: [] }
      const answer = (await context.apply())!
      if (dice < 0.1) await clock.sleep(pick(3_000))
      if (dice > 0.3) return answer
      const codes = [
        ErrorCode.KafkaStorageError,
        ErrorCode.NotLeaderForPartition,
        ErrorCode.OffsetOutOfRange,
        ErrorCode.UnknownTopicOrPartition,
      ]
      const spoil = (own: NonNullable<typeof answer>['responses'][number]['partitions'][number]) => {
        if (next() < 0.7) return own
        if (next() < 0.5 && own.records != null && own.records.length > 0) {
          const records = new Uint8Array(own.records)
          records[records.length - 1 - pick(Math.min(20, records.length))]! ^= 1 + pick(255)
          return { ...own, records }
        }
        return { ...own, errorCode: codes[pick(codes.length)]!, records: null }
      }
      const responses = answer.responses.map(topic => ({ ...topic, partitions: topic.partitions.map(spoil) }))
      return { ...answer, responses: next() < 0.1 ? [] : responses }
    })
    broker.control(ListOffsets, () => (!calm && next() < 0.1 ? 'drop' : undefined))

    const reader = kafka.reader({ maxBytes: 1 + pick(2_000), queueBytes: 2_000 + pick(100_000) })
    const written = Array.from({ length: partitions }, () => 0)
    const due = Array.from({ length: partitions }, () => 0)
    const paused = new Set<number>()
    let count = 0
    const check = ({ partition, offset, value }: Message): void => {
      expect(paused.has(partition)).toBe(false)
      expect([partition, offset]).toEqual([partition, due[partition]])
      expect(new TextDecoder().decode(value!)).toBe(`${partition}:${offset}`)
      due[partition]!++
      count++
    }
    let over = false
    const reading = (async () => {
      while (!over) {
        try {
          if (next() < 0.7) for (let i = pick(20); i >= 0 && !over; i--) check(await reader.readMessage())
          else {
            for await (const batch of reader.batches()) {
              batch.messages().forEach(check)
              if (next() < 0.3) break
            }
          }
        } catch (error) {
          if (over) return
          if (!(error instanceof Error) || error.name === 'AssertionError') throw error
        }
      }
    })()
    let failed: unknown
    reading.catch(error => {
      failed = error
    })

    const stopped = new Set<number>()
    const writes: Promise<void>[] = []
    for (let step = 0; step < steps && failed === undefined; step++) {
      const partition = pick(partitions)
      const dice = next()
      if (dice < 0.4) {
        const messages = Array.from({ length: 1 + pick(12) }, () => ({
          key: String(partition),
          value: `${partition}:${written[partition]!++}`,
        }))
        writes.push(writer.writeMessages(messages))
      } else if (dice < 0.5) {
        const target = 1 + pick(brokers)
        if (!stopped.has(target)) broker.moveLeader('t', partition, target)
      } else if (dice < 0.55 && stopped.size < brokers - 1) {
        const target = 2 + pick(brokers - 1)
        stopped.add(target)
        broker.stopBroker(target)
        hangUps++
      } else if (dice < 0.65) {
        for (const target of stopped) broker.startBroker(target)
        stopped.clear()
      } else if (dice < 0.8 && reader.stats().partitions.length === partitions) {
        const offset = next() < 0.2 ? FirstOffset : pick(written[partition]! + 1)
        // What is in hand of it may not be handed out any more.
        reader.seek('t', partition, offset)
        due[partition] = Math.max(0, offset)
      } else if (dice < 0.9 && reader.stats().partitions.length === partitions) {
        if (paused.delete(partition)) reader.resume([{ topic: 't', partition }])
        else {
          paused.add(partition)
          reader.pause([{ topic: 't', partition }])
        }
      }
      await clock.sleep(pick(next() < 0.2 ? 5_000 : 200))
    }
    calm = true
    for (const target of stopped) broker.startBroker(target)
    await Promise.all(writes)
    paused.clear()
    if (failed === undefined) {
      reader.resume()
      await clock.until(
        () => failed !== undefined || due.every((offset, partition) => offset === written[partition]),
        300_000,
      )
    }
    expect(failed).toBeUndefined()
    expect(count).toBeGreaterThan(100)
    // One for each broker, and one for each that was hung up on.
    expect(dials.length).toBeLessThanOrEqual(brokers + hangUps * 2)
    over = true
    await reader.close()
    await writer.close()
    await reading
  },
)
