import type { Balancer } from '../balancer/balancer.ts'
import { ClosedError, ConfigError } from '../base/errors.ts'
import { guardedLogger } from '../base/guard.ts'
import { abortable, type CallOptions, onAbort } from '../base/signals.ts'
import { RequiredAcks } from '../protocol/acks.ts'
import { type MessageInput, timestampOf } from '../records/message.ts'
import { Network } from '../transport/network.ts'
import { requireTransport } from '../transport/require-transport.ts'
import { Accumulator } from './accumulator.ts'
import type { WriteReceipt, WriterConfig } from './config.ts'
import { type CheckedMessages, Enqueuer } from './enqueue.ts'
import { ListWrite, ReceiptWrite } from './pending-write.ts'
import { settingsOf } from './settings.ts'
import type { WriterStats } from './stats.ts'

/**
 * Writes messages to topics: in batches, several partitions and several requests at a time, in order within each partition, and safe to repeat
 * when brokers fail. Share one between all callers: what they write in the same turn rides together.
 */
export class Writer {
  readonly #transport: Network
  readonly #ownsTransport: boolean
  readonly #accumulator: Accumulator
  readonly #intake: Enqueuer
  #closing: Promise<void> | undefined

  /** Throws a ConfigError for settings that can't work. Connects with the first write. */
  constructor(config: WriterConfig) {
    const settings = settingsOf(config)
    const balancer = balancerOf(config)
    const own = config.transport ? undefined : new Network(config.logger ? { logger: config.logger } : {})
    this.#ownsTransport = own !== undefined
    this.#transport = own ?? requireTransport(config.transport!, 'cluster')
    this.#accumulator = new Accumulator(settings, this.#transport, guardedLogger(config.logger, this.#transport.logger))
    this.#intake = new Enqueuer(this.#accumulator, this.#transport.codecs, balancer)
  }

  /**
   * Writes messages and resolves when all are acknowledged.
   *
   * Rejects with a WriteErrors that tells message by message once any was taken on, or with one error when none was: MessageTooLargeError,
   * ConfigError, ClosedError, the topic's KafkaError, a ConnectionError or TimeoutError. Waits while `maxBufferedBytes` are buffered. Aborting
   * the signal ends the waiting; what was taken on is written all the same. The messages and their bytes must stay as they are until then.
   */
  writeMessages(messages: MessageInput | readonly MessageInput[], { signal }: CallOptions = {}): Promise<void> {
    let writing: Promise<void>
    try {
      this.#assertOpen(signal)
      if (!isList(messages)) writing = this.#writeOne(messages, signal)
      else if (messages.length === 1) writing = this.#writeOne(messages[0]!, signal)
      else if (messages.length === 0) return Promise.resolve()
      else writing = this.#writeMany(messages, signal)
    } catch (error) {
      return Promise.reject(error)
    }
    return abortable(writing, signal)
  }

  /** Writes one message and tells where it went, also when the writer is `async`. Rejects with the message's own error. */
  writeMessage(message: MessageInput, { signal }: CallOptions = {}): Promise<WriteReceipt> {
    let writing: Promise<WriteReceipt>
    try {
      this.#assertOpen(signal)
      writing = this.#writeForReceipt(message, signal)
    } catch (error) {
      return Promise.reject(error)
    }
    return abortable(writing, signal)
  }

  /** What happened since the last call, and the settings. */
  stats(): WriterStats {
    return this.#accumulator.metrics.snapshot(this.#accumulator.settings, this.#accumulator.room.taken)
  }

  /**
   * Sends what is buffered and waits until all is settled, which takes `deliveryTimeout` at most; writes from now on get a ClosedError. Aborting
   * the signal gives up at once: what isn't settled by then fails, though it may still be written.
   */
  close({ signal }: CallOptions = {}): Promise<void> {
    this.#closing ??= this.#finish()
    return signal === undefined ? this.#closing : this.#closeBy(signal, this.#closing)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #writeOne(message: MessageInput, signal: AbortSignal | undefined): Promise<void> {
    const batch = this.#intake.takeOne(message)
    if (batch === undefined) return this.#writeMany([message], signal)
    const { async, requiredAcks } = this.#accumulator.settings
    if (async) {
      batch.disown()
      return Promise.resolve()
    }
    if (requiredAcks === RequiredAcks.None || this.#intake.surelyFits(message, batch)) return batch.share()
    const call = new ListWrite(1)
    batch.claim(call, 0)
    call.done()
    return call.promise
  }

  #writeMany(messages: readonly MessageInput[], signal: AbortSignal | undefined): Promise<void> {
    const parcel = this.#intake.check(messages)
    const call = this.#accumulator.settings.async ? null : new ListWrite(messages.length)
    if (!this.#intake.take(parcel, call)) return this.#writeLater(parcel, call, signal)
    if (call === null) return Promise.resolve()
    call.done()
    return call.promise
  }

  async #writeLater(parcel: CheckedMessages, call: ListWrite | null, signal: AbortSignal | undefined): Promise<void> {
    const { taken, error } = await this.#intake.takeLater(parcel, call, signal)
    if (error !== null && (taken === 0 || call === null)) throw error
    if (call === null) return
    for (let index = taken; index < parcel.messages.length; index++) call.fail(index, error as Error)
    call.done()
    return call.promise
  }

  async #writeForReceipt(message: MessageInput, signal: AbortSignal | undefined): Promise<WriteReceipt> {
    const now = this.#accumulator.clock.now()
    const batch = this.#intake.takeOne(message)
    const call = new ReceiptWrite(timestampOf(message, now))
    if (batch !== undefined) batch.claim(call, 0)
    else {
      const { error } = await this.#intake.takeLater(this.#intake.check([message]), call, signal)
      if (error !== null) throw error
    }
    return call.promise
  }

  async #finish(): Promise<void> {
    await this.#intake.settled()
    await this.#accumulator.drain()
    this.#accumulator.end(closed())
    if (this.#ownsTransport) await this.#transport.close()
  }

  async #closeBy(signal: AbortSignal, closing: Promise<void>): Promise<void> {
    const giveUp = (): void => this.#accumulator.end(closed())
    const forget = signal.aborted ? giveUp() : onAbort(signal, giveUp)
    await closing
    forget?.()
  }

  #assertOpen(signal: AbortSignal | undefined): void {
    if (this.#closing !== undefined) throw closed()
    signal?.throwIfAborted()
  }
}

function balancerOf({ balancer }: WriterConfig): Balancer | undefined {
  if (typeof balancer === 'function') return { balance: balancer }
  if (balancer !== undefined && balancer !== null && typeof balancer.balance !== 'function')
    throw new ConfigError('balancer must be a function, or an object with a function balance')
  return balancer ?? undefined
}

function closed(): ClosedError {
  return new ClosedError('the writer is closed')
}

// Array.isArray does not narrow to a readonly array.
function isList(messages: MessageInput | readonly MessageInput[]): messages is readonly MessageInput[] {
  return Array.isArray(messages)
}
