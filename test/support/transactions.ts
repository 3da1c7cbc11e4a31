import { IsoKafkaError } from '../../src/base/errors.ts'
import { AddPartitionsToTxn } from '../../src/protocol/add-partitions-to-txn.ts'
import { EndTxn } from '../../src/protocol/end-txn.ts'
import { errorFor } from '../../src/protocol/errors.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { pause } from './waiting.ts'

/**
 * A transactional producer of bare requests. From transactions v2 on (KIP-890) the coordinator adds partitions by
 * itself and bumps the epoch each time; before, partitions are added by request.
 */
export class RawProducer {
  private readonly transport: Transport
  private readonly brokers: readonly string[]
  private readonly transactionalId: string
  producerId = -1n
  private producerEpoch = -1
  private sequences = new Map<string, number>()

  constructor(transport: Transport, brokers: readonly string[], transactionalId: string) {
    this.transport = transport
    this.brokers = brokers
    this.transactionalId = transactionalId
  }

  async init(): Promise<this> {
    const { transport, brokers, transactionalId } = this
    await patiently(async () => {
      const response = await transport.roundTrip(brokers, InitProducerId, {
        transactionalId,
        transactionTimeoutMs: 60_000,
      })
      const error = errorFor(response.errorCode)
      if (error !== null) throw error
      this.begin(response.producerId, response.producerEpoch)
    })
    return this
  }

  /** One batch. */
  async write(topic: string, partition: number, values: readonly string[]): Promise<void> {
    const { transport, brokers, transactionalId, producerId, producerEpoch } = this
    const builder = new BatchBuilder()
    for (const value of values) builder.append(null, value, null, Date.now())
    const sequence = this.sequences.get(`${topic}/${partition}`) ?? 0
    const records = builder.finish({ producerId, producerEpoch, baseSequence: sequence, transactional: true })
    const { id: topicId } = await transport.cluster(brokers).topic(topic)
    const topicData = [{ name: topic, topicId, partitionData: [{ index: partition, records }] }]
    await this.add(topic, partition)
    await patiently(async () => {
      const { responses } = await transport.roundTrip(brokers, Produce, {
        transactionalId,
        acks: -1,
        timeoutMs: 5_000,
        topicData,
      })
      const [answer] = responses[0]!.partitionResponses
      const error = errorFor(answer!.errorCode, answer!.errorMessage)
      if (error !== null) throw error
    })
    this.sequences.set(`${topic}/${partition}`, sequence + values.length)
  }

  /** Makes the partition part of the transaction, where the cluster wants to be told. */
  private async add(topic: string, partition: number): Promise<void> {
    const { transport, brokers, transactionalId, producerId, producerEpoch } = this
    const { features } = await transport.cluster(brokers).connection('any', 'control')
    if ((features.get('transaction.version') ?? 0) >= 2) return
    await patiently(async () => {
      const { resultsByTopicV3AndBelow: results } = await transport.roundTrip(brokers, AddPartitionsToTxn, {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
      })
      const error = errorFor(results[0]!.resultsByPartition[0]!.partitionErrorCode)
      if (error !== null) throw error
    })
  }

  async end(outcome: 'commit' | 'abort'): Promise<void> {
    const { transport, brokers, transactionalId, producerId, producerEpoch } = this
    const request = { transactionalId, producerId, producerEpoch, committed: outcome === 'commit' }
    await patiently(async () => {
      const response = await transport.roundTrip(brokers, EndTxn, request)
      const error = errorFor(response.errorCode)
      if (error !== null) throw error
      // Before transactions v2 it answers none.
      if (response.producerId >= 0n) this.begin(response.producerId, response.producerEpoch)
    })
  }

  private begin(producerId: bigint, producerEpoch: number): void {
    if (producerEpoch !== this.producerEpoch) this.sequences = new Map()
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }
}

/** The last transaction's markers may still be on their way, or the coordinator busy: asked again until it is ready. */
async function patiently(task: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await task()
    } catch (error) {
      if (!(error instanceof IsoKafkaError && error.temporary)) throw error
      await pause(20)
    }
  }
}
