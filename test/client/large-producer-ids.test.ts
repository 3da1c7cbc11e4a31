import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { ListTransactions } from '../../src/protocol/list-transactions.ts'
import { Transport } from '../../src/transport/transport.ts'

/** As plain numbers both would be 8000000000000000000. */
const [one, other] = [8_000_000_000_000_000_001n, 8_000_000_000_000_000_002n]

test('a Client writes by producer ids that no plain number holds, and is told of their producers and transactions', async () => {
  await using broker = new Broker({ natives, topics: [{ name: 't', partitions: 1 }] })
  await using transport = new Transport({ adapter: memory(broker, natives), natives })
  const client = new Client({ addr: broker.addresses, transport })
  const ids = [one, other]
  broker.control(InitProducerId, () => ({ errorCode: 0, producerId: ids.shift()!, producerEpoch: 0 }))
  for (const id of [one, other]) {
    const { producer } = await client.initProducerId({})
    expect(producer!.producerId).toBe(id)
    const { error } = await client.produce({
      topic: 't',
      partition: 0,
      records: [{ value: String(id) }],
      ...producer!,
      baseSequence: 0,
    })
    expect(error).toBe(null)
  }
  const { topics } = await client.describeProducers({ topics: { t: [0] } })
  expect(topics['t']![0]!.producers.map(({ producerId }) => producerId).sort()).toEqual([one, other])

  broker.control(ListTransactions, ({ producerIdFilters }) => ({
    errorCode: 0,
    unknownStateFilters: [],
    transactionStates: producerIdFilters.map(producerId => ({
      transactionalId: String(producerId),
      producerId,
      transactionState: 'Ongoing',
    })),
  }))
  const { transactions } = await client.listTransactions({ producerIds: [other] })
  expect(transactions).toMatchObject([{ transactionalId: String(other), producerId: other }])
})
