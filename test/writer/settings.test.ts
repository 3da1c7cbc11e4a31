import { describe, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { ConfigError, TimeoutError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import { Compression, type CompressionName } from '../../src/compression/codec.ts'
import { RequiredAcks } from '../../src/protocol/acks.ts'
import { ErrorCode, hasCode } from '../../src/protocol/errors.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig, WrittenMessage } from '../../src/writer/config.ts'
import { Writer } from '../../src/writer/writer.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { random } from '../support/random.ts'
import { Embedded, numbered, produceAnswer, topic, values } from './embedded.ts'

/** A writer whose time passes only when nothing else goes on. */
function timed(config: Partial<WriterConfig>) {
  const clock = new LeapingClock()
  const broker = new Broker({ clock, natives, topics: [{ name: topic, partitions: 1 }] })
  const transport = new Transport({ clock, natives, adapter: memory(broker, natives), logger: null })
  const writer = new Writer({ addr: broker.addresses, topic, transport, ...config })
  return {
    clock,
    broker,
    writer,
    async [Symbol.asyncDispose]() {
      await writer.close({ signal: AbortSignal.abort() })
      await transport.close()
      await broker.close()
      clock.close()
    },
  }
}

/** By how much each is more than the one before. */
const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, i) => time - times[i]!)

describe('times', () => {
  test('writeBackoffMin and writeBackoffMax: the wait before a retry doubles from the one to the other, ±20 %', async () => {
    await using at = timed({ writeBackoffMin: 100, writeBackoffMax: 500 })
    const tried: number[] = []
    at.broker.control(Produce, request => {
      tried.push(at.clock.monotonic())
      return tried.length <= 6 ? (produceAnswer(request, ErrorCode.NotEnoughReplicas) as never) : undefined
    })
    await at.writer.writeMessages({ value: 'x' })
    const waits = gaps(tried)
    expect(waits.length).toBe(6)
    for (const [i, wanted] of [100, 200, 400, 500, 500, 500].entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(wanted * 0.8)
      expect(waits[i]).toBeLessThanOrEqual(wanted * 1.2 + 20)
    }
  })

  test('readTimeout bounds what prepares a write: a producer id that nobody answers is asked for again after it', async () => {
    await using at = timed({ readTimeout: 700, writeBackoffMin: 1, writeBackoffMax: 1 })
    const asked: number[] = []
    at.broker.control(InitProducerId, () => {
      asked.push(at.clock.monotonic())
      return asked.length <= 3 ? 'hang' : undefined
    })
    await at.writer.writeMessages({ value: 'x' })
    for (const wait of gaps(asked)) {
      expect(wait).toBeGreaterThanOrEqual(700)
      expect(wait).toBeLessThan(1_300)
    }
    expect(asked.length).toBe(4)
  })

  test('readTimeout bounds the wait for a topic’s layout', async () => {
    await using at = timed({ readTimeout: 700 })
    at.broker.control(Metadata, () => 'hang')
    const error = await at.writer.writeMessages({ value: 'x' }).catch(e => e)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(at.clock.monotonic()).toBeGreaterThanOrEqual(700)
    expect(at.clock.monotonic()).toBeLessThan(1_500)
  })

  test('writeTimeout bounds a produce request, which is sent again', async () => {
    await using at = timed({ writeTimeout: 900, writeBackoffMin: 1, writeBackoffMax: 1 })
    const tried: number[] = []
    at.broker.control(Produce, () => {
      tried.push(at.clock.monotonic())
      return tried.length <= 2 ? 'hang' : undefined
    })
    await at.writer.writeMessages({ value: 'x' })
    expect(tried.length).toBe(3)
    for (const wait of gaps(tried)) {
      expect(wait).toBeGreaterThanOrEqual(900)
      expect(wait).toBeLessThan(1_500)
    }
  })
})

describe('batches', () => {
  test('batchSize: a batch is closed at so many messages', async () => {
    await using kafka = new Embedded()
    await kafka.open({ batchSize: 3 }).writeMessages(values(8))
    expect(kafka.sent.map(({ batch }) => batch.count)).toEqual([3, 3, 2])
    expect(await kafka.texts()).toEqual(numbered(8))
  })

  test('batchBytes: a batch is closed before it would have more, so that 4 messages of 25 bytes make two of 50', async () => {
    await using kafka = new Embedded()
    const one = { value: new Uint8Array(25) }
    await kafka.open().writeMessages([one, one])
    const { start, end } = kafka.sent.pop()!.batch
    // What a message takes is known in full only once it is encoded.
    const batchBytes = end - start + 20
    await kafka.open({ batchBytes }).writeMessages([one, one, one, one])
    expect(kafka.sent.map(({ batch }) => batch.count)).toEqual([2, 2])
    for (const { batch } of kafka.sent) expect(batch.end - batch.start).toBeLessThanOrEqual(batchBytes)
  })
})

describe('compression', () => {
  const text = { value: 'all work and no play makes Jack a dull boy. '.repeat(200) }
  const next = random(7)
  const noise = { value: Uint8Array.from({ length: 5_000 }, () => Math.floor(next() * 256)) }

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    '%s: what becomes no smaller goes as it is, and what does goes compressed',
    async compression => {
      await using kafka = new Embedded()
      const writer = kafka.open({ compression })
      await writer.writeMessages(noise)
      await writer.writeMessages(text)
      await writer.writeMessages(noise)
      const code = Compression[compression.replace(/^./, c => c.toUpperCase()) as 'Gzip']
      expect(kafka.sent.map(({ batch }) => batch.codec)).toEqual([0, code, 0])
      const stats = writer.stats()
      expect(stats.bytes).toBe(kafka.sent.reduce((sum, { batch }) => sum + batch.end - batch.start, 0))
      expect(stats.batchBytes.max).toBeGreaterThan(8_000)
    },
  )

  test.each([
    ['gzip', 1, 9],
    ['lz4', 1, 12],
    ['zstd', 1, 12],
  ] as const)('compressionLevel of %s: %i is quick, %i is small (KIP-390)', async (compression, quick, thorough) => {
    await using kafka = new Embedded()
    const orders = Array.from({ length: 3_000 }, (_, id) => ({ id, customer: Math.floor(next() * 500), total: next() }))
    const prose = { value: JSON.stringify(orders) }
    for (const compressionLevel of [quick, thorough])
      await kafka.open({ compression, compressionLevel }).writeMessages(prose)
    const [large, small] = kafka.sent.map(({ batch }) => batch.end - batch.start)
    expect(small).toBeLessThan(large!)
  })

  test.each<[CompressionName, number]>([
    ['gzip', 10],
    ['gzip', -1],
    ['lz4', 0],
    ['lz4', 18],
    ['zstd', 23],
    ['zstd', 1.5],
  ])('%s has no level %d: a ConfigError at once', (compression, compressionLevel) => {
    expect(() => new Writer({ addr: 'x', compression, compressionLevel })).toThrow(ConfigError)
  })
})

describe('without waiting', () => {
  test('acks none: written, at an offset nobody knows, and the completion callback is told so', async () => {
    await using kafka = new Embedded()
    const told: WrittenMessage[] = []
    const completion = (messages: readonly WrittenMessage[]): void => void told.push(...messages)
    const writer = kafka.open({ requiredAcks: RequiredAcks.None, completion })
    await writer.writeMessages(values(3))
    expect(await writer.writeMessage({ value: '3' })).toMatchObject({ offset: -1, partition: 0 })
    expect(told.map(({ offset, value }) => [offset, value])).toEqual(numbered(4).map(value => [-1, value]))
    await expect.poll(() => kafka.texts()).toEqual(numbered(4))
  })

  test('an async writer’s caller is told what is wrong with arguments and topics', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ async: true, topic: '' })
    await expect(writer.writeMessages({ value: 'x' })).rejects.toBeInstanceOf(ConfigError)
    const error = await writer.writeMessages({ topic: 'nowhere', value: 'x' }).catch(e => e)
    expect(hasCode(error, ErrorCode.UnknownTopicOrPartition)).toBe(true)
    await writer.writeMessages({ topic, value: '0' })
    await writer.flush()
    expect(await kafka.texts()).toEqual(['0'])
  })
})
