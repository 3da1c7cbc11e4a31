// In a page: much traffic through the bridge, and how much memory it takes.
import { natives, websocket } from '../../../adapters/websocket/index.ts'
import { Reader, Transport, Writer } from '../../../src/index.ts'
import { onPage } from './on-page.ts'

interface Place {
  readonly brokers: readonly string[]
  readonly bridge: string
  readonly topic: string
}

const count = 100_000
const value = 'x'.repeat(1024)

onPage({
  /** Writes 100,000 messages; answers the most heap that was in use, in bytes. */
  async write({ brokers, bridge, topic }: Place) {
    const transport = transportTo(bridge)
    const writer = new Writer({ addr: brokers, topic, transport })
    let most = 0
    for (let at = 0; at < count; at += 1_000) {
      await writer.writeMessages(Array.from({ length: 1_000 }, (_, index) => ({ key: `${at + index}`, value })))
      if (at % 5_000 === 0) most = Math.max(most, heap())
    }
    await writer.close()
    await transport.close()
    return most
  },

  /**
   * Reads 100,000 messages from partition 0; answers the most heap that was in use, and whether each came once, in
   * order.
   */
  async read({ brokers, bridge, topic }: Place) {
    const transport = transportTo(bridge)
    const reader = new Reader({ brokers, topic, partition: 0, transport })
    let most = 0
    let inOrder = true
    for (let at = 0; at < count; at++) {
      const message = await reader.readMessage()
      inOrder &&= message.offset === at && message.value?.length === value.length
      if (at % 5_000 === 0) most = Math.max(most, heap())
    }
    await reader.close()
    await transport.close()
    return { most, inOrder }
  },

  /** Reads as a member of a group for ever; `seen` tells from which partitions. */
  async join({ brokers, bridge, topic }: Place) {
    const reader = new Reader({
      brokers,
      topic,
      groupId: `${topic}-group`,
      sessionTimeout: 6_000,
      heartbeatInterval: 1_000,
      transport: transportTo(bridge),
    })
    void follow(reader)
  },
  async seen() {
    const partitions = [...seen].sort()
    seen.clear()
    return partitions
  },

  /** Writes for ever. */
  async flood({ brokers, bridge, topic }: Place) {
    const writer = new Writer({ addr: brokers, topic, transport: transportTo(bridge) })
    void (async () => {
      for (let at = 0; ; at++)
        await writer.writeMessages(Array.from({ length: 100 }, (_, index) => ({ key: `${at}-${index}`, value })))
    })()
  },
})

const seen = new Set<number>()

async function follow(reader: Reader): Promise<void> {
  for await (const { partition } of reader) seen.add(partition)
}

function transportTo(bridge: string): Transport {
  return new Transport({
    adapter: websocket({ url: bridge, token: async () => (await fetch('/token')).text() }),
    natives,
  })
}

/** Bytes that are alive: how much garbage waits is the collector's affair. Chromium alone tells. */
function heap(): number {
  ;(globalThis as unknown as { gc(): void }).gc()
  return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize
}
