import { ConfigError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import { Cluster } from '../../transport/cluster.ts'
import type { Network } from '../../transport/network.ts'
import { WriteErrors } from '../errors.ts'
import type { Sender } from '../sender.ts'
import { TransactionCoordinators } from './coordinator.ts'
import { TransactionalProducer } from './producer.ts'
import { Transaction, type TransactionHost } from './transaction.ts'

/** What the transactions of a writer need of it. */
export type TransactionsParts = Pick<TransactionHost, 'writer' | 'flushed' | 'refuse'> & {
  readonly sender: Sender
  readonly transport: Network
}

/** The transactions of one writer, one after the other. */
export class Transactions {
  readonly producer: TransactionalProducer
  readonly #host: TransactionHost
  readonly #sender: Sender
  #last: Transaction | undefined
  #beginning = false

  constructor(parts: TransactionsParts) {
    const { sender, transport, ...calls } = parts
    const { settings, clock, signal } = sender
    const { onEvent } = transport
    const coordinators = new TransactionCoordinators({
      cluster: transport.clusterAs(settings.addr, Cluster),
      clock,
      backoff: settings.backoff,
      timeout: settings.readTimeout,
      onStray: () => producer.strayed(),
      onRetry: (what, attempt, error) => onEvent?.({ type: 'retry', what, attempt, error }),
    })
    const producer: TransactionalProducer = new TransactionalProducer({
      transactionalId: settings.transactionalId!,
      transactionTimeout: settings.transactionTimeout,
      coordinators,
      clock,
      patience: settings.deliveryTimeout,
      onChange: () => sender.schedule(),
      signal,
    })
    this.producer = producer
    this.#sender = sender
    this.#host = { ...calls, producer, logger: sender.logger, quiet: () => sender.quiet() }
    sender.ids = producer
  }

  /** A message was not written: what is open can only be aborted. */
  readonly doom = (error: unknown): void => this.producer.failed(error as Error)

  /** The one that takes messages. */
  get open(): Transaction | undefined {
    return this.#last?.state === 'open' ? this.#last : undefined
  }

  async begin(signal?: AbortSignal): Promise<Transaction> {
    const last = this.#last
    const isOpen = last?.state === 'open' || last?.state === 'committing' || last?.state === 'aborting'
    if (this.#beginning || (isOpen && !last.inDoubt))
      throw new ConfigError(
        'the writer has a transaction open: one at a time; for several, make Writers with transactional ids of their own',
      )
    this.#beginning = true
    const link = linkSignals(signal, this.#sender.signal)
    try {
      // What its readers read next hangs on how the one before ended.
      if (last?.inDoubt) await this.#settle(last, link.signal)
      await this.producer.begin({ signal: link.signal })
      last?.leave()
      this.#last = new Transaction(this.#host)
      return this.#last
    } finally {
      link.release()
      this.#beginning = false
    }
  }

  /** Commits when the work returns, aborts when it throws. */
  async run<T>(work: (transaction: Transaction) => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    if (typeof work !== 'function')
      throw new ConfigError('transaction takes a function, as in transaction(async tx => { … })')
    const transaction = await this.begin(signal)
    let result: T
    try {
      result = await work(transaction)
      signal?.throwIfAborted()
    } catch (error) {
      const { doom } = this.producer
      await transaction[Symbol.asyncDispose]()
      // What a write has to say of its messages is said better of all: whether it may be done again.
      throw error instanceof WriteErrors && doom !== null ? doom : error
    }
    // The work may have ended it, and not have waited for that.
    if (transaction.state === 'aborting' || transaction.state === 'aborted') await transaction.abort()
    else await transaction.commit()
    return result
  }

  /** Asks once more whether it was committed. Rejects when nobody answers. */
  async #settle(last: Transaction, signal: AbortSignal): Promise<void> {
    try {
      await last.commit({ signal })
    } catch (error) {
      // That it was aborted in the end its own user was to expect.
      if (last.inDoubt || this.producer.over !== null || signal.aborted) throw this.producer.over ?? error
    }
  }

  /** Ends what is open. Never rejects. */
  async close(): Promise<void> {
    const last = this.#last
    if (last?.state === 'open') await last[Symbol.asyncDispose]()
    // Its own callers are told.
    else if (last?.state === 'committing') await last.commit().catch(() => {})
    else if (last?.state === 'aborting') await last.abort().catch(() => {})
  }
}
