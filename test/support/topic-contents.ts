import { Client } from '../../src/client/client.ts'
import type { Message } from '../../src/records/message.ts'
import type { Transport } from '../../src/transport/transport.ts'

/** Everything a topic holds now, partition by partition. */
export async function topicContents(
  transport: Transport,
  addr: readonly string[],
  topic: string,
  signal: AbortSignal,
): Promise<Message[][]> {
  const client = new Client({ addr, transport })
  const { topics } = await client.metadata({ topics: [topic] }, { signal })
  const contents: Message[][] = []
  for (const { id: partition } of topics[0]!.partitions) {
    const messages: Message[] = []
    for (let offset = 0; ; ) {
      const { records, highWatermark, error } = await client.fetch(
        { topic, partition, offset, maxBytes: 8_000_000, maxWait: 0 },
        { signal },
      )
      if (error !== null) throw error
      for (const message of records) messages.push(message)
      offset = messages.length === 0 ? 0 : messages[messages.length - 1]!.offset + 1
      if (offset >= highWatermark) break
    }
    contents[partition] = messages
  }
  return contents
}
