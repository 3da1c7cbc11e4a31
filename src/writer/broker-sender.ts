import type { Clock } from '../base/clock.ts'
import { ConnectionError, isTemporary, messageOf, ProtocolError, TimeoutError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Compressor } from '../compression/codec.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { ErrorCode, errorFor, KafkaError } from '../protocol/errors.ts'
import { Produce } from '../protocol/produce.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { longestPause } from '../socket/patience.ts'
import type { NetworkCluster } from '../transport/network-cluster.ts'
import type { WriterMetrics } from './metrics.ts'
import type { PartitionQueue, QueueSender } from './partition-queue.ts'
import { blamesLeader, outcomeOf, outcomeOfFailure } from './produce-outcome.ts'
import { type PartitionAnswer, ProduceRequest, type Sent } from './produce-request.ts'
import type { ProducerIdentities } from './producer-identity.ts'
import { SendLimits } from './send-limits.ts'
import type { Settings } from './settings.ts'
import type { Topic } from './topic.ts'

type ProduceResponse = ResponseOf<typeof Produce>

/** What a BrokerSender needs of its writer. */
export interface BrokerSenderHost {
  readonly settings: Settings
  readonly clock: Clock
  readonly cluster: NetworkCluster
  readonly logger: Logger
  readonly metrics: WriterMetrics
  /** Null without idempotence. */
  readonly ids: ProducerIdentities | null
  /** By their code, as far as they are here. */
  readonly codecs: readonly (Compressor | undefined)[]
  /** Something changed: `pump` is to be called at the end of this turn. */
  schedule(): void
  /** Who leads the topic's partitions is to be asked anew. */
  refresh(topic: Topic): void
}

/**
 * Batches still gathering go along only while fewer requests than this are under way; then they gather until one is
 * answered.
 */
const eagerRequests = 2

/** Sends the batches of the partitions one broker leads: several in a request, several requests under way. */
export class BrokerSender implements QueueSender {
  readonly #brokerId: number
  readonly #host: BrokerSenderHost
  readonly #limits: SendLimits
  /** Queues that have something to send. */
  readonly #waiting = new Set<PartitionQueue>()
  #connection: BrokerConnection | null = null
  /** Ended, for a reason that was found: the other requests it took along say nothing more. */
  #ended: BrokerConnection | null = null
  #connecting = false
  readonly #inFlight = new Set<ProduceRequest>()
  /** The broker asked us to pause until then (KIP-219). */
  #pausedUntil = 0

  constructor(brokerId: number, host: BrokerSenderHost) {
    this.#brokerId = brokerId
    this.#host = host
    this.#limits = new SendLimits(host.settings.maxRequestBytes)
  }

  add(queue: PartitionQueue): void {
    this.#waiting.add(queue)
  }

  remove(queue: PartitionQueue): void {
    this.#waiting.delete(queue)
  }

  /** Sends what can be sent now. Answers when to try again if nothing happens before; Infinity for never. */
  pump(now: number): number {
    if (this.#waiting.size === 0) return Number.POSITIVE_INFINITY
    const { ids } = this.#host
    while (this.#inFlight.size < this.#limits.requests) {
      const next = Math.max(this.#readyAt(now), this.#pausedUntil)
      if (next > now) return next
      if (ids !== null && ids.current === null) {
        ids.want()
        break
      }
      if (this.#connection === null || this.#connection.closed) {
        this.#connect()
        break
      }
      const request = this.#gather(now)
      if (request.sent.length === 0) break
      this.#send(this.#connection, request, now)
    }
    return Number.POSITIVE_INFINITY
  }

  get #eager(): boolean {
    return this.#inFlight.size < Math.min(eagerRequests, this.#limits.requests)
  }

  /** From when on there is something to send. */
  #readyAt(now: number): number {
    const eager = this.#eager
    let next = Number.POSITIVE_INFINITY
    for (const queue of this.#waiting) next = Math.min(next, queue.readyAt(now, eager))
    return next
  }

  /** A batch of each partition that may send one, as many as a request takes. */
  #gather(now: number): ProduceRequest {
    const request = new ProduceRequest()
    const eager = this.#eager
    const limits = this.#limits
    const { requestBytes } = limits
    const more: PartitionQueue[] = []
    for (const queue of this.#waiting) {
      while (queue.nextBytes > limits.batchBytes && queue.halveNext(now, limits.refuses(queue.nextBytes)));
      if (request.bytes > 0 && request.bytes + queue.nextBytes > requestBytes) break
      const batch = queue.take(now, eager)
      if (batch !== null) request.add(queue, batch)
      else if (!queue.empty) continue
      // Those that sent go to the end of the line.
      this.#waiting.delete(queue)
      if (!queue.empty) more.push(queue)
    }
    for (const queue of more) this.#waiting.add(queue)
    return request
  }

  #send(connection: BrokerConnection, request: ProduceRequest, now: number): void {
    const { settings, codecs, ids } = this.#host
    this.#inFlight.add(request)
    // Never longer than its oldest batch may still take.
    const patience = Math.max(1, Math.min(settings.writeTimeout, request.oldest + settings.deliveryTimeout - now))
    try {
      // Throws if we have none in common.
      connection.version(Produce)
      const wire = {
        transactionalId: settings.transactionalId,
        acks: settings.requiredAcks,
        // The broker should have answered before we lose patience.
        timeoutMs: Math.min(Math.ceil(patience / 2), 0x7fffffff),
        topicData: request.pack(codecs, settings.compressionLevel),
      }
      const options = { timeoutMs: patience, noResponse: !settings.answered, features: ids?.features }
      connection.request(Produce, wire, options).then(
        response => this.#answered(request, response, now),
        error => this.#unanswered(request, error, connection),
      )
    } catch (error) {
      // Not even encoded: nothing has left.
      this.#inFlight.delete(request)
      this.#fail(request, error as Error, 'failed')
    }
  }

  #answered(request: ProduceRequest, response: ProduceResponse | undefined, sentAt: number): void {
    const { clock, metrics } = this.#host
    const now = clock.monotonic()
    this.#inFlight.delete(request)
    this.#limits.answered(request.bytes, now)
    metrics.writes++
    metrics.writeTime.observe(now - sentAt)
    if (response === undefined)
      for (const { queue, batch } of request.sent) queue.completed(batch, 'written', null, now)
    else {
      if (response.throttleTimeMs > 0) {
        metrics.waitTime.observe(response.throttleTimeMs)
        this.#pausedUntil = now + Math.min(response.throttleTimeMs, longestPause)
      }
      request.unpack(response, (sent, answer) => this.#settle(sent, answer, response, now))
    }
    this.#host.schedule()
  }

  #settle({ queue, batch }: Sent, answer: PartitionAnswer | undefined, response: ProduceResponse, now: number): void {
    if (answer === undefined) {
      const error = new ProtocolError(`the answer to a produce request left out ${queue.topic.name}/${queue.index}`)
      queue.completed(batch, 'retry', error, now)
      return
    }
    const error = produceError(answer, queue, this.#host.settings)
    let outcome = outcomeOf(answer.errorCode)
    if (outcome === 'failed') {
      batch.flaws = flawsOf(answer, queue, batch.count)
      if (batch.flaws.size > 0) outcome = 'flawed'
    }
    if (outcome === 'written')
      batch.written(error === null ? answer.baseOffset : -1, answer.logAppendTimeMs, answer.logStartOffset)
    else if (error?.temporary && blamesLeader(error.code)) this.#followLeader(queue, answer, response)
    queue.completed(batch, outcome, error, now)
  }

  /** Takes the new leader from the answer (KIP-951), else asks. */
  #followLeader(
    { topic, index }: PartitionQueue,
    { currentLeader }: PartitionAnswer,
    { nodeEndpoints }: ProduceResponse,
  ): void {
    const hint = { ...currentLeader, endpoints: nodeEndpoints }
    if (!this.#host.cluster.learnLeader({ topic: topic.name, partition: index }, hint)) this.#host.refresh(topic)
  }

  #unanswered(request: ProduceRequest, error: unknown, connection: BrokerConnection): void {
    const now = this.#host.clock.monotonic()
    if (
      (error instanceof TimeoutError || error instanceof ConnectionError) &&
      error.sent &&
      connection !== this.#ended
    ) {
      this.#ended = connection
      if (error instanceof TimeoutError) this.#limits.timedOut(request.bytes)
      // Of those that it took along, and all are told in this turn, the largest is the one to suspect.
      else this.#limits.died(Math.max(...[...this.#inFlight].map(({ bytes }) => bytes)), now)
    }
    this.#inFlight.delete(request)
    this.#fail(request, error as Error, outcomeOfFailure(error))
  }

  #fail(request: ProduceRequest, error: Error, outcome: ReturnType<typeof outcomeOfFailure>): void {
    const now = this.#host.clock.monotonic()
    for (const { queue, batch } of request.sent) {
      this.#host.refresh(queue.topic)
      queue.completed(batch, outcome, error, now)
    }
    this.#host.schedule()
  }

  #connect(): void {
    if (this.#connecting) return
    this.#connecting = true
    const { cluster, settings, metrics, clock } = this.#host
    const startedAt = clock.monotonic()
    cluster.connection(this.#brokerId, 'produce', { timeoutMs: settings.writeTimeout }).then(
      connection => {
        metrics.dials++
        metrics.dialTime.observe(clock.monotonic() - startedAt)
        this.#connecting = false
        this.#connection = connection
        this.#host.schedule()
      },
      error => {
        this.#connecting = false
        this.#unreachable(error)
      },
    )
  }

  /** The queues look for their leaders anew; perhaps there are others by now. */
  #unreachable(error: Error): void {
    const now = this.#host.clock.monotonic()
    this.#host.logger.warn(`broker ${this.#brokerId} can't be reached to write: ${messageOf(error)}`)
    for (const queue of [...this.#waiting]) {
      this.#host.refresh(queue.topic)
      queue.unreachable(error, !isTemporary(error), now)
    }
    this.#host.schedule()
  }
}

/** What the broker said of each record at fault (KIP-467), in order. */
function flawsOf(
  { errorCode, errorMessage, recordErrors }: PartitionAnswer,
  { topic, index }: PartitionQueue,
  count: number,
): Map<number, Error> {
  const told = recordErrors.filter(({ batchIndex }) => batchIndex >= 0 && batchIndex < count)
  told.sort((a, b) => a.batchIndex - b.batchIndex)
  return new Map(
    told.map(({ batchIndex, batchIndexErrorMessage }) => {
      const said = batchIndexErrorMessage ?? errorMessage
      return [batchIndex, new KafkaError(errorCode, `${topic.name}/${index}${said ? `: ${said}` : ''}`)]
    }),
  )
}

/** What the broker said of the batch, and of the first of its records at fault (KIP-467). */
function produceError(
  { errorCode, errorMessage, recordErrors }: PartitionAnswer,
  queue: PartitionQueue,
  { idempotent, transactionalId }: Settings,
): KafkaError | null {
  if (errorCode === 0) return null
  const [first] = recordErrors
  const reason = first?.batchIndexErrorMessage ? `record ${first.batchIndex}: ${first.batchIndexErrorMessage}` : null
  // Topics may have the formats v0 and v1 up to Kafka 3.9. Writing there without these numbers would break what the
  // writer promises.
  const hint =
    errorCode === ErrorCode.UnsupportedForMessageFormat && idempotent
      ? "the topic's format, older than Kafka 0.11, has no place for an idempotent Writer's numbers: give idempotent: false, by which a retry may write twice"
      : null
  const said = [errorMessage, reason, hint].filter(text => text).join('; ')
  const what = `${transactionalId === null ? '' : `transactional id ${transactionalId}, `}${queue.topic.name}/${queue.index}`
  return errorFor(errorCode, said === '' ? what : `${what}: ${said}`)
}
