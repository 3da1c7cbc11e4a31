import { Client } from '../../../../src/client/client.ts'
import type { Message } from '../../../../src/records/message.ts'
import type { Stage } from '../stage.ts'

/** What is committed in a topic, partition by partition, read by neither library. */
export async function written(stage: Stage, topic: string): Promise<object[][]> {
  await using client = new Client({ addr: stage.brokers })
  const { topics } = await client.metadata({ topics: [topic] })
  const contents: object[][] = []
  for (const { id: partition } of topics[0]!.partitions) {
    const messages: object[] = []
    for (let offset = 0, end = 1; offset < end; ) {
      const { records, nextOffset, lastStableOffset, highWatermark } = await client.fetch({
        topic,
        partition,
        offset,
        maxWait: 10,
        isolationLevel: 'read_committed',
      })
      // A transaction that is over is so in each partition a moment later.
      if (lastStableOffset < highWatermark) continue
      for (const message of records) messages.push(shown(message))
      end = nextOffset > offset ? lastStableOffset : offset
      offset = nextOffset
    }
    contents.push(messages)
  }
  return contents
}

function shown({ offset, key, value, headers, timestamp }: Message): object {
  return {
    offset,
    key: key && Buffer.from(key),
    value: value && Buffer.from(value),
    headers: headers.map(header => [header.key, header.value && Buffer.from(header.value)]),
    timestamp,
  }
}
