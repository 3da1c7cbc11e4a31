import { expect, test } from 'vitest'
import { listen } from '../../../adapters/broker/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import { Broker } from '../../../src/broker/index.ts'
import { Reader, Writer } from '../../../src/index.ts'

const protocols: Record<string, number>[] = [{}, { 'transaction.version': 2 }]

test.each(protocols)('a Writer that is given no transport finds its coordinators: %o', async features => {
  const broker = new Broker({ natives, brokers: 3, topics: [{ name: 't', partitions: 3 }], features })
  const { addresses, close } = await listen(broker)
  const writer = new Writer({ addr: addresses, topic: 't', transactionalId: 'id' })
  await writer.transaction(tx => tx.writeMessages([{ value: 'a' }, { value: 'b' }]))
  await expect(
    writer.transaction(async tx => {
      await tx.writeMessages({ value: 'c' })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await writer.transaction(tx => tx.writeMessages({ value: 'd' }))
  await writer.close()
  const reader = new Reader({ brokers: addresses, topic: 't', isolationLevel: 'read_committed' })
  const texts = [await reader.fetchMessage(), await reader.fetchMessage(), await reader.fetchMessage()]
  expect(texts.map(message => message.text()).sort()).toEqual(['a', 'b', 'd'])
  await reader.close()
  await close()
  await broker.close()
})
