import { zeroUuid } from '../bytes/reader.ts'
import type { Compressor } from '../compression/codec.ts'
import type { RequestInput, ResponseOf } from '../protocol/api.ts'
import type { Produce } from '../protocol/produce.ts'
import type { Batch } from './batch.ts'
import type { Topic } from './topic.ts'

type Request = RequestInput<typeof Produce>
type TopicData = Request['topicData'][number]
export type PartitionAnswer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number]

/** The batches one produce request carries, at most one of a partition. */
export class BatchRequest {
  readonly requestId: number
  readonly batches: Batch[] = []
  /** Bytes of the batches, before compression. */
  bytes = 0
  /** When the oldest of them was begun. */
  oldest = Number.POSITIVE_INFINITY

  constructor(requestId: number) {
    this.requestId = requestId
  }

  add(batch: Batch): void {
    this.batches.push(batch)
    this.bytes += batch.builder.size
    if (batch.createdAt < this.oldest) this.oldest = batch.createdAt
  }

  /** The topics of the request. Finishes the batches: their bytes must not be touched until the request is answered or its connection ended. */
  pack(compression: Compressor | undefined, level: number | undefined): TopicData[] {
    const topics = new Map<Topic, { index: number; records: Uint8Array }[]>()
    for (const batch of this.batches) {
      const { topic, index } = batch.queue
      const records = batch.finish(compression, level)
      const partitions = topics.get(topic)
      if (partitions === undefined) topics.set(topic, [{ index, records }])
      else partitions.push({ index, records })
    }
    return Array.from(topics, ([topic, partitionData]) => ({ name: topic.name, topicId: topic.layout?.id ?? zeroUuid, partitionData }))
  }

  /** Calls `each` with every batch's part of the response; undefined for those the broker left out. */
  unpack(response: ResponseOf<typeof Produce>, each: (batch: Batch, answer: PartitionAnswer | undefined) => void): void {
    const topics = new Map<string, Topic>()
    for (const { queue } of this.batches) topics.set(queue.topic.name, queue.topic).set(queue.topic.layout?.id ?? zeroUuid, queue.topic)
    const missing = new Set(this.batches)
    for (const { name, topicId, partitionResponses } of response.responses) {
      // Named in old versions, by id in new ones.
      const topic = topics.get(name) ?? topics.get(topicId)
      for (const answer of partitionResponses) {
        const batch = topic?.queues[answer.index]?.sentWith(this.requestId)
        if (batch === undefined || !missing.delete(batch)) continue
        each(batch, answer)
      }
    }
    for (const batch of missing) each(batch, undefined)
  }
}
