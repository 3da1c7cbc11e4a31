import type { Message } from '../../../src/records/message.ts'
import type { TopicPartition } from '../../../src/transport/layout.ts'
import type { EventLines } from './event-lines.ts'

/** Tells of a member's life in its group, and knows which partitions it has, as far as was told. */
export class ConsumerEvents {
  readonly #lines: EventLines
  readonly #topic: string
  readonly #verbose: boolean
  readonly #owned = new Set<number>()

  constructor(lines: EventLines, topic: string, verbose: boolean) {
    this.#lines = lines
    this.#topic = topic
    this.#verbose = verbose
  }

  has({ partition }: Message): boolean {
    return this.#owned.has(partition)
  }

  /** The group was divided; `partitions` is all that the member has. Hooks are told of what is new, and of nothing else. */
  divided(partitions: readonly number[]): void {
    if (partitions.every(partition => this.#owned.has(partition))) this.assigned([])
  }

  assigned(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) this.#owned.add(partition)
    this.#lines.tell('partitions_assigned', { partitions })
  }

  revoked(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) this.#owned.delete(partition)
    this.#lines.tell('partitions_revoked', { partitions })
  }

  /** These were read; the answer has the last of each partition. */
  consumed(messages: readonly Message[]): Map<number, Message> {
    const [counts, first, last] = [new Map<number, number>(), new Map<number, Message>(), new Map<number, Message>()]
    for (const message of messages) {
      const { key, value, topic, partition, offset } = message
      counts.set(partition, (counts.get(partition) ?? 0) + 1)
      if (!first.has(partition)) first.set(partition, message)
      last.set(partition, message)
      if (this.#verbose)
        this.#lines.tell('record_data', { key: textOf(key), value: textOf(value), topic, partition, offset })
    }
    const partitions = [...last].map(([partition, { offset }]) => ({
      topic: this.#topic,
      partition,
      count: counts.get(partition)!,
      minOffset: first.get(partition)!.offset,
      maxOffset: offset,
    }))
    this.#lines.tell('records_consumed', { count: messages.length, partitions })
    return last
  }

  /** A commit up to these was answered; by an error if there is one. */
  committed(last: readonly Message[], error?: string): void {
    this.#lines.tell('offsets_committed', {
      offsets: last.map(({ topic, partition, offset }) => ({ topic, partition, offset: offset + 1 })),
      ...(error !== undefined && { error }),
      success: error === undefined,
    })
  }
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}
