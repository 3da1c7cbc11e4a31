// In a page: what every codec comes to, written and read through the bridge.
import { natives, websocket } from '../../../adapters/websocket/index.ts'
import { Compression, Reader, Transport, Writer } from '../../../src/index.ts'
import { onPage } from './on-page.ts'

interface Place {
  readonly brokers: readonly string[]
  readonly bridge: string
  readonly topic: string
}

onPage({
  /** Writes one value with each codec. */
  async write({ at, value }: { at: Place; value: string }) {
    const transport = transportTo(at.bridge)
    for (const compression of Object.values(Compression)) {
      const writer = new Writer({ addr: at.brokers, topic: at.topic, compression, transport })
      await writer.writeMessages({ key: String(compression), value })
      await writer.close()
    }
    await transport.close()
  },

  /** Keys and values of the first messages of partition 0. */
  async read({ at, count }: { at: Place; count: number }) {
    const transport = transportTo(at.bridge)
    const reader = new Reader({ brokers: at.brokers, topic: at.topic, transport })
    const read: (readonly [key: string, value: string])[] = []
    while (read.length < count) {
      const message = await reader.readMessage()
      read.push([new TextDecoder().decode(message.key!), message.text()])
    }
    await reader.close()
    await transport.close()
    return read
  },
})

function transportTo(bridge: string): Transport {
  return new Transport({
    adapter: websocket({ url: bridge, token: async () => (await fetch('/token')).text() }),
    natives,
  })
}
