import { describe, expect, test } from 'vitest'
import { Client } from '../../src/client/client.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { rawBatch } from '../records/raw.ts'
import { gzip } from '../support/codecs.ts'
import { Embedded } from '../support/embedded.ts'
import { numbered, take } from '../support/reading-fixture.ts'
import { until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)
const texts = (from: number, to: number): string[] => numbered(from, to).map(({ value }) => value as string)

// Messages are decoded a thousand at a time.
describe('a batch of 2,000 messages and more', () => {
  test.each([1_999, 2_000, 2_001, 2_500])('of %i is read to its end, and the next after it', async count => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, count), { batchSize: count })
    await kafka.write(numbered(count, count + 3))
    const reader = kafka.reader()
    expect(await take(reader, count + 3, forever)).toEqual(texts(0, count + 3))
    expect(reader.offset()).toBe(count + 3)
    expect(reader.stats().messages).toBe(count + 3)
  })

  test.each([500, 1_000, 1_001, 2_000])('what is left after %i messages comes as a batch', async read => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 2_500), { batchSize: 2_500 })
    const reader = kafka.reader()
    expect(await take(reader, read, forever)).toEqual(texts(0, read))
    expect(reader.offset()).toBe(read)
    const { value: batch } = await reader.batches().next()
    expect(batch!.messages().map(message => message.text())).toEqual(texts(read, 2_500))
    expect(reader.stats().messages).toBe(2_500)
  })

  test('a seek from its middle leaves the rest', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 2_500), { batchSize: 2_500 })
    const reader = kafka.reader()
    await take(reader, 1_000, forever)
    await reader.setOffset(2_400)
    expect(await take(reader, 100, forever)).toEqual(texts(2_400, 2_500))
  })

  test('is committed as far as it was handed out and done with, at last whole', async () => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 2_000), { batchSize: 2_000 })
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    const committed = async (): Promise<number> =>
      (await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })).topics['t']![0]!.committedOffset
    const reader = kafka.reader({ groupId: 'g', commitInterval: 5 })
    for (let i = 0; i < 1_001; i++) await reader.readMessage()
    await until(forever, async () => (await committed()) === 1_000)
    for (let i = 1_001; i < 2_000; i++) await reader.readMessage()
    const waiting = reader.readMessage({ signal: AbortSignal.timeout(300) })
    await expect(waiting).rejects.toThrow()
    await until(forever, async () => (await committed()) === 2_000)
  })
})

test.each(['by itself', 'by hand'])(
  'a batch whose last records compaction took is committed to its end, %s',
  async how => {
    await using kafka = new Embedded()
    await kafka.write(numbered(0, 5), { batchSize: 5 })
    const records = rawBatch([12, 0, 0, 0, 1, 1, 0], { count: 1, lastOffsetDelta: 4 })
    kafka.spoil(Fetch, 1, async (_, context) => {
      const answer = (await context.apply())!
      const [topic] = answer.responses
      return { ...answer, responses: [{ ...topic!, partitions: [{ ...topic!.partitions[0]!, records }] }] }
    })
    const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
    const reader = kafka.reader({ groupId: 'g', commitInterval: 5 })
    const message = await (how === 'by itself' ? reader.readMessage() : reader.fetchMessage())
    expect(message.offset).toBe(0)
    const waiting = reader.fetchMessage({ signal: AbortSignal.timeout(100) })
    await expect(waiting).rejects.toThrow()
    if (how === 'by hand') await reader.commitMessages(message)
    await until(
      forever,
      async () =>
        (await client.offsetFetch({ groupId: 'g', topics: { t: [0] } })).topics['t']![0]!.committedOffset === 5,
    )
  },
)

test('600,000 records that decompress from 800 KB are never as many objects at once', async () => {
  await using kafka = new Embedded()
  const builder = new BatchBuilder()
  for (let i = 0; i < 600_000; i++) builder.append(null, null, null, 5)
  const batch = builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, compression: gzip }).slice()
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  const { error } = await client.rawProduce({ topic: 't', partition: 0, requiredAcks: -1, rawRecords: batch })
  expect(error).toBeNull()
  const { records } = await client.fetch({ topic: 't', partition: 0, offset: 0 })
  const before = process.memoryUsage().heapUsed
  expect(records.readRecord()!.offset).toBe(0)
  const reader = kafka.reader()
  expect((await reader.readMessage()).offset).toBe(0)
  // As messages they would take 80 MB and more.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30 * 1024 * 1024)
})
