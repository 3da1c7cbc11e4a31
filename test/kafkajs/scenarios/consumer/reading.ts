import type { Consumer, ConsumerRunConfig, EachMessagePayload } from '../../../../adapters/kafkajs/index.ts'
import { until } from '../../../support/waiting.ts'
import type { Stage } from '../stage.ts'

/** A message as it is noted: where it was, and what it said. */
export function shown({ partition, message }: EachMessagePayload): string {
  return `${partition}/${message.offset} ${message.value?.toString() ?? null}`
}

/** Until something has come about; a scenario that waits for longer than this fails. */
export function come(condition: () => boolean | Promise<boolean>): Promise<void> {
  return until(AbortSignal.timeout(15_000), condition)
}

export function numbered(count: number, from = 0): { value: string }[] {
  return Array.from({ length: count }, (_, i) => ({ value: String(from + i) }))
}

/** A consumer of a topic of its own with these messages in it, which reads from the beginning. */
export async function reading(
  stage: Stage,
  {
    messages = numbered(5),
    partitions = 1,
    config = {},
    run = {},
  }: { messages?: object[]; partitions?: number; config?: object; run?: ConsumerRunConfig },
): Promise<{ consumer: Consumer; topic: string; groupId: string; seen: string[] }> {
  const topic = await stage.topic('topic', partitions)
  if (messages.length > 0) await stage.fill(topic, messages as never)
  const groupId = stage.unique('group')
  const consumer = await stage.consumer({ groupId, ...config })
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const seen: string[] = []
  await consumer.run({ eachMessage: async payload => void seen.push(shown(payload)), ...run })
  return { consumer, topic, groupId, seen }
}

/** What the group has committed, as neither library's consumer tells it. */
export async function committed(stage: Stage, groupId: string, topic: string): Promise<object[]> {
  const admin = stage.other.admin()
  await admin.connect()
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
  await admin.disconnect()
  return found!.partitions
}

/** Until the group has committed this in partition 0. */
export function hasCommitted(stage: Stage, groupId: string, topic: string, offset: string): Promise<void> {
  return come(async () => ((await committed(stage, groupId, topic))[0] as { offset: string }).offset === offset)
}

/** The payload of the next event of this name. */
export function next<T = unknown>(consumer: Consumer, name: keyof Consumer['events']): Promise<T> {
  return new Promise(resolve => {
    const forget = consumer.on(
      consumer.events[name] as never,
      ((event: { payload: T }) => {
        forget()
        resolve(event.payload)
      }) as never,
    )
  })
}
