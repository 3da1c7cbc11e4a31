import type { Clock } from '../base/clock.ts'
import { Condition } from '../base/condition.ts'
import { isTemporary, messageOf, ProtocolError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Compressor } from '../compression/codec.ts'
import { isGuess } from '../transport/layout.ts'
import type { Network } from '../transport/network.ts'
import type { NetworkCluster } from '../transport/network-cluster.ts'
import type { Outgoing } from './accumulator.ts'
import { BrokerSender, type BrokerSenderHost } from './broker-sender.ts'
import type { WriterMetrics } from './metrics.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { FlushWrite } from './pending-write.ts'
import { IdempotentIdentities, type ProducerIdentities } from './producer-identity.ts'
import type { Settings } from './settings.ts'
import type { Topic } from './topic.ts'
import { WakeTimer } from './wake-timer.ts'

/** Who waits to have messages taken in. */
export interface Intake {
  /** Whether anyone does. */
  readonly waits: boolean
  /** Takes in what there is room for. Answers when to be asked again if nothing happens before; Infinity for never. */
  takeIn(now: number): number
}

/**
 * Knows the place of each queue that has batches, and has them sent: once at the end of each turn in which something
 * changed, so that messages written together ride together.
 */
export class Sender implements Outgoing, BrokerSenderHost {
  readonly settings: Settings
  readonly cluster: NetworkCluster
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: WriterMetrics
  /** Null without idempotence, and before the first transaction of a writer of transactions. */
  ids: ProducerIdentities | null
  /** By their code; set before the first batch is sent that wants it. */
  readonly codecs: (Compressor | undefined)[] = []
  /** Counts the turns: what was looked up in this one need not be looked up again. */
  turn = 0

  readonly #defer: (task: () => void) => void
  #intake: Intake | undefined
  readonly #senders = new Map<number, BrokerSender>()
  /** The queues that aren't idle, and of these those that are unplaced. */
  readonly #busy = new Set<PartitionQueue>()
  readonly #unplaced = new Set<PartitionQueue>()
  readonly #alarm: WakeTimer
  #scheduled = false
  /** Topics whose leaders are to be asked for. */
  readonly #stale = new Map<string, Topic>()
  #asking = false
  readonly #rest = new Condition()
  /** When to look for batches that waited too long: no later than the first of them has. */
  #expireAt = Number.POSITIVE_INFINITY
  readonly #ending = new AbortController()

  constructor(settings: Settings, transport: Network, logger: Logger, metrics: WriterMetrics) {
    this.settings = settings
    this.cluster = transport.cluster(settings.addr)
    this.clock = transport.clock
    this.logger = logger
    this.metrics = metrics
    this.#defer = transport.defer
    this.#alarm = new WakeTimer(this.clock, this.#flush)
    this.ids =
      settings.idempotent && settings.transactionalId === null
        ? new IdempotentIdentities({
            cluster: this.cluster,
            clock: this.clock,
            backoff: settings.backoff,
            timeoutMs: settings.readTimeout,
            onChange: error => this.#identified(error),
            wanted: () => this.#busy.size > 0 || this.#intake?.waits === true,
          })
        : null
  }

  /** Aborted when the writer ends. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** Why something waits, as far as that is known. */
  get trouble(): Error | null {
    for (const { trouble } of this.#busy) if (trouble !== null) return trouble
    return this.ids?.trouble ?? null
  }

  /** From now on each turn begins with what waits to be taken in. */
  feedFrom(intake: Intake): void {
    this.#intake = intake
  }

  ready(queue: PartitionQueue, now: number): void {
    // The end fails all there is at that moment; what came after would wait for ever.
    this.signal.throwIfAborted()
    this.#expireAt = Math.min(this.#expireAt, now + this.settings.deliveryTimeout)
    if (queue.place === 'idle') {
      queue.place = 'unplaced'
      this.#busy.add(queue)
      this.#unplaced.add(queue)
    } else if (queue.place !== 'unplaced') queue.place.add(queue)
    this.schedule()
  }

  rested(queue: PartitionQueue): void {
    if (queue.place === 'idle') return
    if (queue.place !== 'unplaced') queue.place.remove(queue)
    if (queue.empty) {
      queue.place = 'idle'
      this.#busy.delete(queue)
      this.#unplaced.delete(queue)
      if (this.#busy.size === 0) this.#rest.ring()
    } else {
      queue.place = 'unplaced'
      this.#unplaced.add(queue)
      this.schedule()
    }
  }

  /** Sends at the end of this turn what can be sent then. */
  schedule(): void {
    if (this.#scheduled || this.signal.aborted) return
    this.#scheduled = true
    this.#defer(this.#flush)
  }

  refresh(topic: Topic): void {
    this.#stale.set(topic.name, topic)
    this.schedule()
  }

  /** Resolves once nothing is on its way, nor will be: nothing is in flight, and all else is settled; or at the end. */
  async quiet(): Promise<void> {
    while (this.#busy.size > 0 && !this.signal.aborted) await this.#rest.wait()
  }

  /** Has all that is open now sent without waiting for more, and resolves when it is settled. */
  flush(): Promise<void> {
    const now = this.clock.monotonic()
    const flush = new FlushWrite()
    for (const queue of this.#busy) {
      queue.close(now)
      for (const batch of queue.unsettled) if (!batch.settled) batch.watch(flush)
    }
    this.schedule()
    flush.done()
    return flush.promise
  }

  /** Fails what isn't settled, and leaves nothing running. */
  end(error: Error): void {
    this.#ending.abort(error)
    this.ids?.close()
    this.#alarm.clear()
    for (const queue of [...this.#busy]) queue.abandon(error)
    this.#rest.ring()
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    this.turn++
    if (this.signal.aborted) return
    const now = this.clock.monotonic()
    if (now >= this.#expireAt) this.#expire(now)
    const doom = this.ids?.doom ?? null
    if (doom !== null) for (const queue of [...this.#busy]) queue.unreachable(doom, true, now)
    let next = this.#intake?.takeIn(now) ?? Number.POSITIVE_INFINITY
    for (const queue of this.#unplaced) next = Math.min(next, this.#place(queue, now))
    for (const sender of this.#senders.values()) next = Math.min(next, sender.pump(now))
    this.#askLeaders()
    if (this.#busy.size > 0) next = Math.min(next, this.#expireAt)
    if (next < Number.POSITIVE_INFINITY) this.#alarm.set(next, now)
    else this.#alarm.clear()
  }

  /** Hands a queue to the sender of its leader. Answers when to look again. */
  #place(queue: PartitionQueue, now: number): number {
    const { topic } = queue
    // The only message of it was no message.
    if (queue.empty) this.rested(queue)
    // By the time it may be sent again its leader may have changed.
    else if (queue.retryAt > now) return queue.retryAt
    else {
      const layout = this.cluster.peek(topic.name)
      if (layout !== undefined && layout.error === null) topic.layout = layout
      const leader = topic.leaderOf(queue.index)
      if (leader < 0) {
        const known = topic.layout !== null && !isGuess(topic.layout) && topic.layout
        const other = known && known.partitions.length <= queue.index ? queue.leave(now) : undefined
        if (other !== undefined) {
          this.rested(queue)
          this.ready(other, now)
          return Number.POSITIVE_INFINITY
        }
        this.#stale.set(topic.name, topic)
        queue.leaderless(layout?.partitions[queue.index]?.error ?? null)
        return now + this.settings.backoff.max
      }
      const sender = this.#senderFor(leader)
      this.#unplaced.delete(queue)
      queue.place = sender
      sender.add(queue)
    }
    return Number.POSITIVE_INFINITY
  }

  #senderFor(brokerId: number): BrokerSender {
    let sender = this.#senders.get(brokerId)
    if (sender === undefined) {
      sender = new BrokerSender(brokerId, this)
      this.#senders.set(brokerId, sender)
    }
    return sender
  }

  #askLeaders(): void {
    if (this.#stale.size === 0 || this.#asking) return
    this.#asking = true
    const names = [...this.#stale.keys()]
    this.#stale.clear()
    this.cluster.refresh(names, { signal: this.signal, timeoutMs: this.settings.readTimeout }).then(
      () => {
        this.#asking = false
        this.schedule()
      },
      error => {
        this.#asking = false
        if (this.signal.aborted) return
        this.logger.warn(`metadata of ${names.join(', ')} not refreshed: ${messageOf(error)}`)
        this.#failLeaderless(error)
        this.schedule()
      },
    )
  }

  /** What is without a leader waits on, unless nothing will come of that. */
  #failLeaderless(error: Error): void {
    const now = this.clock.monotonic()
    // One broker's odd answer may be about another topic.
    const fatal = !isTemporary(error) && !(error instanceof ProtocolError)
    for (const queue of [...this.#unplaced])
      if (queue.topic.leaderOf(queue.index) < 0) queue.unreachable(error, fatal, now)
  }

  /** There is a producer id, or none to be had. */
  #identified(error: Error | null): void {
    const now = this.clock.monotonic()
    if (error !== null) for (const queue of [...this.#busy]) queue.unreachable(error, true, now)
    this.schedule()
  }

  #expire(now: number): void {
    let oldest = Number.POSITIVE_INFINITY
    for (const queue of [...this.#busy]) {
      queue.expire(now)
      oldest = Math.min(oldest, queue.oldest())
    }
    // One in flight past its time is left to its request's own deadline.
    this.#expireAt = Math.max(oldest + this.settings.deliveryTimeout, now + this.settings.backoff.min)
  }
}
