import { expect, test } from 'vitest'
import { crc32c } from '../../src/bytes/crc32c.ts'
import { Client } from '../../src/client/client.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { Embedded } from '../support/embedded.ts'
import { RawProducer } from '../support/transactions.ts'

/** As plain numbers both would be 8000000000000000000. */
const large = [8_000_000_000_000_000_001n, 8_000_000_000_000_000_002n]

/** Has the broker answer as if its two producers had been given the large ids: in batches, and in the list of aborted transactions. */
function enlarge(kafka: Embedded, ids: readonly bigint[]): { listed: number } {
  const seen = { listed: 0 }
  const idOf = (id: bigint): bigint => large[ids.indexOf(id)] ?? id
  kafka.broker.control(Fetch, async (_, context) => {
    const answer = (await context.apply())!
    for (const { partitions } of answer.responses)
      for (const partition of partitions) {
        for (const aborted of partition.abortedTransactions ?? []) {
          Object.assign(aborted, { producerId: idOf(aborted.producerId) })
          seen.listed++
        }
        if (partition.records === null || partition.records === undefined) continue
        const records = new Uint8Array(partition.records)
        const view = new DataView(records.buffer)
        for (let at = 0; at + 61 <= records.length; at += 12 + view.getInt32(at + 8)) {
          view.setBigInt64(at + 43, idOf(view.getBigInt64(at + 43)))
          view.setUint32(at + 17, crc32c(records, at + 21, at + 12 + view.getInt32(at + 8)))
        }
        Object.assign(partition, { records })
      }
    return answer
  })
  return seen
}

test('reading committed tells transactions apart whose producer ids no plain number holds, by Reader and Client', async () => {
  await using kafka = new Embedded()
  const producers = [
    await new RawProducer(kafka.transport, kafka.broker.addresses, 'a').init(),
    await new RawProducer(kafka.transport, kafka.broker.addresses, 'b').init(),
  ]
  const [a, b] = producers as [RawProducer, RawProducer]
  await a.write('t', 0, ['aborted 1'])
  await b.write('t', 0, ['committed 1'])
  await a.write('t', 0, ['aborted 2'])
  await b.write('t', 0, ['committed 2'])
  await b.end('commit')
  await a.end('abort')
  await kafka.write([{ value: 'end' }])
  const seen = enlarge(
    kafka,
    producers.map(({ producerId }) => producerId),
  )
  const reader = kafka.reader({ isolationLevel: 'read_committed' })
  const texts: string[] = []
  while (texts.at(-1) !== 'end') texts.push((await reader.readMessage()).text())
  expect(texts).toEqual(['committed 1', 'committed 2', 'end'])
  const client = new Client({ addr: kafka.broker.addresses, transport: kafka.transport })
  const { records } = await client.fetch({ topic: 't', partition: 0, offset: 0, isolationLevel: 'read_committed' })
  expect([...records].map(message => message.text())).toEqual(texts)
  expect(seen.listed).toBeGreaterThan(0)
})
