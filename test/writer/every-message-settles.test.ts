import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import type { Clock } from '../../src/base/clock.ts'
import { TimeoutError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Transport } from '../../src/transport/transport.ts'
import { UnknownOutcomeError } from '../../src/writer/errors.ts'
import { Writer } from '../../src/writer/writer.ts'
import { topicContents } from '../support/topic-contents.ts'
import { produceAnswer } from './embedded.ts'

/** Time that passes only when nothing else goes on: a busy machine changes nothing. */
class QuietClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ at: number; task: () => void }>()
  #stopped = false
  now = (): number => 1_700_000_000_000 + Math.floor(this.#now)
  monotonic = (): number => this.#now

  after(milliseconds: number, task: () => void): () => void {
    const timer = { at: this.#now + Math.min(Math.max(0, milliseconds), 2 ** 31), task }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => this.after(milliseconds, resolve))
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      for (let i = 0; i < 40; i++) await new Promise(setImmediate)
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at)
      if (next === undefined) continue
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.task()
    }
  }

  stop(): void {
    this.#stopped = true
  }
}

/** Numbers in [0, 1) that are the same for the same seed. */
function chance(seed: number): () => number {
  let state = seed * 2654435761
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const refusals = [
  ErrorCode.NotLeaderForPartition,
  ErrorCode.NotEnoughReplicas,
  ErrorCode.UnknownTopicOrPartition,
  ErrorCode.KafkaStorageError,
  ErrorCode.InvalidProducerEpoch,
]
const partitions = 4

describe('whatever brokers do, every message settles once, in time and in order', () => {
  test.each(Array.from({ length: 8 }, (_, seed) => seed + 1))('seed %i', { timeout: 120_000 }, async seed => {
    const random = chance(seed)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
    const clock = new QuietClock()
    const running = clock.run()
    const broker = new Broker({
      clock,
      brokers: 3,
      topics: [{ name: 't', partitions, configs: { 'max.message.bytes': '3000' } }],
      natives,
    })
    const transport = new Transport({
      clock,
      natives,
      adapter: memory(broker, natives),
      metadataTtl: 20_000,
      requestTimeout: 3_000,
    })
    const deliveryTimeout = 4_000
    const writer = new Writer({
      addr: broker.addresses,
      topic: 't',
      transport,
      deliveryTimeout,
      writeTimeout: 1_500,
      readTimeout: 2_000,
      batchSize: 40,
      maxBufferedBytes: 30_000,
      batchBytes: 8_000,
    })

    let calm = false
    broker.control(Produce, async (request, { apply }) => {
      const luck = calm ? 1 : random()
      if (luck < 0.04) return produceAnswer(request, pick(refusals))
      if (luck < 0.07) return 'drop'
      if (luck < 0.09) return 'hang'
      const answer = await apply()
      if (luck < 0.12) return 'drop'
      if (luck < 0.14)
        return produceAnswer(request, pick([ErrorCode.RequestTimedOut, ErrorCode.NotEnoughReplicasAfterAppend]))
      return answer
    })
    broker.control(InitProducerId, () =>
      !calm && random() < 0.3
        ? { errorCode: ErrorCode.GroupCoordinatorNotAvailable, producerId: -1n, producerEpoch: -1 }
        : undefined,
    )
    broker.control(Metadata, async (_request, { apply }) => {
      const answer = (await apply())!
      if (!calm && random() < 0.1)
        for (const topic of answer.topics) Object.assign(topic, { errorCode: 3, partitions: [] })
      return answer
    })

    interface Outcome {
      readonly partition: number
      readonly acknowledged: boolean
      readonly unknown: boolean
    }
    const outcomes = new Map<string, Outcome>()
    let pending = 0
    let next = 0
    const late: string[] = []
    const write = (count: number): void => {
      const partition = Math.floor(random() * partitions)
      const first = next
      next += count
      const messages = Array.from({ length: count }, (_, i) => ({
        partition,
        value: `${first + i}:${'x'.repeat(Math.floor(random() * 120))}`,
      }))
      const began = clock.monotonic()
      pending++
      const settle = (errors: readonly (Error | null)[] | null, error: unknown): void => {
        pending--
        // A call may wait for room as long as for delivery, and a request under way then has its own time besides.
        if (clock.monotonic() - began > 2 * deliveryTimeout + 2_500)
          late.push(`${first}: ${clock.monotonic() - began} ms`)
        for (let i = 0; i < count; i++) {
          const one = errors === null ? error : errors[i]
          expect(outcomes.has(String(first + i))).toBe(false)
          const unknown = one instanceof UnknownOutcomeError || (one instanceof TimeoutError && one.sent)
          outcomes.set(String(first + i), { partition, acknowledged: one === null || one === undefined, unknown })
        }
      }
      writer.writeMessages(messages).then(
        () => settle(null, null),
        error => settle(error.errors ?? null, error),
      )
    }
    const down = new Set<number>()
    for (let step = 0; step < 250; step++) {
      write(1 + Math.floor(random() * 30))
      const luck = random()
      const id = 1 + Math.floor(random() * 3)
      if (luck < 0.05 && !down.has(id)) broker.moveLeader('t', Math.floor(random() * partitions), id)
      else if (luck >= 0.05 && luck < 0.08 && !down.has(id)) {
        broker.stopBroker(id)
        down.add(id)
        void clock.sleep(pick([100, 1_000, 6_000])).then(() => {
          broker.startBroker(id)
          down.delete(id)
        })
      } else if (luck < 0.1) void writer.flush()
      await clock.sleep(random() < 0.1 ? 1_000 : random() * 60)
    }
    await clock.sleep(6_000)
    calm = true
    // What comes when all is well again is written.
    const last = await Promise.allSettled(
      Array.from({ length: partitions }, (_, partition) =>
        writer.writeMessage({ partition, value: `last-${partition}` }),
      ),
    )
    expect(last.map(({ status }) => status)).toEqual(Array(partitions).fill('fulfilled'))
    await writer.close()
    expect([pending, outcomes.size, writer.stats().bufferedBytes, late]).toEqual([0, next, 0, []])

    const contents = await topicContents(transport, broker.addresses, 't', new AbortController().signal)
    clock.stop()
    await running
    let acknowledged = 0
    contents.forEach((messages, partition) => {
      const ids = messages.map(message => message.text().split(':')[0]!).filter(id => !id.startsWith('last'))
      expect(new Set(ids).size, 'written twice').toBe(ids.length)
      expect(ids.map(Number)).toEqual(ids.map(Number).sort((a, b) => a - b))
      const there = new Set(ids)
      for (const [id, outcome] of outcomes) {
        if (outcome.partition !== partition) continue
        if (outcome.acknowledged) acknowledged++
        if (outcome.acknowledged) expect(there.has(id), `${id} was acknowledged, and is not there`).toBe(true)
        else if (!outcome.unknown)
          expect(there.has(id), `${id} is there, and its error says that it is not`).toBe(false)
      }
    })
    expect(acknowledged).toBeGreaterThan(next / 4)
    await broker.close()
  })
})
