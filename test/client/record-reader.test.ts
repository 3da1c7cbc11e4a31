import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { RecordReader } from '../../src/client/record-reader.ts'
import { RequiredAcks } from '../../src/protocol/acks.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { IsolationLevel } from '../../src/protocol/offsets.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { Embedded } from '../support/embedded.ts'
import { numbered } from '../support/reading-fixture.ts'
import { RawProducer } from '../support/transactions.ts'

const opened = (kafka: Embedded) => new Client({ addr: kafka.broker.addresses, transport: kafka.transport })

test('gives records one after another, each once, and null at the end whenever asked', () => {
  const reader = new RecordReader('a', 'b', 'c')
  expect(reader.readRecord()).toBe('a')
  expect([...reader]).toEqual(['b', 'c'])
  expect([reader.readRecord(), reader.readRecord(), new RecordReader().readRecord()]).toEqual([null, null, null])
})

test('reads no further than asked', () => {
  let made = 0
  const reader = RecordReader.from(
    (function* () {
      for (;;) yield made++
    })(),
  )
  expect([made, reader.readRecord(), reader.readRecord(), made]).toEqual([0, 0, 1, 2])
})

test('what was fetched is produced as it comes: records of one client are input of another', async () => {
  await using kafka = new Embedded({ topics: [{ name: 't' }, { name: 'copy' }] })
  const client = opened(kafka)
  const gap = 40 * 86_400_000
  const records = [
    { key: 'k', value: 'v', timestamp: gap, headers: [{ key: 'h', value: null }] },
    { key: null, value: '', timestamp: 2 * gap },
    { value: null, timestamp: 0 },
  ]
  await client.produce({ topic: 't', partition: 0, records })
  await client.produce({
    topic: 'copy',
    partition: 0,
    records: (await client.fetch({ topic: 't', partition: 0, offset: 0 })).records,
  })
  const [one, two] = await Promise.all(['t', 'copy'].map(topic => client.fetch({ topic, partition: 0, offset: 0 })))
  const copied = [...two!.records]
  expect(copied.map(({ timestamp }) => timestamp)).toEqual([gap, 2 * gap, 0])
  expect(copied).toEqual([...one!.records].map(message => ({ ...message, topic: 'copy' })))
})

test('the batches before a damaged one are read, then it is told', async () => {
  await using kafka = new Embedded()
  await kafka.write(numbered(0, 6), { batchSize: 3 })
  kafka.spoil(Fetch, 1, async (_, context) => {
    const answer = (await context.apply())!
    const [topic] = answer.responses
    const records = new Uint8Array(topic!.partitions[0]!.records!)
    records[records.length - 3]! ^= 1
    return { ...answer, responses: [{ ...topic!, partitions: [{ ...topic!.partitions[0]!, records }] }] }
  })
  const { records } = await opened(kafka).fetch({ topic: 't', partition: 0, offset: 0 })
  expect([0, 1, 2].map(() => records.readRecord()?.text())).toEqual(['0', '1', '2'])
  expect(() => records.readRecord()).toThrow(ProtocolError)
})

test('a fetch tells where to go on, also when all it has is left out', async () => {
  await using kafka = new Embedded()
  const client = opened(kafka)
  const fetch = (offset: number) =>
    client.fetch({ topic: 't', partition: 0, offset, maxWait: 50, isolationLevel: IsolationLevel.ReadCommitted })
  expect((await fetch(0)).nextOffset).toBe(0)
  const producer = await new RawProducer(kafka.transport, kafka.broker.addresses, 'p').init()
  await producer.write('t', 0, ['aborted', 'too'])
  await producer.end('abort')
  const answer = await fetch(0)
  expect([...answer.records]).toEqual([])
  // Behind the two and their marker: whoever counted records would ask for the same for ever.
  expect(answer.nextOffset).toBe(3)
  await kafka.write(numbered(0, 4))
  // From within a batch, its rest.
  const rest = await fetch(5)
  expect([[...rest.records].map(({ offset }) => offset), rest.nextOffset]).toEqual([[5, 6], 7])
  expect(await fetch(99)).toMatchObject({ error: { code: ErrorCode.OffsetOutOfRange }, nextOffset: -1 })
})

test('a raw batch goes out byte for byte, with whatever acknowledgement is asked for', async () => {
  await using kafka = new Embedded()
  const client = opened(kafka)
  for (const [i, requiredAcks] of [RequiredAcks.All, RequiredAcks.One, RequiredAcks.None].entries()) {
    const builder = new BatchBuilder()
    builder.append('k', `${i}`, [], 1000)
    const rawRecords = builder.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1 }).slice()
    const { error, baseOffset } = await client.rawProduce({ topic: 't', partition: 0, requiredAcks, rawRecords })
    expect([error, baseOffset]).toEqual([null, requiredAcks === RequiredAcks.None ? -1 : i])
  }
  const { records } = await client.fetch({ topic: 't', partition: 0, offset: 0, minBytes: 200 })
  expect([...records].map(message => message.text())).toEqual(['0', '1', '2'])
})
