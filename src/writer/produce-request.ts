import type { Compressor } from '../compression/codec.ts'
import type { RequestInput, ResponseOf } from '../protocol/api.ts'
import type { Produce } from '../protocol/produce.ts'
import type { Batch } from './batch.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { Topic } from './topic.ts'

type TopicData = RequestInput<typeof Produce>['topicData'][number]
export type PartitionAnswer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number]

/** A batch on its way, and the queue it is of. */
export interface Sent {
  readonly queue: PartitionQueue
  readonly batch: Batch
}

/**
 * What a request carries of one topic, under the id that the topic had then: it may be made anew while the request is
 * under way.
 */
interface SentTopic {
  readonly topic: Topic
  readonly topicId: string
  readonly sent: Sent[]
}

/** The batches one produce request carries, at most one of a partition. */
export class ProduceRequest {
  readonly sent: Sent[] = []
  /** Bytes of the batches, before compression. */
  bytes = 0
  /** When the oldest of them was begun. */
  oldest = Number.POSITIVE_INFINITY
  #topics: SentTopic[] = []

  add(queue: PartitionQueue, batch: Batch): void {
    this.sent.push({ queue, batch })
    this.bytes += batch.builder.size
    if (batch.createdAt < this.oldest) this.oldest = batch.createdAt
  }

  /**
   * The topics of the request. Finishes the batches: their bytes must not be touched until the request is answered or
   * its connection ended.
   */
  pack(codecs: readonly (Compressor | undefined)[], level: number | undefined): TopicData[] {
    const topics = new Map<Topic, SentTopic>()
    for (const each of this.sent) {
      const { topic } = each.queue
      let of = topics.get(topic)
      if (of === undefined) {
        of = { topic, topicId: topic.id, sent: [] }
        topics.set(topic, of)
      }
      of.sent.push(each)
    }
    this.#topics = [...topics.values()]
    return this.#topics.map(({ topic, topicId, sent }) => ({
      name: topic.name,
      topicId,
      partitionData: sent.map(({ queue, batch }) => ({
        index: queue.index,
        records: batch.finish(codecs, level),
      })),
    }))
  }

  /** Calls `each` with every batch's part of the response; undefined for those the broker left out. */
  unpack(response: ResponseOf<typeof Produce>, each: (sent: Sent, answer: PartitionAnswer | undefined) => void): void {
    const missing = new Set(this.sent)
    const topicOf = this.#topicsBy()
    for (const { name, topicId, partitionResponses } of response.responses) {
      const of = topicOf(name, topicId)
      if (of === undefined) continue
      partitionResponses.forEach((answer, at) => {
        // Brokers answer in the order they were asked.
        const asked =
          of.sent[at]?.queue.index === answer.index
            ? of.sent[at]
            : of.sent.find(({ queue }) => queue.index === answer.index)
        if (asked !== undefined && missing.delete(asked)) each(asked, answer)
      })
    }
    for (const sent of missing) each(sent, undefined)
  }

  /** The topic of an answer: named in old versions, by id in new ones. Thousands of topics may ride together. */
  #topicsBy(): (name: string, id: string) => SentTopic | undefined {
    const [only] = this.#topics
    if (this.#topics.length === 1)
      return (name, id) => ((name !== '' ? only!.topic.name === name : only!.topicId === id) ? only : undefined)
    const byName = new Map(this.#topics.map(of => [of.topic.name, of]))
    const byId = new Map(this.#topics.map(of => [of.topicId, of]))
    return (name, id) => (name !== '' ? byName.get(name) : byId.get(id))
  }
}
