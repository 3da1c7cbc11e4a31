import type { Clock } from '../../../src/base/clock.ts'
import { KafkaJSError } from '../errors.ts'
import type { Events } from '../events.ts'
import type { Logger } from '../types/common.ts'
import type { ConsumerEvents, ConsumerRunConfig, EachBatchPayload, KafkaMessage } from '../types/consumer.ts'
import { eventOf, type FetchedBatch } from './batch.ts'
import type { Chunk } from './chunk.ts'
import type { Group } from './group.ts'

/** What `run` is given, with its defaults. */
export type RunSettings = Required<Omit<ConsumerRunConfig, 'eachBatch' | 'eachMessage'>> &
  Pick<ConsumerRunConfig, 'eachBatch' | 'eachMessage'>

export function runSettings(run: ConsumerRunConfig): RunSettings {
  return {
    autoCommit: run.autoCommit ?? true,
    autoCommitInterval: run.autoCommitInterval ?? null,
    autoCommitThreshold: run.autoCommitThreshold ?? null,
    eachBatchAutoResolve: run.eachBatchAutoResolve ?? true,
    partitionsConsumedConcurrently: run.partitionsConsumedConcurrently ?? 1,
    ...(run.eachBatch && { eachBatch: run.eachBatch }),
    ...(run.eachMessage && { eachMessage: run.eachMessage }),
  }
}

export interface HandlersParts {
  readonly settings: RunSettings
  readonly group: Group
  readonly events: Events<ConsumerEvents>
  readonly logger: Logger
  clock(): Clock
  isRunning(): boolean
}

/** Gives chunks to the user's handler, and resolves what it has dealt with. */
export class Handlers {
  /** Messages and batches so far. */
  handled = 0
  readonly #parts: HandlersParts

  constructor(parts: HandlersParts) {
    this.#parts = parts
  }

  /** Resolves once the handler is done with it, or with as much as is still wanted. Rejects with what it throws. */
  async handle(chunk: Chunk): Promise<void> {
    if (chunk.needsCodecs) await chunk.decompress()
    if (chunk.isEmpty) this.#passOver(chunk)
    else if (this.#parts.settings.eachMessage) await this.#processEachMessage(chunk)
    else await this.#processEachBatch(chunk)
  }

  /** Nobody handles what is empty, but who follows a partition is told how far it is. */
  #passOver(chunk: Chunk): void {
    const end = this.#began(chunk.asBatch())
    this.#resolve(chunk, chunk.end)
    end()
  }

  async #processEachMessage(chunk: Chunk): Promise<void> {
    const { own } = chunk
    const { topic, partition } = own
    const { autoCommit, autoCommitInterval: interval, autoCommitThreshold: threshold } = this.#parts.settings
    const eachMessage = this.#parts.settings.eachMessage!
    const heartbeat = (): Promise<void> => this.#parts.group.heartbeat(own)
    const pause = this.#pauseOf(chunk)
    const slices = chunk.slices()
    let slice = slices.next()
    // A compacted topic may have nothing from here on in its batch.
    if (slice.done) return this.#passOver(chunk)
    const end = this.#began(chunk.asBatch(slice.value), chunk.count)
    const commits = autoCommit && (interval !== null || threshold !== null)
    for (; !slice.done; slice = slices.next()) {
      for (const message of slice.value) {
        if (!this.#parts.isRunning() || chunk.isStale || this.#parts.group.isPaused(own)) return end()
        const { offset } = message
        try {
          await eachMessage({ topic, partition, message, heartbeat, pause })
        } catch (error) {
          await this.#failed('eachMessage', chunk, offset, error)
        }
        this.handled++
        this.#resolve(chunk, Number(offset) + 1)
        this.#parts.group.gotOn()
        if (commits) await this.#parts.group.commits.ifNecessary(interval, threshold)
      }
    }
    this.#resolve(chunk, chunk.end)
    end()
  }

  async #processEachBatch(chunk: Chunk): Promise<void> {
    const batch = chunk.whole()
    if (batch.isEmpty()) return this.#passOver(chunk)
    const end = this.#began(batch)
    try {
      await this.#parts.settings.eachBatch!(this.#payload(chunk, batch))
    } catch (error) {
      await this.#failed('eachBatch', chunk, batch.firstOffset(), error)
    }
    this.handled++
    if (this.#parts.settings.eachBatchAutoResolve) this.#resolve(chunk, chunk.end)
    end()
  }

  #payload(chunk: Chunk, batch: FetchedBatch): EachBatchPayload {
    const { own } = chunk
    const { commits } = this.#parts.group
    const { autoCommitInterval: interval, autoCommitThreshold: threshold } = this.#parts.settings
    const last = (batch.messages.at(-1) as KafkaMessage).offset
    return {
      batch,
      // Behind the last message there may be what nobody is handed: it is done with, too.
      resolveOffset: offset => this.#resolve(chunk, String(offset) === last ? chunk.end : Number(offset) + 1),
      heartbeat: () => this.#parts.group.heartbeat(own),
      pause: this.#pauseOf(chunk),
      commitOffsetsIfNecessary: offsets =>
        offsets
          ? commits.these(offsets.topics ?? commits.uncommitted().topics)
          : commits.ifNecessary(interval, threshold),
      uncommittedOffsets: () => commits.uncommitted(),
      isRunning: () => this.#parts.isRunning(),
      isStale: () => chunk.isStale,
    }
  }

  #pauseOf({ own: { topic, partition } }: Chunk): () => () => void {
    const list = [{ topic, partitions: [partition] }]
    return () => {
      this.#parts.group.pause(list)
      return () => this.#parts.group.resume(list)
    }
  }

  /** What is resolved of a chunk that was sought elsewhere, or is another's, is nothing to go on from. */
  #resolve(chunk: Chunk, next: number): void {
    if (!chunk.isStale || (chunk.own.isLeaving && !chunk.own.isGone)) chunk.own.resolve(next)
  }

  /** Tells of a batch; the answer tells of its end. */
  #began(batch: FetchedBatch, size?: number): () => void {
    const { events } = this.#parts
    const { START_BATCH_PROCESS, END_BATCH_PROCESS } = events.names
    if (!events.has(START_BATCH_PROCESS) && !events.has(END_BATCH_PROCESS)) return () => {}
    const clock = this.#parts.clock()
    const began = clock.monotonic()
    const payload = eventOf(batch, size)
    events.emit(START_BATCH_PROCESS, payload)
    return () => events.emit(END_BATCH_PROCESS, { ...payload, duration: Math.round(clock.monotonic() - began) })
  }

  /** A handler's failure: told of, and thrown once what was resolved before is committed. */
  async #failed(handler: string, { own }: Chunk, offset: string | null, error: unknown): Promise<never> {
    const { topic, partition } = own
    if (!(error instanceof KafkaJSError))
      this.#parts.logger.error(`Error when calling ${handler}`, {
        topic,
        partition,
        offset,
        stack: (error as Error | undefined)?.stack,
        error,
      })
    if (this.#parts.settings.autoCommit) await this.#parts.group.commits.resolved()
    throw error
  }
}
