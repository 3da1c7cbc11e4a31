import type { Clock } from '../../base/clock.ts'
import { isTemporary, messageOf, ProtocolError, TimeoutError } from '../../base/errors.ts'
import { abortable, type CallOptions } from '../../base/signals.ts'
import { EndTxn } from '../../protocol/end-txn.ts'
import { ErrorCode, errorFor, hasCode, type KafkaError } from '../../protocol/errors.ts'
import { InitProducerId } from '../../protocol/init-producer-id.ts'
import type { ProducerIdentities, ProducerIdentity } from '../producer-identity.ts'
import type { TransactionCoordinators } from './coordinator.ts'
import { Enlistment } from './enlistment.ts'
import { isAbortable, ProducerFencedError, TransactionAbortedError } from './errors.ts'

export interface ProducerParts {
  readonly transactionalId: string
  readonly transactionTimeout: number
  readonly coordinators: TransactionCoordinators
  readonly clock: Clock
  /** How long a step may take, in milliseconds. */
  readonly patience: number
  /** Something changed: what could not be sent may be, or is to fail. */
  onChange(): void
  readonly signal: AbortSignal
}

/** What is said of a producer whose id or epoch is another's by now. */
const fencedCodes: readonly number[] = [ErrorCode.ProducerFenced, ErrorCode.InvalidProducerEpoch]
/** The coordinator does not know the id, or has another producer id for it. */
const forgottenCodes: readonly number[] = [ErrorCode.InvalidProducerIDMapping, ErrorCode.UnknownProducerId]

const secondProtocol: ReadonlyMap<string, number> = new Map([['transaction.version', 2]])
const firstProtocol: ReadonlyMap<string, number> = new Map()

/**
 * Who writes under a transactional id: its identity, which protocol it keeps to, and what the transaction that is open
 * has in it. The identity lasts from transaction to transaction; the second protocol (KIP-890) has a new epoch for each,
 * under the first it is renewed only when numbers or requests got lost (KIP-360).
 */
export class TransactionalProducer implements ProducerIdentities {
  trouble: Error | null = null
  /** Why the transaction can only be aborted. */
  doom: Error | null = null
  readonly #parts: ProducerParts
  #identity: ProducerIdentity | null = null
  /** The identity must not be used for another transaction. */
  #spent = false
  /** A transaction was begun under it. */
  #used = false
  #secondProtocol = false
  /** Of the transaction that is open, or was last. */
  #enlisted: Enlistment | null = null
  /** Whether anything may be sent. */
  #open = false
  /** How the last transaction was to end: nobody answered. Until somebody does, nothing else can be done. */
  #owed: { readonly committed: boolean } | null = null
  /** The last transaction is being aborted, later than its user asked for it. */
  #settling: Promise<{ readonly error: Error | null }> | undefined
  /** The transaction is not known to be over. */
  #running = false
  /** Requests that may still arrive, late. */
  #strays = 0
  /** Fenced for good. */
  #over: Error | null = null

  constructor(parts: ProducerParts) {
    this.#parts = parts
  }

  /** Null while nothing may be sent. */
  get current(): ProducerIdentity | null {
    return this.#open && this.doom === null ? this.#identity : null
  }

  get features(): ReadonlyMap<string, number> {
    return this.#secondProtocol ? secondProtocol : firstProtocol
  }

  get over(): Error | null {
    return this.#over
  }

  /** What the open transaction has in it. */
  get enlisted(): Enlistment {
    return this.#enlisted!
  }

  /** Nobody has answered how the last transaction ended, and somebody may: until then no other can begin. */
  get owes(): boolean {
    return this.#owed !== null && !this.#parts.signal.aborted
  }

  get isSecondProtocol(): boolean {
    return this.#secondProtocol
  }

  get transactionalId(): string {
    return this.#parts.transactionalId
  }

  /** The id and epoch that requests carry. */
  get stamp(): { transactionalId: string; producerId: bigint; producerEpoch: number } {
    const { id, epoch } = this.#identity!
    return { transactionalId: this.#parts.transactionalId, producerId: id, producerEpoch: epoch }
  }

  want(): void {
    // `begin` has seen to it; while a transaction is doomed there is none.
  }

  admits(topic: string, partition: number): boolean {
    return this.enlisted.admits(topic, partition)
  }

  bump(identity: ProducerIdentity | null, why: Error | null): void {
    if (identity === null || identity !== this.#identity) return
    this.#spent = true
    // Within the transaction the numbers would begin anew under the same epoch, and seem to be repeats.
    this.failed(why ?? new TimeoutError('a batch was given up'))
  }

  replace(identity: ProducerIdentity | null, error: Error): void {
    if (identity !== this.#identity) return
    this.#spent = true
    // Whether it is fenced for good, the end of the transaction tells.
    this.failed(error)
  }

  failed(error: Error): void {
    if (!this.#open || this.doom !== null) return
    this.doom = error instanceof TransactionAbortedError ? error : this.aborted(error)
    this.#parts.onChange()
  }

  close(): void {}

  /** A request got no answer, and may still arrive. */
  strayed(): void {
    this.#strays++
  }

  /** Sees to an identity, and begins a transaction under it. */
  async begin(options: CallOptions): Promise<void> {
    const { coordinators, transactionalId } = this.#parts
    if (this.#over !== null) throw this.#over
    // That it was committed has been seen to by then: who asked for that wants to know.
    if (this.#owed !== null) await this.#settle(options)
    if (this.#identity === null || this.#spent) await this.#init(options)
    const features = await coordinators.features('transaction', transactionalId, options)
    const second = (features.get('transaction.version') ?? 0) >= 2
    if (second !== this.#secondProtocol) {
      this.#secondProtocol = second
      // What the other protocol sent under this epoch must not count for a transaction of this one.
      if (this.#used) await this.#init(options)
    }
    const { clock, patience, signal, onChange } = this.#parts
    this.#enlisted = new Enlistment({ producer: this, coordinators, clock, patience, signal, onChange })
    this.#used = this.#open = this.#running = true
    this.doom = null
  }

  /** Aborts the last transaction, so late. */
  async #settle({ signal }: CallOptions): Promise<void> {
    this.#settling ??= this.#endLate()
    const { error } = await abortable(this.#settling, signal)
    if (this.#owed !== null || this.#over !== null) throw error
  }

  async #endLate(): Promise<{ readonly error: Error | null }> {
    try {
      return await this.end(false)
    } finally {
      this.#settling = undefined
    }
  }

  /** Nothing more is sent: the transaction ends. */
  seal(): void {
    this.#open = false
  }

  /**
   * Tells the coordinator how the transaction ends. `unsure`: it may have ended so although there is an error. Nobody
   * needs to be told of one that no request has told of.
   */
  async end(committed: boolean): Promise<{ readonly error: Error | null; readonly unsure: boolean }> {
    const { coordinators, patience, clock, signal, transactionalId } = this.#parts
    this.#open = false
    this.doom = null
    if (!this.enlisted.touched) {
      this.#running = false
      return { error: null, unsure: false }
    }
    const unsure = this.#owed !== null
    const strays = this.#strays
    this.#owed = { committed }
    try {
      const { response, repeated } = await coordinators.ask(
        ['transaction', transactionalId],
        EndTxn,
        () => ({ ...this.stamp, committed }),
        ({ errorCode }) => [errorCode],
        { until: clock.monotonic() + patience, signal, features: this.features, vague: true },
      )
      this.#owed = null
      const error = this.judge(response.errorCode, `transactional id ${transactionalId}`)
      if (error === null) this.#goOn(response)
      // What the coordinator may have open yet must not become part of another transaction.
      else this.#spent = true
      // Who says that it can only be aborted has it open: it was not committed by an attempt before, either.
      const isOpen = hasCode(error, ErrorCode.TransactionAbortable)
      this.#running = isOpen
      return { error, unsure: error !== null && !isOpen && (unsure || repeated) }
    } catch (error) {
      const sent = this.#strays > strays
      // A commit that never left may be followed by an abort.
      if (committed && !sent && !unsure) this.#owed = null
      return { error: error as Error, unsure: unsure || sent }
    }
  }

  /** Goes on as the coordinator says. */
  #goOn({ producerId, producerEpoch }: { readonly producerId: bigint; readonly producerEpoch: number }): void {
    if (producerEpoch >= 0 && this.#secondProtocol) {
      this.#identity = this.#named(producerId, producerEpoch)
      this.#spent = false
    }
    // Under the same epoch, what arrives late would count for the next transaction, or end it.
    else if (this.#strays > 0) this.#spent = true
    this.#strays = 0
  }

  /** Makes of an error code what it means for this producer: fenced, it is over. */
  judge(code: number, what: string): Error | null {
    const error = errorFor(code, what)
    if (error === null) return null
    // Asked for another, the coordinator says whether it forgot us or has somebody else.
    if (forgottenCodes.includes(code)) this.#spent = true
    if (fencedCodes.includes(code)) return this.fenced(error)
    // The second protocol remembers whom it took a transaction from: that one may go on.
    if (code !== ErrorCode.InvalidTransactionState || this.#late === '') return error
    return new TimeoutError(`${this.#late}, and was aborted`, { cause: error, sent: true })
  }

  fenced(cause: KafkaError): Error {
    const { transactionalId } = this.#parts
    const why = this.#late === '' ? 'another writer began with it' : `${this.#late}, and was aborted`
    this.#over ??= new ProducerFencedError(
      `transactional id ${transactionalId}: ${why}; this writer is over, make a new one`,
      { cause },
    )
    return this.#over
  }

  /** What is wrong with the age of the transaction; empty: nothing. */
  get #late(): string {
    const { transactionTimeout } = this.#parts
    const age = this.#running ? this.enlisted.age : 0
    return age > transactionTimeout
      ? `the transaction took ${Math.round(age)} ms, longer than its transactionTimeout of ${transactionTimeout} ms`
      : ''
  }

  /** What ends a transaction that `cause` leaves nothing but to be aborted. */
  aborted(cause: unknown): Error {
    if (cause instanceof ProducerFencedError) return cause
    const { transactionalId } = this.#parts
    return new TransactionAbortedError(
      `transactional id ${transactionalId}: the transaction is aborted: ${messageOf(cause)}`,
      { cause, temporary: isTemporary(cause) || isAbortable(cause) },
    )
  }

  #named(id: bigint, epoch: number): ProducerIdentity {
    return { id, epoch, transactionalId: this.#parts.transactionalId }
  }

  async #init(options: CallOptions): Promise<void> {
    const { coordinators, transactionalId, transactionTimeout, patience, clock } = this.#parts
    const key = ['transaction', transactionalId] as const
    const until = clock.monotonic() + patience
    for (;;) {
      const held = this.#identity
      const { response } = await coordinators.ask(
        key,
        InitProducerId,
        version => ({
          transactionalId,
          transactionTimeoutMs: transactionTimeout,
          // With them a bump is no takeover: who was fenced meanwhile hears of it (KIP-360, Kafka 2.5).
          ...(held !== null && version >= 3 && { producerId: held.id, producerEpoch: held.epoch }),
        }),
        ({ errorCode }) => [errorCode],
        { ...options, until },
      )
      const { errorCode, producerId, producerEpoch } = response
      // Unused for days, it was forgotten: there is nobody to fence.
      if (forgottenCodes.includes(errorCode) && held !== null) {
        this.#identity = null
        continue
      }
      const error = this.judge(errorCode, `transactional id ${transactionalId}`)
      this.trouble = error
      if (error !== null) throw error
      if (producerId < 0n || producerEpoch < 0)
        throw new ProtocolError(
          `transactional id ${transactionalId}: producer id ${producerId} of epoch ${producerEpoch}, and no error`,
        )
      this.#identity = this.#named(producerId, producerEpoch)
      this.#spent = this.#used = false
      return
    }
  }
}
