import type { Transaction as CoreTransaction } from '../../../src/writer/transactions/transaction.ts'
import type { Context } from '../context.ts'
import { KafkaJSNonRetriableError } from '../errors.ts'
import { kafkaJSError } from '../translate.ts'
import type { Offsets } from '../types/common.ts'
import type { Transaction } from '../types/producer.ts'
import type { Delivery } from './delivery.ts'

/** A transaction under kafkajs's names. `over` is called once it has ended, however. */
export function transactionOf(
  core: CoreTransaction,
  delivery: Delivery,
  { offsets: committed }: Context,
  over: () => void,
): Transaction {
  let ended = false
  const isActive = (): boolean => !ended && core.state === 'open'
  const guarded =
    <A extends unknown[], T>(task: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (!isActive()) throw new KafkaJSNonRetriableError('Cannot continue to use transaction once ended')
      return task(...args)
    }
  const ending = (end: () => Promise<void>) =>
    guarded(async () => {
      ended = true
      try {
        await end()
      } catch (error) {
        throw kafkaJSError(error)
      } finally {
        over()
      }
    })
  return {
    send: guarded(record => delivery.send(record)),
    sendBatch: guarded(batch => delivery.sendBatch(batch)),
    commit: ending(() => core.commit()),
    abort: ending(() => core.abort()),
    sendOffsets: guarded(async ({ consumerGroupId, topics }: Offsets & { consumerGroupId: string }) => {
      if (!consumerGroupId) throw new KafkaJSNonRetriableError('Missing consumerGroupId')
      if (!topics) throw new KafkaJSNonRetriableError('Missing offset topics')
      const byTopic: Record<string, Record<number, number>> = {}
      for (const { topic, partitions } of topics) {
        byTopic[topic] ??= {}
        for (const { partition, offset } of partitions) byTopic[topic][partition] = Number(offset)
      }
      try {
        await core.sendOffsets({ groupId: consumerGroupId }, byTopic)
      } catch (error) {
        throw kafkaJSError(error)
      }
      for (const { topic, partitions } of topics)
        for (const { partition, offset } of partitions)
          committed.mark({ groupId: consumerGroupId, topic, partition, offset: String(offset) })
    }),
    isActive,
  }
}
