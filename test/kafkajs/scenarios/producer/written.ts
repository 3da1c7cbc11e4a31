import { Transport } from '../../../../src/transport/transport.ts'
import { topicContents } from '../../../support/topic-contents.ts'
import type { Stage } from '../stage.ts'

/** What is in a topic, partition by partition, read by neither library's consumer. */
export async function written(stage: Stage, topic: string): Promise<object[][]> {
  await using transport = new Transport()
  const contents = await topicContents(transport, stage.brokers, topic, AbortSignal.timeout(10_000))
  return contents.map(messages =>
    messages.map(({ offset, key, value, headers, timestamp }) => ({
      offset,
      key: key && Buffer.from(key),
      value: value && Buffer.from(value),
      headers: headers.map(header => [header.key, header.value && Buffer.from(header.value)]),
      timestamp,
    })),
  )
}
