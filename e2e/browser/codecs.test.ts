import { expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Compression, Reader, Transport, Writer } from '../../src/index.ts'
import { unless } from '../../test/support/left-out.ts'
import { browserNames, chosenRuntimes, runtime } from '../runtimes/packages.ts'
import { act } from './act.ts'
import { startStage } from './stage.ts'

const codecs = Object.values(Compression)
const value = 'a page whose policy refuses eval and WebAssembly, on an origin without crypto.subtle; '.repeat(500)

for (const name of browserNames.filter(name => chosenRuntimes.includes(name))) {
  const { label, missing } = runtime(name)
  test(`a strict page in ${label} writes and reads with every codec`, {
    ...unless(missing),
    timeout: 60_000,
  }, async () => {
    const broker = new Broker({ topics: ['theirs', 'ours'].map(name => ({ name, partitions: 1 })), natives })
    const { addresses, close } = await listen(broker)
    const stage = await startStage(name, addresses)
    const transport = new Transport()
    try {
      const page = await stage.open('e2e/browser/entries/codecs.ts')
      const at = { brokers: addresses, bridge: stage.bridge.url, topic: 'theirs' }
      // What the page writes with its own codecs is read with Node's, and the other way round.
      await act(page, 'write', { at, value })
      const reader = new Reader({ brokers: addresses, topic: 'theirs', transport })
      for (const codec of codecs) {
        const message = await reader.readMessage()
        expect([new TextDecoder().decode(message.key!), message.text() === value]).toEqual([String(codec), true])
      }
      await reader.close()
      for (const compression of codecs) {
        await using writer = new Writer({ addr: addresses, topic: 'ours', compression, transport })
        await writer.writeMessages({ key: String(compression), value })
      }
      const read = await act<[string, string][]>(page, 'read', { at: { ...at, topic: 'ours' }, count: codecs.length })
      expect(read.map(([key, text]) => [key, text === value])).toEqual(codecs.map(codec => [String(codec), true]))
    } finally {
      await transport.close()
      await stage.close()
      await close()
      await broker.close()
    }
  })
}
