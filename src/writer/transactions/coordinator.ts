import { type Backoff, backoffDelay } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import { ConnectionError, isTemporary, messageOf, TimeoutError } from '../../base/errors.ts'
import { type CallOptions, sleep } from '../../base/signals.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../../protocol/api.ts'
import { ErrorCode, errorFor, isRetriable } from '../../protocol/errors.ts'
import type { Cluster, CoordinatorKind } from '../../transport/cluster.ts'
import { coordinatorCodes } from '../../transport/destination.ts'

export interface CoordinatorsParts {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly backoff: Backoff
  /** Bounds one request, in milliseconds. */
  readonly timeout: number
  /** A request may have come to a coordinator and got no answer: it may still be on its way. */
  onStray(): void
  /** It failed, and is tried again. */
  onRetry(what: string, attempt: number, error: unknown): void
}

export interface AskOptions extends CallOptions {
  /** By the monotonic clock: nothing is tried again after it. */
  readonly until: number
  /** Which features the version is chosen by. */
  readonly features?: ReadonlyMap<string, number> | undefined
  /** Once it is false nothing is tried again. */
  wanted?(): boolean
  /**
   * Whether UNKNOWN_SERVER_ERROR is no answer: where it matters whether a request was carried out, it doesn't say. Kafka
   * 4.4 answers so an end that another producer's beginning came between.
   */
  readonly vague?: boolean
}

/** What a coordinator answered in the end. */
export interface Answered<A> {
  readonly response: ResponseOf<A>
  /** An attempt before may have been carried out, too: it got no answer. */
  readonly repeated: boolean
}

/** Between two steps a coordinator writes its markers, which is soon done (KIP-890 asks for 20 ms). */
const busyBackoff = { min: 20, max: 500 }

/** Requests to the coordinators of a transactional id and of groups, until they are answered. */
export class TransactionCoordinators {
  readonly #parts: CoordinatorsParts

  constructor(parts: CoordinatorsParts) {
    this.#parts = parts
  }

  /** The features that the coordinator's cluster has finalised, as last told. */
  async features(kind: CoordinatorKind, key: string, options: CallOptions): Promise<ReadonlyMap<string, number>> {
    const connection = await this.#connection(kind, key, options)
    await connection.confirmed
    return connection.features
  }

  /**
   * Asks until the answer is neither "another coordinates" nor "later". `codesOf` are the error codes of an answer; of
   * those that won't pass the caller makes what he will. Rejects with what can't pass by itself, the signal's reason,
   * and when there is no more time with the last failure.
   */
  async ask<A extends AnyApi>(
    [kind, key]: readonly [CoordinatorKind, string],
    api: A,
    request: (version: number) => RequestInput<A>,
    codesOf: (response: ResponseOf<A>) => readonly number[],
    { signal, until, features, wanted, vague = false }: AskOptions,
  ): Promise<Answered<A>> {
    const { cluster, clock, backoff, timeout, onStray, onRetry } = this.#parts
    const call = signal === undefined ? {} : { signal }
    let repeated = false
    for (let attempt = 1; ; attempt++) {
      let failure: unknown
      let busy = false
      let handedOver = false
      try {
        const connection = await this.#connection(kind, key, call)
        const patience = Math.max(1, Math.min(timeout, until - clock.monotonic()))
        const options = { ...call, timeoutMs: patience, features }
        const asked = request(connection.version(api))
        handedOver = true
        const response = await connection.request(api, asked, options)
        const codes = codesOf(response)
        const isNone = vague && codes.includes(ErrorCode.Unknown)
        const code = isNone ? ErrorCode.Unknown : codes.find(isRetriable)
        // One that won't pass says more than one that may.
        const isFinal = codes.some(each => each !== 0 && !isRetriable(each) && each !== notAttempted)
        if (code === undefined || (isFinal && !isNone)) return { response, repeated }
        if (isNone) onStray()
        repeated ||= isNone
        failure = errorFor(code, `${kind === 'group' ? 'group' : 'transactional id'} ${key}`)
        busy = code === ErrorCode.ConcurrentTransactions
        if (code === ErrorCode.NotCoordinatorForGroup) cluster.denyCoordinator(kind, key)
        else if (coordinatorCodes.includes(code)) cluster.forgetCoordinator(kind, key)
      } catch (error) {
        // An answer that nobody understands is none.
        const sent = handedOver && !((error instanceof ConnectionError || error instanceof TimeoutError) && !error.sent)
        if (sent || signal?.aborted) onStray()
        repeated ||= sent
        if (!isTemporary(error) || signal?.aborted) throw error
        cluster.forgetCoordinator(kind, key)
        failure = error
      }
      if (wanted?.() === false) throw failure
      const delay = backoffDelay(attempt, busy ? busyBackoff : backoff, clock)
      if (clock.monotonic() + delay >= until)
        throw new TimeoutError(`${api.name}: no more time: ${messageOf(failure)}`, { cause: failure, sent: repeated })
      onRetry(api.name, attempt, failure)
      await sleep(delay, { ...call, clock })
      if (wanted?.() === false) throw failure
    }
  }

  async #connection(kind: CoordinatorKind, key: string, call: CallOptions) {
    const { cluster, timeout } = this.#parts
    const options = { ...call, timeoutMs: timeout }
    return cluster.connection(await cluster.coordinator(kind, key, options), 'control', options)
  }
}

const notAttempted = ErrorCode.OperationNotAttempted
