import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { deferred } from '../../src/base/deferred.ts'
import { Compression, type CustomCompressor } from '../../src/compression/codec.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Embedded, numbered, values } from './embedded.ts'

/** gzip by Node, which notes how much it was given. */
function noting(): CustomCompressor & { readonly given: number[] } {
  const given: number[] = []
  return {
    code: Compression.Gzip,
    given,
    compress(records) {
      given.push(records.length)
      return gzipSync(records)
    },
  }
}

test('a compressor of your own makes the bytes that go out, under the code it names', async () => {
  await using kafka = new Embedded()
  const compression = noting()
  await kafka.open({ compression }).writeMessages(values(100))
  const { batch } = kafka.sent[0]!
  expect(batch.codec).toBe(Compression.Gzip)
  expect(compression.given).toEqual([gunzipSync(batch.bytes.subarray(batch.start + 61, batch.end)).length])
  expect(await kafka.texts()).toEqual(numbered(100))
})

test('what it makes goes out even if that is larger', async () => {
  await using kafka = new Embedded()
  await kafka.open({ compression: noting() }).writeMessages({ value: 'x' })
  expect(kafka.sent.map(({ batch }) => batch.codec)).toEqual([Compression.Gzip])
})

test('a partition’s batches keep their order while one takes its time, and the others go', async () => {
  await using kafka = new Embedded({ partitions: 2 })
  const slow = deferred<Uint8Array>()
  const begun = deferred<Uint8Array>()
  let isFirst = true
  const compression: CustomCompressor = {
    code: Compression.Gzip,
    compress(records) {
      if (!isFirst) return gzipSync(records)
      isFirst = false
      begun.resolve(records)
      return slow.promise
    },
  }
  const writer = kafka.open({ compression })
  const first = writer.writeMessages({ value: 'first', partition: 0 })
  const records = await begun.promise
  const second = writer.writeMessages({ value: 'second', partition: 0 })
  await writer.writeMessages({ value: 'other', partition: 1 })
  expect(kafka.sent.map(({ partition }) => partition)).toEqual([1])
  slow.resolve(gzipSync(records))
  await Promise.all([first, second])
  expect(await kafka.texts(0)).toEqual(['first', 'second'])
})

test('what it throws fails the batch, and the next goes', async () => {
  await using kafka = new Embedded()
  const broken = new Error('out of order')
  let calls = 0
  const compression: CustomCompressor = {
    code: Compression.Zstd,
    async compress() {
      calls++
      throw broken
    },
  }
  const writer = kafka.open()
  const failing = writer.writeMessages(values(2), { compression })
  const going = writer.writeMessages(values(2, 2))
  await expect(failing).rejects.toMatchObject({ name: 'WriteErrors', errors: [broken, broken] })
  await going
  expect(calls).toBe(1)
  expect(await kafka.texts()).toEqual(['2', '3'])
})

test.each([undefined, null, 'text', [1, 2]])('what is no bytes but %j fails the batch', async answer => {
  await using kafka = new Embedded()
  const compression = { code: Compression.Gzip, compress: async () => answer as never }
  const writing = kafka.open({ compression }).writeMessages({ value: 'x' })
  await expect(writing).rejects.toMatchObject({
    errors: [{ name: 'ConfigError', message: /a compressor answers bytes/ }],
  })
})

test('one that never answers is given up after deliveryTimeout', async () => {
  await using kafka = new Embedded()
  const compression = { code: Compression.Gzip, compress: () => new Promise<never>(() => {}) }
  const writing = kafka.open({ compression, deliveryTimeout: 50 }).writeMessages({ value: 'x' })
  await expect(writing).rejects.toMatchObject({ errors: [{ name: 'TimeoutError' }] })
  expect(kafka.sent).toEqual([])
})

test('a batch that is sent again is compressed once, one that is split part by part', async () => {
  await using kafka = new Embedded()
  const compression = noting()
  const writer = kafka.open({ compression })
  kafka.answerProduce(ErrorCode.NotLeaderForPartition, 0)
  await writer.writeMessages(values(4))
  expect(compression.given).toHaveLength(1)
  kafka.answerProduce(ErrorCode.MessageSizeTooLarge, 0)
  await writer.writeMessages(values(4, 4))
  expect(compression.given).toHaveLength(4)
  expect(await kafka.texts()).toEqual(numbered(8))
})

test('each call may choose, and those that choose alike share batches', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open({ compression: 'lz4' })
  const text = { value: 'all work and no play makes Jack a dull boy. '.repeat(20) }
  const own: CustomCompressor = { code: Compression.Zstd, compress: records => deflateRawSync(records) }
  const choices = ['gzip', 'gzip', undefined, 'none', Compression.Snappy, 'gzip'] as const
  await Promise.all(choices.map(compression => writer.writeMessages(text, { compression })))
  const codes = ({ batch }: (typeof kafka.sent)[number]) => [batch.codec, batch.count]
  expect(kafka.sent.map(codes)).toEqual([
    [1, 2],
    [3, 1],
    [0, 1],
    [2, 1],
    [1, 1],
  ])
  expect(await kafka.texts()).toHaveLength(6)
  // The broker, which looks into batches, finds it damaged: it went out.
  await expect(writer.writeMessages(text, { compression: own })).rejects.toThrow()
  expect(kafka.sent.at(-1)!.batch.codec).toBe(Compression.Zstd)
})

test('a call’s compression is checked before anything is taken in', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open()
  for (const compression of ['brotli', 7, {}, { code: 0, compress() {} }, null])
    await expect(writer.writeMessages({ value: 'x' }, { compression: compression as never })).rejects.toThrow(
      /compression/,
    )
  expect(kafka.sent).toEqual([])
})

test('within a transaction, too', async () => {
  await using kafka = new Embedded()
  const writer = kafka.open({ transactionalId: 'id' })
  const text = { value: 'words '.repeat(100) }
  await writer.transaction(async transaction => {
    for (const compression of ['gzip', 'none', 'zstd'] as const) await transaction.writeMessages(text, { compression })
  })
  expect(kafka.sent.map(({ batch }) => batch.codec)).toEqual([1, 0, 4])
})
