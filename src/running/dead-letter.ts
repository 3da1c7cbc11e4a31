import { messageOf } from '../base/errors.ts'
import type { Message } from '../records/message.ts'
import type { MessageInput } from '../records/message-input.ts'

/** A message that could not be handled, as it is written elsewhere: what it was from in headers (KIP-1191). */
export function deadLetter(
  message: Message,
  { error, attempts, groupId, topic }: { error: unknown; attempts: number; groupId?: string; topic?: string },
): MessageInput {
  const { key, value, headers, timestamp, topic: from, partition, offset } = message
  const origin: Record<string, string | number | undefined> = {
    topic: from,
    partition,
    offset,
    group: groupId,
    'delivery.count': attempts,
    message: messageOf(error),
  }
  const added = Object.entries(origin).flatMap(([name, value]) =>
    value === undefined ? [] : [{ key: `__dlq.errors.${name}`, value: String(value) }],
  )
  return { key, value, headers: [...headers, ...added], timestamp, ...(topic === undefined ? {} : { topic }) }
}
