import { messageOf, ProtocolError } from '../base/errors.ts'
import { RequiredAcks } from '../protocol/acks.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { ErrorCode, errorFor, type KafkaError } from '../protocol/errors.ts'
import { Produce } from '../protocol/produce.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { Accumulator } from './accumulator.ts'
import type { Batch } from './batch.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { blamesLeader, outcomeOf, outcomeOfFailure } from './produce-outcome.ts'
import { BatchRequest, type PartitionAnswer } from './produce-request.ts'

type ProduceResponse = ResponseOf<typeof Produce>

/** Batches still gathering go along only while fewer requests than this are under way; then they gather until one is answered. */
const eagerRequests = 2
/** Requests under way to one broker, at most. */
const mostRequests = 5
/** A request closes at this many bytes of batches; brokers take 100 MiB by default. */
const requestBytes = 16 * 1024 * 1024

/** Sends the batches of the partitions one broker leads: several in a request, several requests under way. */
export class BrokerSender {
  readonly #brokerId: number
  readonly #accumulator: Accumulator
  /** Queues that have something to send. */
  readonly #waiting = new Set<PartitionQueue>()
  #connection: BrokerConnection | null = null
  #connecting = false
  #inFlight = 0
  /** The broker asked us to pause until then (KIP-219). */
  #pausedUntil = 0

  constructor(brokerId: number, accumulator: Accumulator) {
    this.#brokerId = brokerId
    this.#accumulator = accumulator
  }

  get busy(): boolean {
    return this.#waiting.size > 0
  }

  add(queue: PartitionQueue): void {
    queue.sender = this
    this.#waiting.add(queue)
  }

  remove(queue: PartitionQueue): void {
    this.#waiting.delete(queue)
  }

  /** Sends what can be sent now. Answers when to try again if nothing happens before; Infinity for never. */
  pump(now: number): number {
    const next = Math.max(this.#readyAt(now), this.#pausedUntil)
    if (next > now) return next
    const { ids } = this.#accumulator
    if (ids !== null && ids.current === null) ids.want()
    else if (this.#connection === null || this.#connection.closed) this.#connect()
    else {
      while (this.#inFlight < mostRequests) {
        const batchRequest = this.#gather(now)
        if (batchRequest.batches.length > 0) this.#send(this.#connection, batchRequest, now)
        else {
          const later = this.#readyAt(now)
          return later > now ? later : Number.POSITIVE_INFINITY
        }
      }
    }
    return Number.POSITIVE_INFINITY
  }

  get #eager(): boolean {
    return this.#inFlight < eagerRequests || this.#accumulator.flushing
  }

  /** From when on there is something to send. */
  #readyAt(now: number): number {
    const eager = this.#eager
    let next = Number.POSITIVE_INFINITY
    for (const queue of this.#waiting) next = Math.min(next, queue.readyAt(now, eager))
    return next
  }

  /** A batch of each partition that may send one. */
  #gather(now: number): BatchRequest {
    const batchRequest = new BatchRequest(this.#accumulator.nextRequestId())
    const eager = this.#eager
    const more: PartitionQueue[] = []
    for (const queue of this.#waiting) {
      if (batchRequest.bytes >= requestBytes) break
      const batch = queue.take(now, eager, batchRequest.requestId)
      if (batch !== null) batchRequest.add(batch)
      else if (!queue.empty) continue
      // Those that sent go to the end of the line.
      this.#waiting.delete(queue)
      if (queue.empty) queue.listed = false
      else more.push(queue)
    }
    for (const queue of more) this.#waiting.add(queue)
    return batchRequest
  }

  #send(connection: BrokerConnection, batchRequest: BatchRequest, now: number): void {
    const { settings, codec } = this.#accumulator
    this.#inFlight++
    // Never longer than its oldest batch may still take.
    const patience = Math.max(1, Math.min(settings.writeTimeout, batchRequest.oldest + settings.deliveryTimeout - now))
    try {
      const request = {
        transactionalId: null,
        acks: settings.requiredAcks,
        // The broker should have answered before we lose patience.
        timeoutMs: Math.min(Math.ceil(patience / 2), 0x7fffffff),
        topicData: batchRequest.pack(codec, settings.compressionLevel),
      }
      connection.request(Produce, request, { timeoutMs: patience, noResponse: settings.requiredAcks === RequiredAcks.None }).then(
        response => this.#answered(batchRequest, response, now),
        error => this.#unanswered(batchRequest, error),
      )
    } catch (error) {
      this.#unanswered(batchRequest, error)
    }
  }

  #answered(batchRequest: BatchRequest, response: ProduceResponse | undefined, sentAt: number): void {
    const now = this.#accumulator.clock.monotonic()
    const { metrics } = this.#accumulator
    this.#inFlight--
    metrics.writes++
    metrics.writeTime.observe(now - sentAt)
    if (response === undefined) for (const batch of batchRequest.batches) batch.queue.completed(batch, 'written', null, now)
    else {
      if (response.throttleTimeMs > 0) {
        metrics.waitTime.observe(response.throttleTimeMs)
        this.#pausedUntil = now + response.throttleTimeMs
      }
      batchRequest.unpack(response, (batch, answer) => this.#settle(batch, answer, response, now))
    }
    this.#accumulator.schedule()
  }

  #settle(batch: Batch, answer: PartitionAnswer | undefined, response: ProduceResponse, now: number): void {
    const { queue } = batch
    if (answer === undefined) {
      queue.completed(batch, 'retry', new ProtocolError(`the answer to a produce request left out ${queue.topic.name}/${queue.index}`), now)
      return
    }
    const error = produceError(answer, this.#accumulator.settings.idempotent)
    const verdict = outcomeOf(answer.errorCode)
    if (verdict === 'written') batch.written(error === null ? answer.baseOffset : -1, answer.logAppendTimeMs)
    else if (error?.temporary && blamesLeader(error.code)) this.#followLeader(queue, answer, response)
    queue.completed(batch, verdict, error, now)
  }

  /** Takes the new leader from the answer (KIP-951), else asks. */
  #followLeader({ topic, index }: PartitionQueue, { currentLeader }: PartitionAnswer, { nodeEndpoints }: ProduceResponse): void {
    const hint = { ...currentLeader, endpoints: nodeEndpoints }
    const learned = this.#accumulator.cluster.learnLeader({ topic: topic.name, partition: index }, hint)
    if (!learned) this.#accumulator.refresh(topic)
  }

  #unanswered(batchRequest: BatchRequest, error: unknown): void {
    this.#inFlight--
    const now = this.#accumulator.clock.monotonic()
    const verdict = outcomeOfFailure(error)
    for (const batch of batchRequest.batches) {
      this.#accumulator.refresh(batch.queue.topic)
      batch.queue.completed(batch, verdict, error as Error, now)
    }
    this.#accumulator.schedule()
  }

  #connect(): void {
    if (this.#connecting) return
    this.#connecting = true
    const { cluster, settings } = this.#accumulator
    cluster.connection(this.#brokerId, 'produce', { timeoutMs: settings.writeTimeout }).then(
      connection => {
        this.#connecting = false
        this.#connection = connection
        this.#accumulator.schedule()
      },
      error => {
        this.#connecting = false
        this.#unreachable(error)
      },
    )
  }

  /** The queues look for their leaders anew; perhaps there are others by now. */
  #unreachable(error: Error): void {
    const now = this.#accumulator.clock.monotonic()
    const fatal = outcomeOfFailure(error) === 'failed'
    this.#accumulator.logger.warn(`broker ${this.#brokerId} can't be reached to write: ${messageOf(error)}`)
    for (const queue of [...this.#waiting]) {
      this.#accumulator.refresh(queue.topic)
      queue.unreachable(error, fatal, now)
      this.#accumulator.relist(queue)
    }
  }
}

/** What the broker said of the batch, and of the first of its records at fault (KIP-467). */
function produceError({ errorCode, errorMessage, recordErrors }: PartitionAnswer, idempotent: boolean): KafkaError | null {
  const [first] = recordErrors
  const reason = first?.batchIndexErrorMessage ? `record ${first.batchIndex}: ${first.batchIndexErrorMessage}` : null
  // Topics may have the formats v0 and v1 up to Kafka 3.9. Writing there without these numbers would break what the writer promises.
  const hint =
    errorCode === ErrorCode.UnsupportedForMessageFormat && idempotent
      ? "the topic's format, older than Kafka 0.11, has no place for an idempotent Writer's numbers: give idempotent: false, by which a retry may write twice"
      : null
  return errorFor(errorCode, [errorMessage, reason, hint].filter(text => text).join('; '))
}
