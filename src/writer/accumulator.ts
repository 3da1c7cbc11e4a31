import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { guarded } from '../base/guard.ts'
import type { Logger } from '../base/logger.ts'
import type { MessageInput } from '../records/message-input.ts'
import type { Network } from '../transport/network.ts'
import { Batch } from './batch.ts'
import { BufferMemory } from './buffer-memory.ts'
import { BuilderPool } from './builder-pool.ts'
import type { Completion } from './config.ts'
import type { WriterMetrics } from './metrics.ts'
import type { PartitionQueue, QueueHost } from './partition-queue.ts'
import type { ProducerIdentities } from './producer-identity.ts'
import type { BatchCompression, Settings } from './settings.ts'
import { SharedBackoff } from './shared-backoff.ts'
import { siftBatch, splitBatch } from './split.ts'

/** What an Accumulator needs of who sends. */
export interface Outgoing {
  readonly ids: ProducerIdentities | null
  /** The queue has a batch begun at `now`. Throws when the writer has ended. */
  ready(queue: PartitionQueue, now: number): void
  rested(queue: PartitionQueue): void
  schedule(): void
}

/**
 * Gathers messages in batches, partition by partition, splits those that are too large, and tells of those that are
 * done with.
 */
export class Accumulator implements QueueHost {
  readonly settings: Settings
  readonly clock: Clock
  readonly memory: BufferMemory
  readonly backoff: SharedBackoff
  readonly #transport: Network
  readonly #logger: Logger
  readonly #outgoing: Outgoing
  readonly #metrics: WriterMetrics
  readonly #completion: Completion | undefined
  readonly #builders: BuilderPool

  constructor(settings: Settings, transport: Network, logger: Logger, metrics: WriterMetrics, outgoing: Outgoing) {
    this.settings = settings
    this.clock = transport.clock
    this.#transport = transport
    this.#logger = logger
    this.#metrics = metrics
    this.#outgoing = outgoing
    this.#completion =
      settings.completion &&
      guarded(settings.completion, thrown =>
        logger.error(`the writer's completion callback threw: ${messageOf(thrown)}`, thrown),
      )
    this.#builders = new BuilderPool(transport.natives.writeUtf8?.bind(transport.natives))
    this.backoff = new SharedBackoff(settings.backoff, transport.clock)
    this.memory = new BufferMemory(settings.maxBufferedBytes)
  }

  get ids(): ProducerIdentities | null {
    return this.#outgoing.ids
  }

  rested(queue: PartitionQueue): void {
    this.#outgoing.rested(queue)
  }

  /**
   * Encodes the message into its partition's open batch, a new one if it has no room or is compressed otherwise. `bound`
   * is the most bytes it adds.
   */
  append(
    queue: PartitionQueue,
    message: MessageInput,
    timestamp: number,
    bound: number,
    compression: BatchCompression,
  ): Batch {
    const { open } = queue
    const fits =
      open !== null &&
      open.count < this.settings.batchSize &&
      open.builder.size + bound <= queue.topic.batchBytes &&
      open.compression === compression
    const batch = fits ? open : this.#openBatch(queue, compression)
    const { builder } = batch
    const before = builder.size
    try {
      builder.append(message.key, message.value, message.headers, timestamp)
    } catch (error) {
      if (builder.count === 0) this.#discard(queue, batch)
      throw error
    }
    const added = builder.size - before
    batch.charged += added
    queue.bytesGiven += added
    this.memory.taken += added
    if (this.settings.completion !== undefined) {
      batch.messages.push(message)
      batch.timestamps.push(timestamp)
    }
    return batch
  }

  packed(): void {
    this.#outgoing.schedule()
  }

  settle(queue: PartitionQueue, batch: Batch, error: Error | null): void {
    batch.settled = true
    if (error !== null) this.ids?.failed(error)
    if (error === null && batch.sentBytes > queue.topic.provenBytes) queue.topic.provenBytes = batch.sentBytes
    this.#observe(batch, error)
    if (this.#completion !== undefined) this.#completion(batch.writtenMessages(), error)
    else if (error !== null && this.settings.async)
      this.#logger.error(
        `${batch.count} messages for ${batch.topic}/${batch.partition} were not written: ${messageOf(error)}`,
      )
    batch.tell(error)
    // While a request carries it, its bytes are the socket's.
    if (!batch.inFlight) this.#builders.give(batch.builder)
    this.memory.release(batch.charged)
  }

  split({ topic }: PartitionQueue, batch: Batch): Batch[] | null {
    const parts = splitBatch(batch, this.#builders.take)
    if (parts === null) return null
    const half = Math.ceil(batch.builder.size / 2)
    if (half < topic.batchBytes) {
      topic.batchBytes = half
      this.#logger.warn(`${topic.name} takes no batch of ${batch.builder.size} bytes; split into ${parts.length}`)
    }
    this.#replaced(batch, parts)
    return parts
  }

  sift(batch: Batch): { sound: Batch[]; flawed: Batch[] } | null {
    const parts = siftBatch(batch, new Set(batch.flaws?.keys()), this.#builders.take)
    if (parts !== null) this.#replaced(batch, [...parts.sound, ...parts.flawed])
    return parts
  }

  /** The batch is no more: its parts take its room. */
  #replaced(batch: Batch, parts: readonly Batch[]): void {
    for (const part of parts) {
      part.charged = part.builder.size
      this.memory.taken += part.charged
    }
    this.memory.release(batch.charged)
    this.#builders.give(batch.builder)
  }

  #openBatch(queue: PartitionQueue, compression: BatchCompression): Batch {
    const now = this.clock.monotonic()
    this.#outgoing.ready(queue, now)
    queue.close(now)
    const { name, provenBytes } = queue.topic
    const batch = new Batch(name, queue.index, this.#builders.take(), compression, now, provenBytes)
    queue.open = batch
    return batch
  }

  #discard(queue: PartitionQueue, batch: Batch): void {
    queue.open = null
    this.#builders.give(batch.builder)
  }

  #observe(batch: Batch, error: Error | null): void {
    const metrics = this.#metrics
    if (error === null) {
      metrics.messages += batch.count
      metrics.bytes += batch.sentBytes
    } else metrics.errors++
    metrics.retries += Math.max(0, batch.attempts - 1)
    metrics.batchSize.observe(batch.count)
    metrics.batchBytes.observe(batch.builder.size)
    if (batch.attempts > 0) {
      metrics.batchTime.observe(batch.firstSentAt - batch.createdAt)
      metrics.batchQueueTime.observe(batch.firstSentAt - batch.closedAt)
    }
    this.#transport.onEvent?.({
      type: 'produceBatch',
      topic: batch.topic,
      partition: batch.partition,
      messages: batch.count,
      bytes: batch.sentBytes,
      durationMs: this.clock.monotonic() - batch.createdAt,
      ...(error !== null && { error }),
    })
  }
}
