import { type Client, IsolationLevel } from '../../src/index.ts'
import type { Seen } from './history.ts'

/** All that is committed in a topic, by partition. */
export async function contents(client: Client, topic: string, partitions: number): Promise<Seen[][]> {
  return Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const seen: Seen[] = []
      for (let offset = 0; ; ) {
        const answer = await client.fetch({
          topic,
          partition,
          offset,
          maxWait: 0,
          maxBytes: 4_000_000,
          isolationLevel: IsolationLevel.ReadCommitted,
        })
        if (answer.error !== null) throw answer.error
        for (const message of answer.records) seen.push({ partition, offset: message.offset, text: message.text() })
        if (answer.nextOffset === offset || answer.nextOffset >= answer.lastStableOffset) return seen
        offset = answer.nextOffset
      }
    }),
  )
}
