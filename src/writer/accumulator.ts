import type { Clock } from '../base/clock.ts'
import { ClosedError, messageOf } from '../base/errors.ts'
import { guarded } from '../base/guard.ts'
import type { Logger } from '../base/logger.ts'
import type { Compressor } from '../compression/codec.ts'
import type { MessageInput } from '../records/message.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { Network } from '../transport/network.ts'
import { Batch } from './batch.ts'
import { BrokerSender } from './broker-sender.ts'
import { BufferMemory } from './buffer-memory.ts'
import { BuilderPool } from './builder-pool.ts'
import type { Completion } from './config.ts'
import { WriterMetrics } from './metrics.ts'
import type { PartitionQueue, QueueHost } from './partition-queue.ts'
import { ProducerIdentities } from './producer-identity.ts'
import type { Settings } from './settings.ts'
import { splitBatch } from './split.ts'
import type { Topic } from './topic.ts'
import { WakeTimer } from './wake-timer.ts'

/**
 * Gathers messages in batches, partition by partition, and has them sent: once at the end of each turn in which something changed, so that
 * messages written together ride together.
 */
export class Accumulator implements QueueHost {
  readonly settings: Settings
  readonly cluster: Cluster
  readonly clock: Clock
  readonly logger: Logger
  readonly ids: ProducerIdentities | null
  readonly room: BufferMemory
  readonly metrics = new WriterMetrics()
  /** Set before the first batch is sent, if the settings name one. */
  codec: Compressor | undefined
  /** Open batches wait no longer. */
  flushing = false
  /** Counts the flushes: what was looked up since the last need not be looked up again. */
  turn = 0

  readonly #transport: Network
  readonly #completion: Completion | undefined
  readonly #builders: BuilderPool
  readonly #senders = new Map<number, BrokerSender>()
  /** Queues with something to send whose leader is to be looked up. */
  #listed: PartitionQueue[] = []
  readonly #alarm: WakeTimer
  #scheduled = false
  readonly #stale = new Set<string>()
  #refreshing = false
  /** Batches not settled. */
  #unsettled = 0
  readonly #topics = new Set<Topic>()
  /** When to look for batches that waited too long: no later than the first of them has. */
  #expireAt = Number.POSITIVE_INFINITY
  #requests = 0
  readonly #ending = new AbortController()
  #idle: (() => void) | undefined

  constructor(settings: Settings, transport: Network, logger: Logger) {
    this.settings = settings
    this.#transport = transport
    this.cluster = transport.cluster(settings.addr)
    this.clock = transport.clock
    this.logger = logger
    this.#completion =
      settings.completion &&
      guarded(settings.completion, thrown => logger.error(`the writer's completion callback threw: ${messageOf(thrown)}`, thrown))
    this.#builders = new BuilderPool(transport.natives.writeUtf8?.bind(transport.natives))
    this.room = new BufferMemory(settings.maxBufferedBytes, this.clock)
    this.#alarm = new WakeTimer(this.clock, this.#flush)
    this.ids = settings.idempotent
      ? new ProducerIdentities({
          cluster: this.cluster,
          clock: this.clock,
          backoff: settings.backoff,
          timeoutMs: settings.readTimeout,
          onChange: error => this.#identified(error),
          wanted: () => this.#unsettled > 0,
        })
      : null
  }

  /** Aborted when the writer ends. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  nextRequestId(): number {
    return ++this.#requests
  }

  /** Encodes the message into its partition's open batch, a new one if it has no room. `bound` is the most bytes it adds. */
  append(queue: PartitionQueue, message: MessageInput, timestamp: number, bound: number): Batch {
    const { open } = queue
    const fits = open !== null && open.count < this.settings.batchSize && open.builder.size + bound <= queue.topic.batchBytes
    const batch = fits ? open : this.#openBatch(queue)
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
    this.room.taken += added
    if (this.settings.completion !== undefined) {
      batch.messages.push(message)
      batch.timestamps.push(timestamp)
    }
    return batch
  }

  #openBatch(queue: PartitionQueue): Batch {
    // The end fails all there is at that moment; what came after would wait for ever.
    this.signal.throwIfAborted()
    const now = this.clock.monotonic()
    if (queue.open !== null) {
      queue.close(now)
      // A full batch may go though the broker is busy.
      this.schedule()
    }
    const batch = new Batch(queue, this.#builders.take(), now)
    queue.open = batch
    this.#unsettled++
    this.#topics.add(queue.topic)
    this.#expireAt = Math.min(this.#expireAt, now + this.settings.deliveryTimeout)
    this.list(queue)
    return batch
  }

  #discard(queue: PartitionQueue, batch: Batch): void {
    queue.open = null
    this.#unsettled--
    this.#builders.give(batch.builder)
  }

  list(queue: PartitionQueue): void {
    if (queue.listed) return
    queue.listed = true
    this.#listed.push(queue)
    this.schedule()
  }

  relist(queue: PartitionQueue): void {
    queue.sender?.remove(queue)
    queue.listed = false
    if (!queue.empty) this.list(queue)
  }

  /** Sends at the end of this turn what can be sent then. */
  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#transport.defer(this.#flush)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    this.turn++
    if (this.signal.aborted) return
    const now = this.clock.monotonic()
    if (now >= this.#expireAt) this.#expire(now)
    const queues = this.#listed
    this.#listed = []
    for (const queue of queues) this.#place(queue)
    let next = this.#listed.length > 0 ? now + this.settings.backoff.max : Number.POSITIVE_INFINITY
    let busy = this.#listed.length > 0
    for (const sender of this.#senders.values()) {
      next = Math.min(next, sender.pump(now))
      busy ||= sender.busy
    }
    this.#askLeaders()
    if (busy) this.#alarm.set(Math.min(next, this.#expireAt), now)
    else this.#alarm.clear()
  }

  /** Hands a queue to the sender of its leader. */
  #place(queue: PartitionQueue): void {
    const { topic } = queue
    // The only message of it was no message. Listed on, the queue would not be listed for the next one.
    if (queue.empty) {
      queue.listed = false
      return
    }
    const layout = this.cluster.peek(topic.name)
    if (layout !== undefined && layout.error === null) topic.learn(layout)
    // What is in flight to an old leader is answered first.
    const leader = topic.leaderOf(queue.index)
    if (!queue.idle && queue.sender !== null) queue.sender.add(queue)
    else if (leader >= 0) this.#senderFor(leader).add(queue)
    else {
      this.#listed.push(queue)
      this.#stale.add(topic.name)
    }
  }

  #senderFor(brokerId: number): BrokerSender {
    let sender = this.#senders.get(brokerId)
    if (sender === undefined) {
      sender = new BrokerSender(brokerId, this)
      this.#senders.set(brokerId, sender)
    }
    return sender
  }

  /** Who leads the topic's partitions is to be asked anew, at the end of this turn. */
  refresh(topic: Topic): void {
    this.#stale.add(topic.name)
    this.schedule()
  }

  #askLeaders(): void {
    if (this.#stale.size === 0 || this.#refreshing) return
    this.#refreshing = true
    const names = [...this.#stale]
    this.#stale.clear()
    this.cluster.refresh(names, { signal: this.signal, timeoutMs: this.settings.readTimeout }).then(
      () => {
        this.#refreshing = false
        this.schedule()
      },
      error => {
        this.#refreshing = false
        if (this.signal.aborted) return
        this.logger.warn(`metadata of ${names.join(', ')} not refreshed: ${messageOf(error)}`)
        // The transport is closed: there will be no leader to wait for.
        if (error instanceof ClosedError) for (const queue of [...this.#listed]) queue.unreachable(error, true, this.clock.monotonic())
      },
    )
  }

  settle(batch: Batch, error: Error | null): void {
    const { metrics, settings } = this
    const { topic, index } = batch.queue
    batch.settled = true
    this.#unsettled--
    if (error === null) {
      metrics.messages += batch.count
      metrics.bytes += batch.sentBytes
      if (batch.sentBytes > topic.provenBytes) topic.provenBytes = batch.sentBytes
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
      topic: topic.name,
      partition: index,
      messages: batch.count,
      bytes: batch.sentBytes,
      durationMs: this.clock.monotonic() - batch.createdAt,
      ...(error !== null && { error }),
    })
    if (this.#completion !== undefined) this.#completion(batch.writtenMessages(), error)
    else if (error !== null && settings.async)
      this.logger.error(`${batch.count} messages for ${topic.name}/${index} were not written: ${messageOf(error)}`)
    batch.tell(error)
    // While a request carries it, its bytes are the socket's.
    if (batch.requestId === 0) this.#builders.give(batch.builder)
    this.room.release(batch.charged)
    if (this.#unsettled === 0) this.#idle?.()
  }

  split(batch: Batch): Batch[] | null {
    const parts = splitBatch(batch, this.#builders.take)
    if (parts === null) return null
    const { topic } = batch.queue
    topic.batchBytes = Math.min(topic.batchBytes, Math.ceil(batch.builder.size / 2))
    this.logger.warn(`${topic.name} takes no batch of ${batch.sentBytes} bytes; split into ${parts.length}`)
    this.#unsettled += parts.length - 1
    for (const part of parts) {
      part.charged = part.builder.size
      this.room.taken += part.charged
    }
    this.room.release(batch.charged)
    this.#builders.give(batch.builder)
    return parts
  }

  /** Resolves when every batch is settled, sending what is open at once. */
  drain(): Promise<void> {
    this.flushing = true
    this.schedule()
    return new Promise(resolve => {
      this.#idle = resolve
      if (this.#unsettled === 0) resolve()
    })
  }

  /** Fails what isn't settled, and leaves nothing running. */
  end(error: Error): void {
    this.#ending.abort(error)
    this.ids?.close()
    this.#alarm.clear()
    for (const queue of this.#queues()) queue.abandon(error)
  }

  #identified(error: Error | null): void {
    if (error !== null) for (const queue of this.#queues()) queue.unreachable(error, true, this.clock.monotonic())
    this.schedule()
  }

  #expire(now: number): void {
    let oldest = Number.POSITIVE_INFINITY
    for (const queue of this.#queues()) {
      queue.expire(now)
      oldest = Math.min(oldest, queue.oldest())
    }
    // One in flight past its time is left to its request's own deadline.
    this.#expireAt = Math.max(oldest + this.settings.deliveryTimeout, now + this.settings.backoff.min)
  }

  *#queues(): Generator<PartitionQueue> {
    for (const topic of this.#topics) yield* topic.queues
  }
}
