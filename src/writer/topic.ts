import { zeroUuid } from '../bytes/reader.ts'
import type { TopicLayout } from '../transport/layout.ts'

/** What the writer knows of a topic. */
export class Topic {
  readonly name: string
  /** As last heard; stays when brokers say for a while that there is no such topic. */
  layout: TopicLayout | null = null
  /** A batch is closed before it has more bytes than this. Lowered when a larger one was refused. */
  batchBytes: number
  /** The largest batch the broker has taken: a message smaller than this is surely taken by itself. */
  provenBytes = 0

  constructor(name: string, batchBytes: number) {
    this.name = name
    this.batchBytes = batchBytes
  }

  /** Its id (KIP-516); another one when the topic was made anew. */
  get id(): string {
    return this.layout?.recalledId ?? this.layout?.id ?? zeroUuid
  }

  /** The broker that leads a partition; -1 while none is known. */
  leaderOf(index: number): number {
    return this.layout?.partitions[index]?.leader ?? -1
  }
}
