import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import type { GroupOffsets } from '../group/generation.ts'
import { type Message, originOf } from '../records/message.ts'
import { byPartition } from '../writer/transactions/committed-offsets.ts'
import { DeliveredBatch, type MessageBatch } from './message-batch.ts'

/** All of a partition before `end` is done with. */
export interface ReadTo {
  readonly topic: string
  readonly partition: number
  readonly end: number
  /** The Reading it is of; null where that is not known. */
  readonly origin: object | null
}

/** What may be said to be done with: messages and all before them in their partitions, a whole batch, or offsets. */
export type DoneWith = Message | readonly Message[] | MessageBatch | GroupOffsets

export function readTo(done: DoneWith): ReadTo[] {
  if (typeof done !== 'object' || done === null)
    throw new ConfigError(`messages, a batch or offsets are wanted, not ${shown(done)}`)
  if (done instanceof DeliveredBatch) {
    const { topic, partition, lastOffset, origin } = done
    return [{ topic, partition, end: lastOffset + 1, origin }]
  }
  if (!Array.isArray(done) && typeof (done as Message).topic !== 'string')
    return byPartition(done as GroupOffsets).map(({ topic, partition, offset }) => ({
      topic,
      partition,
      end: offset,
      origin: null,
    }))
  const messages: readonly Message[] = Array.isArray(done) ? done : [done as Message]
  if (!messages.every(isRead))
    throw new ConfigError('only messages that were read can be committed: { topic, partition, offset }')
  return messages.map(message => ({
    topic: message.topic,
    partition: message.partition,
    end: message.offset + 1,
    origin: originOf(message),
  }))
}

/** One that isn't would be noted all the same, and fail every commit after it. */
export function isRead(message: Message | null | undefined): boolean {
  return (
    typeof message?.topic === 'string' &&
    Number.isInteger(message.partition) &&
    Number.isSafeInteger(message.offset + 1) &&
    message.offset >= 0
  )
}
